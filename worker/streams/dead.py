"""Entries that were put aside, and sending them through again."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from redis.asyncio import Redis

from worker.streams.scripts import REVIVE
from worker.streams.stream import DEAD, INTAKE, NOTED, evaluate

_AT_ONCE = 10
_SHOWN = 200
"""Characters of a field that are shown."""
_TOLD = ("route", "name", "path", "s3", "idempotency")
"""Fields that are shown: not the document, and no address, which may hold a signature."""


@dataclass(frozen=True, slots=True)
class DeadEntry:
    """One of them: its id among the dead, why it is there, and what its program wrote of it."""

    id: str
    reason: str
    detail: str
    entry: str
    fields: dict[str, str]


class DeadEntries:
    """All of them. Every method raises redis' errors."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def all(self) -> AsyncIterator[DeadEntry]:
        """Each of them, oldest first, a few in memory at a time."""
        after = "-"
        while rows := await self._redis.xrange(DEAD, after, "+", count=_AT_ONCE):
            for id_, fields in rows:
                yield _describe(id_.decode(), fields)
            after = f"({rows[-1][0].decode()}"

    async def revive(self, id_: str) -> bool:
        """Send one through again, as a new entry, as it was written; False where there is none."""
        return bool(await evaluate(self._redis, REVIVE, DEAD, INTAKE, id_, NOTED, keys=2))


def _describe(id_: str, fields: dict[bytes, bytes]) -> DeadEntry:
    told = {name.decode(errors="replace"): value[:_SHOWN].decode(errors="replace") for name, value in fields.items()}
    return DeadEntry(
        id_,
        told.get(f"{NOTED}reason", ""),
        told.get(f"{NOTED}detail", ""),
        told.get(f"{NOTED}entry", ""),
        {name: told[name] for name in _TOLD if name in told},
    )
