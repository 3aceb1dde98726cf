"""How things stand, read off the ledger, the waiting list and the queues at the moment of a scrape."""

import asyncio
import os
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from jobs.model.errors import BrokenLedger, LostKey, UnknownBatch
from jobs.model.glance import Glance
from jobs.model.seals import Seal
from jobs.model.standstill import Cause, Standstill
from jobs.ports import Tools
from worker.eparaksts.certificates import certificate_end
from worker.metrics.tally import RouteState, Tally, tally, waiting_since
from worker.metrics.unexplained import count_unexplained
from worker.notices.target import Channel
from worker.storage.notice_box import Backlog
from worker.storage.untaken import Obstacle, Untaken
from worker.streams.standing import QueueStanding


class Space(NamedTuple):
    """Of the file system below a folder, in bytes."""

    free: int
    size: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Open batches, waiting documents and what stands still at one moment; ages in seconds, expiries as Unix time.

    `ever` is the number of batches that each route ever had.
    """

    at: datetime
    places: Mapping[RouteState, Tally]
    ever: Mapping[str, int]
    queues: Mapping[str, int]
    expiries: Mapping[str, float]
    untaken: Mapping[str, int]
    standstills: Mapping[str, int]
    untold: Mapping[str, float]
    """Age of the oldest event that somebody was not told, by channel."""
    given_up: Mapping[str, int]
    """Events that were given up, by channel."""
    spaces: Mapping[str, Space]
    unexplained: int = 0
    """What does not move, and nobody knows why."""
    damaged: int = 0
    """Open batches whose records are damaged."""
    intake: QueueStanding | None = None
    """Entries of the stream, where there is one and its Redis tells."""


async def take_snapshot(
    tools: Tools,
    seals: Callable[[], Awaitable[tuple[Seal, ...]]],
    depth: Callable[[], Awaitable[dict[str, int]]],
    untaken: Callable[[], Sequence[Untaken]],
    standstills: Callable[[], Awaitable[Sequence[Standstill]]],
    *,
    notices: Callable[[], Awaitable[Sequence[Backlog]]],
    folders: Mapping[str, Path] = MappingProxyType({}),
    look_at_intake: Callable[[], Awaitable[QueueStanding | None]] | None = None,
) -> Snapshot:
    """Look at everything once; `folders` are those whose file systems are told, by the settings' names.

    Costs what is on its way, not what ever was.
    """
    now = tools.now()
    glances, damaged = await _look_at_open_batches(tools)
    open_batches = [glance for glance in glances if not glance.is_over]
    waiting = [(route, await tools.shelf.waiting_list(route.name)) for route in tools.routes.values()]
    places = tally(waiting, open_batches, now)
    standing = await standstills()
    left = Counter(str(each.obstacle) for each in await asyncio.to_thread(untaken))
    causes = Counter(str(each.cause) for each in standing)
    told = defaultdict[str, list[Backlog]](list)
    for backlog in await notices():
        told[backlog.target.partition("-")[0]].append(backlog)
    return Snapshot(
        at=now,
        places=places,
        ever={route: await tools.ledger.latest(route) for route in tools.routes},
        queues=await depth(),
        expiries={seal.label: certificate_end(seal.certificate).timestamp() for seal in await seals()},
        untaken={obstacle: left[obstacle] for obstacle in map(str, Obstacle)},
        standstills={cause: causes[cause] for cause in map(str, Cause)},
        untold={channel: _age_of_untold(told[channel], now) for channel in map(str, Channel)},
        given_up={channel: sum(each.dead for each in told[channel]) for channel in map(str, Channel)},
        spaces=await asyncio.to_thread(_measure_spaces, folders),
        unexplained=count_unexplained(open_batches, waiting_since(places), standing, tools.routes, now),
        damaged=damaged,
        intake=None if look_at_intake is None else await look_at_intake(),
    )


def _age_of_untold(backlogs: Iterable[Backlog], now: datetime) -> float:
    return max(((now - each.oldest).total_seconds() for each in backlogs if each.oldest), default=0.0)


def _measure_spaces(folders: Mapping[str, Path]) -> dict[str, Space]:
    spaces = {}
    for name, folder in folders.items():
        try:
            status = os.statvfs(folder)
        except OSError:
            # It is missing or out of reach: others tell of that.
            continue
        spaces[name] = Space(status.f_bavail * status.f_frsize, status.f_blocks * status.f_frsize)
    return spaces


async def _look_at_open_batches(tools: Tools) -> tuple[list[Glance], int]:
    """How they stand, and how many are damaged: the page about all the others must not go blank with these."""
    glances, damaged = [], 0
    for batch in await tools.ledger.open_batches():
        try:
            glances.append(await tools.ledger.glance(batch))
        except (LostKey, UnknownBatch):
            continue
        except BrokenLedger:
            damaged += 1
    return glances, damaged
