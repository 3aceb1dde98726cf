"""Whose turn it is: no route's flood holds another's batch up. Pure."""

from collections.abc import Iterable

from jobs.approve import is_expired
from jobs.model.glance import Glance
from jobs.model.lifecycle import TO_PREPARE, State
from jobs.model.names import BatchId, RouteName, batch_route
from jobs.ports import Age

AT_ONCE = 8
"""Batches that are prepared side by side; a worker has a place or two more, for what comes from another route."""


def take_turns(batches: Iterable[BatchId]) -> tuple[BatchId, ...]:
    """Put batches, given oldest first, in their fair order: the oldest of each route, then the second of each."""
    seen: dict[RouteName, int] = {}
    rounds: list[tuple[int, int, BatchId]] = []
    for place, batch in enumerate(batches):
        turn = seen[batch_route(batch)] = seen.get(batch_route(batch), 0) + 1
        rounds.append((turn, place, batch))
    return tuple(batch for _, _, batch in sorted(rounds))


def find_turns(glances: Iterable[Glance], age: Age) -> tuple[BatchId, ...]:
    """Those of the open batches, given oldest first, that have to be prepared, in their fair order."""
    return take_turns(one.batch for one in glances if has_to_be_prepared(one, age))


def has_to_be_prepared(glance: Glance, age: Age) -> bool:
    """Whether it waits for its preparation, the first or, where nobody approved in time, the next."""
    if glance.state is State.PREPARED:
        return is_expired(glance.prepared, age)
    return glance.state in TO_PREPARE and not glance.is_stopped
