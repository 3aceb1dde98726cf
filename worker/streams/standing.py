"""How the intake stands: for whoever watches it."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from redis.exceptions import RedisError

from worker.streams.connecting import opened_redis
from worker.streams.scripts import STANDING
from worker.streams.stream import DEAD, GROUP, INTAKE, evaluate

_PATIENCE = 2.0
"""Seconds that a scrape or a command waits for Redis."""
_FIRST = datetime(2009, 1, 1, tzinfo=UTC)
"""Before there was a Redis: an older id is a program's own."""


@dataclass(frozen=True, slots=True)
class QueueStanding:
    """How many entries wait, are begun with and are dead; and when the oldest that is not done with was added."""

    waiting: int
    pending: int
    dead: int
    oldest: datetime | None


async def look_at_intake(url: str) -> QueueStanding | None:
    """Look at it; None where Redis does not tell."""
    try:
        async with asyncio.timeout(_PATIENCE), opened_redis(url) as redis:
            waiting, pending, dead, oldest = await evaluate(redis, STANDING, INTAKE, DEAD, GROUP, keys=2)
    except (RedisError, TimeoutError, OSError):
        return None
    return QueueStanding(int(waiting), int(pending), int(dead), time_of(oldest.decode()))


def time_of(id_: str) -> datetime | None:
    """When an entry was added, by its id; None for an id that is a program's own."""
    try:
        at = datetime.fromtimestamp(int(id_.partition("-")[0]) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return at if at > _FIRST else None
