"""Views of a route for the tests of the planner."""

from collections.abc import Sequence
from datetime import datetime

from jobs.model.documents import Document, Limits
from jobs.planning.rule import Cut, decide
from jobs.planning.view import RouteNow, Waiting, Window
from jobs.ports import Age
from tests.support.builders import NOON


def a_view(
    waiting: Sequence[Document], bounds: Limits, age: Age, *, collected: datetime | None = None, **facts: object
) -> RouteNow:
    """What waits, at noon; where documents are `collected`, that is when they last were."""
    window = None if collected is None else Window(collected, NOON.replace(day=NOON.day + 1))
    return RouteNow(now=NOON, limits=bounds, waiting=Waiting.of(waiting, age), window=window, **facts)  # type: ignore[arg-type]


def is_ripe(waiting: Sequence[Document], bounds: Limits, age: Age, *, collected: datetime | None = None) -> bool:
    """Whether the waiting documents should become a batch now."""
    return isinstance(decide(a_view(waiting, bounds, age, collected=collected)), Cut)
