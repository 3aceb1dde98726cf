"""`python -m tests.operations.pictures`: draw each dashboard from a real run, into `grafana/pictures/`.

Figures and times differ from run to run, so what is committed is one run's; nobody compares it with another.
"""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from grafana.boards.board import Board
from grafana.drawing import Curve, draw
from grafana.writing import BOARDS, encode
from tests.operations.prometheus import Prometheus
from tests.operations.queries import fill_in
from tests.operations.watched_run import watched_run

PICTURES = Path(__file__).parents[2] / "grafana" / "pictures"
_SHOWN = 30.0
"""Seconds of the run that are drawn."""


async def picture_of(board: Board, prometheus: Prometheus) -> str:
    """The dashboard with what Prometheus knows at this moment."""
    dashboard = json.loads(encode(board))
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    return draw(dashboard, {panel["id"]: [curve async for curve in _curves(panel, prometheus)] for panel in panels})


async def _curves(panel: dict[str, Any], prometheus: Prometheus) -> AsyncIterator[Curve]:
    for target in panel["targets"]:
        expr = fill_in(target["expr"])
        for series in await prometheus.ask_until_known(expr, _SHOWN if target["range"] else 0):
            yield Curve(series.named(target["legendFormat"]), series.points)


async def draw_boards(run: Path, vendor: Path) -> dict[str, str]:
    """Let a run happen in that folder, and draw all boards, by name; `vendor` is where the practice vendor lives."""
    async with watched_run(run, vendor) as prometheus:
        return {board.name: await picture_of(board, prometheus) for board in BOARDS}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as run, tempfile.TemporaryDirectory() as vendor:
        drawn = asyncio.run(draw_boards(Path(run), Path(vendor)))
    PICTURES.mkdir(exist_ok=True)
    for name, picture in drawn.items():
        (PICTURES / f"{name}.svg").write_text(picture, encoding="utf-8")
