from collections.abc import Callable
from dataclasses import dataclass

from grafana.panels import Panel

Row = tuple[str, Callable[[], tuple[Panel, ...]]]
"""Its title, and what makes its panels: built anew for each dashboard, since a panel is numbered when it is placed."""


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard: `name` is that of its file and address."""

    name: str
    title: str
    description: str
    rows: tuple[Row, ...]
