"""Whose turn it is: no route's flood holds another's batch up. Pure."""

from collections.abc import Iterable

from jobs.model.glance import Glance
from jobs.model.lifecycle import TO_PREPARE
from jobs.model.names import BatchId, RouteName, batch_route

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


def find_turns(glances: Iterable[Glance]) -> tuple[BatchId, ...]:
    """Those of the open batches, given oldest first, that have to be prepared, in their fair order."""
    return take_turns(one.batch for one in glances if one.state in TO_PREPARE and not one.is_stopped)
