"""One worker at a time per batch, by an object that its holder replaces every few seconds.

No two clocks are compared: a lease is over when whoever wants it has itself seen the same version of it for its whole
life, by its own stopwatch. It is taken on the condition that nobody has touched it since (If-Match). Not kept in Redis:
one that is flushed would give every batch to two workers, and commands that repair need no Redis.
"""

import asyncio
import os
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from jobs.model.errors import UnknownBatch
from jobs.model.names import BatchId
from worker.objects.bucket import Bucket
from worker.objects.chains import batch_folder
from worker.objects.failures import Replaced

LIFE = timedelta(seconds=15)
"""How long a batch stays with a worker that died, and no longer than this by the next one's stopwatch."""
_RENEWALS = 4
"""In one life: a request or two may get lost."""
_HELD, _FREE = b"held", b"free"


def lease_key(batch: BatchId) -> str:
    """Where the lease of that batch stands."""
    return f"leases/{batch}"


@dataclass(slots=True)
class KeyLease:
    """What its holder knows of it; `lost` is set when another one has taken it over."""

    key: str
    version: str
    lost: asyncio.Event = field(default_factory=asyncio.Event)


class ObjectLeases:
    """Implements `jobs.ports.Leases` in a bucket; a lease lives for `life` after its holder's last sign of life."""

    def __init__(self, bucket: Bucket, *, life: timedelta = LIFE, clock: Callable[[], float] = time.monotonic) -> None:
        self._bucket = bucket
        self.life = life
        self._life = life.total_seconds()
        self._clock = clock
        self._seen: dict[str, tuple[str, float]] = {}

    @asynccontextmanager
    async def hold(self, batch: BatchId) -> AsyncIterator[bool]:
        """Hold the batch for the time of the block; False when a living worker holds it already.

        Raises UnknownBatch when the ledger has no such batch: a made-up id must not leave a lease there; and OSError.
        """
        async with self.hold_key(lease_key(batch), partial(self._require_batch, batch)) as lease:
            yield lease is not None

    @asynccontextmanager
    async def hold_key(self, key: str, check: Callable[[], None] = lambda: None) -> AsyncIterator[KeyLease | None]:
        """Hold the object of that name for the time of the block; None when somebody who lives holds it already.

        What `check` raises, before the object is made for the first time, is raised; and OSError.
        """
        lease = await asyncio.to_thread(self._seize, key, check)
        if lease is None:
            yield None
            return
        over = asyncio.Event()
        renewing = asyncio.create_task(self._renew(lease, over))
        try:
            yield lease
        finally:
            over.set()
            await renewing
            # One that was lost is another's by now; and one that cannot be let go of now ends by itself.
            with suppress(OSError):
                await asyncio.to_thread(self._bucket.replace, lease.key, _content(_FREE), lease.version)

    @asynccontextmanager
    async def hold_turn(self, key: str) -> AsyncIterator[asyncio.Event | None]:
        """Hold it as long as nobody else takes it over: the event tells that. None when somebody holds it already."""
        async with self.hold_key(key) as lease:
            yield None if lease is None else lease.lost

    def _seize(self, key: str, check: Callable[[], None]) -> KeyLease | None:
        try:
            found = self._bucket.look(key)
        except FileNotFoundError:
            check()
            return self._begin(key)
        if found.content.startswith(_HELD) and not self._is_over(key, found.version):
            return None
        try:
            return KeyLease(key, self._bucket.replace(key, _content(_HELD), found.version))
        except Replaced:
            return None

    def _require_batch(self, batch: BatchId) -> None:
        if next(self._bucket.list(batch_folder(batch)), None) is None:
            raise UnknownBatch(batch)

    def _begin(self, key: str) -> KeyLease | None:
        try:
            return KeyLease(key, self._bucket.create(key, _content(_HELD)))
        except FileExistsError:
            return None

    def _is_over(self, key: str, version: str) -> bool:
        now = self._clock()
        known, since = self._seen.get(key, ("", now))
        if known != version:
            self._seen[key] = version, now
            return False
        if now - since < self._life:
            return False
        self._seen.pop(key, None)
        return True

    async def _renew(self, lease: KeyLease, over: asyncio.Event) -> None:
        while not over.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), self._life / _RENEWALS)
                return
            try:
                lease.version = await asyncio.to_thread(self._bucket.replace, lease.key, _content(_HELD), lease.version)
            except Replaced:
                lease.lost.set()
                return
            except OSError:
                # The storage is away: for others, too.
                continue


def _content(state: bytes) -> bytes:
    """The state, who wrote it as host:pid, for people alone, and what makes each writing another version.

    An ETag may be a hash of the content.
    """
    return b" ".join((state, f"{socket.gethostname()}:{os.getpid()}".encode(), secrets.token_hex(8).encode()))
