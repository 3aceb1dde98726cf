"""The stream of the intake, as one consumer of its group sees it.

Every entry is somebody's until it is settled: begun with by a consumer that gives signs of life, or taken over by the
next one. Redis may lose stream and group at any time (FLUSHDB); both are made anew.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

import structlog
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from worker.streams.connecting import LONGEST_WAIT
from worker.streams.entry import StreamEntry
from worker.streams.poison import Poison, PoisonReason
from worker.streams.scripts import BURY, FORGET_CONSUMERS, SETTLE

INTAKE, DEAD, RESULTS = "zimogs:intake", "zimogs:intake:dead", "zimogs:results"
GROUP = "zimogs"
NOTED = "zimogs-"
"""How the fields begin that are added to a dead entry."""
_GONE = timedelta(hours=1)
"""After so long without a sign of life a consumer that has nothing is forgotten."""
_CROWDED = 0.8
_MILLISECOND = timedelta(milliseconds=1)

log = structlog.get_logger()
T = TypeVar("T")


class IntakeStream:
    """One consumer. Every method raises redis' errors. At most `deliveries` times an entry is begun with."""

    def __init__(
        self,
        redis: Redis,
        consumer: str,
        *,
        claim_after: timedelta,
        deliveries: int,
        keeps_entries: bool,
        max_results: int,
    ) -> None:
        self._redis = redis
        self._consumer = consumer
        self._claim_after = claim_after
        self.pulse = claim_after.total_seconds() / 4
        """Seconds between two signs of life."""
        self._deliveries = deliveries
        self._deletes = "0" if keeps_entries else "1"
        self._max_results = max_results
        self._turn = asyncio.Lock()
        self._in_hand: set[str] = set()
        self._has_recovered = False
        self._looked_at = 0.0

    async def next(self) -> StreamEntry | None:
        """The next entry, which is in hand until it is settled or buried; None when none comes for a while.

        First those that this consumer had begun with before it died, now and then those of others that gave no sign of
        life, else new ones. One at a time is read, which bounds what is in memory.
        """
        async with self._turn:
            entry = await self._with_group(self._find)
            if entry is not None:
                self._in_hand.add(entry.id)
            return entry

    async def settle(self, entry: StreamEntry, result: Mapping[str, str]) -> bool:
        """The document is safe: tell it, and have the entry done with. False where another consumer was faster."""
        told: list[str] = [part for pair in result.items() for part in pair]
        try:
            is_settled = await self._run(
                SETTLE, (INTAKE, RESULTS), GROUP, self._consumer, entry.id, self._deletes, self._max_results, *told
            )
        except ResponseError as error:
            if not _is_without_group(error):
                raise
            # Somebody flushed Redis meanwhile: the document is ours all the same.
            is_settled = await self._redis.xadd(RESULTS, dict(result), maxlen=self._max_results)  # type: ignore[arg-type]
        self._in_hand.discard(entry.id)
        return bool(is_settled)

    async def bury(self, entry: StreamEntry, why: Poison) -> bool:
        """Put it aside among the dead ones with the reason. False where another consumer was faster, or it is gone."""
        noted = {"reason": why.reason, "detail": str(why), "entry": entry.id, "deliveries": str(entry.deliveries)}
        added = [part for name, value in noted.items() for part in (f"{NOTED}{name}", value)]
        try:
            is_buried = await self._run(BURY, (INTAKE, DEAD), GROUP, self._consumer, entry.id, *added)
        except ResponseError as error:
            if not _is_without_group(error):
                raise
            is_buried = False
        self._in_hand.discard(entry.id)
        return bool(is_buried)

    async def give_sign_of_life(self) -> None:
        """Keep what is in hand from being taken over for a while, and forget consumers that are gone."""
        await self._with_group(self._show)

    async def is_crowded(self) -> bool:
        """Say whether the server has little room left in memory."""
        memory = await self._redis.info("memory")
        return bool(memory.get("maxmemory")) and memory["used_memory"] > _CROWDED * memory["maxmemory"]

    async def _show(self) -> None:
        if self._in_hand:
            await self._redis.xclaim(INTAKE, GROUP, self._consumer, 0, [*self._in_hand], justid=True)
        await self._run(FORGET_CONSUMERS, (INTAKE,), GROUP, _GONE // _MILLISECOND)

    async def _find(self) -> StreamEntry | None:
        if not self._has_recovered:
            if entry := await self._take_over(timedelta(0), self._consumer):
                return entry
            self._has_recovered = True
        now = asyncio.get_running_loop().time()
        if now - self._looked_at >= self.pulse:
            if entry := await self._take_over(self._claim_after):
                return entry
            self._looked_at = now
        wait = int(min(LONGEST_WAIT, self.pulse) * 1000)
        found = await self._redis.xreadgroup(GROUP, self._consumer, {INTAKE: ">"}, count=1, block=wait)
        for id_, fields in found[0][1] if found else ():
            return StreamEntry(id_.decode(), fields)
        return None

    async def _take_over(self, idle: timedelta, consumer: str | None = None) -> StreamEntry | None:
        """The next entry that somebody has begun with and does not go on with.

        Not by XAUTOCLAIM: what has ended process after process is put aside before one more reads it.
        """
        milliseconds = idle // _MILLISECOND
        while True:
            # More than are in hand, which with this consumer's own name stand among them.
            rows: list[dict[str, Any]] = await self._redis.xpending_range(
                INTAKE, GROUP, "-", "+", len(self._in_hand) + 1, consumer, idle=milliseconds or None
            )
            left = [row for row in rows if row["message_id"].decode() not in self._in_hand]
            if not left:
                return None
            id_, deliveries = left[0]["message_id"].decode(), left[0]["times_delivered"]
            if deliveries >= self._deliveries:
                why = f"zimogs came to its end with it {deliveries} times; have somebody look at the document"
                await self.bury(StreamEntry(id_, {}, deliveries), Poison(PoisonReason.TOO_MANY_DELIVERIES, why))
                log.error("entry put aside", entry=id_, reason=PoisonReason.TOO_MANY_DELIVERIES)
                continue
            claimed = await self._redis.xclaim(INTAKE, GROUP, self._consumer, milliseconds, [id_])
            if claimed and claimed[0][1] is not None:
                log.warning("entry taken over", entry=id_, deliveries=deliveries + 1)
                return StreamEntry(id_, claimed[0][1], deliveries + 1)
            if not claimed and not await self._redis.xrange(INTAKE, id_, id_):
                await self._redis.xack(INTAKE, GROUP, id_)
                log.error("entry was removed from the stream before it was taken", entry=id_)

    async def _with_group(self, act: Callable[[], Awaitable[T]]) -> T:
        try:
            return await act()
        except ResponseError as error:
            if not _is_without_group(error):
                raise
            await create_group(self._redis)
            return await act()

    async def _run(self, script: str, keys: tuple[str, ...], *arguments: str | int) -> Any:
        return await evaluate(self._redis, script, *keys, *arguments, keys=len(keys))


async def create_group(redis: Redis) -> None:
    """Make the group, and the stream, so that what was added before it came is taken too."""
    try:
        await redis.xgroup_create(INTAKE, GROUP, "0", mkstream=True)
    except ResponseError as error:
        if not str(error).startswith("BUSYGROUP"):
            raise


async def evaluate(redis: Redis, script: str, *arguments: str | int, keys: int) -> Any:
    """Run a script with so many keys. Raises redis' errors."""
    # Not `eval`, whose annotations let no number through.
    return await redis.execute_command("EVAL", script, keys, *arguments)  # type: ignore[no-untyped-call]


def _is_without_group(error: ResponseError) -> bool:
    # A command that waits when the stream is removed is told UNBLOCKED by servers before 7.
    return str(error).startswith(("NOGROUP", "UNBLOCKED"))
