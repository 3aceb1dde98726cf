"""What does not move although nobody has to act, and nothing says why: the state that there should never be."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from jobs.model.documents import Route
from jobs.model.glance import Glance
from jobs.model.lifecycle import State
from jobs.model.names import RouteName, batch_route
from jobs.model.standstill import Cause, Foundation, Standstill
from jobs.planning.turns import AT_ONCE, find_turns

_PATIENCE = timedelta(minutes=15)
"""What machines do takes minutes; the looks for a lost answer and the pauses between tries are within that."""


def count_unexplained(
    open_batches: Iterable[Glance],
    waiting_since: Mapping[RouteName, datetime],
    standstills: Collection[Standstill],
    routes: Mapping[RouteName, Route],
    now: datetime,
) -> int:
    """How many batches and routes have stood for a quarter of an hour with no cause told, or with an unknown one.

    `waiting_since` says for each route since when its oldest document could have become part of a batch.
    """
    explained = {each.subject for each in standstills}
    unknown = sum(each.cause is Cause.UNEXPECTED for each in standstills)
    if explained & set(Foundation):
        return unknown
    standing = tuple(open_batches)
    in_line = set(find_turns((one for one in standing if one.batch not in explained), lambda at: now - at)[AT_ONCE:])
    stuck = {
        glance.batch
        for glance in standing
        if not _waits_for_person(glance)
        and glance.batch not in in_line
        and now - glance.since > _PATIENCE
        and not explained & {glance.batch, batch_route(glance.batch)}
    }
    left = {
        route
        for route, since in waiting_since.items()
        if route not in explained and now - since > _PATIENCE + routes[route].limits.max_wait
    }
    return unknown + len(stuck) + len(left)


def _waits_for_person(glance: Glance) -> bool:
    return glance.is_stopped or glance.state is State.PREPARED
