"""The ledger in a bucket: an object for each record, created on the condition that there is none (If-None-Match: *).

That one rule is the lock between workers, on any number of machines. What is looked at every few seconds, the open
batches, has a mark of its own each, so that no look costs more for all that are closed. Batches that were settled long
ago stand in archives (see `worker.storage.archives`); for a moment they stand in both, never in neither.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from jobs.model.chain import ChainKey, decode_history, encode_record, sound_part
from jobs.model.damage import Damage
from jobs.model.errors import BrokenArchive, BrokenLedger, Conflict, LostKey, NewerFormat, UnknownBatch
from jobs.model.glance import Glance
from jobs.model.history import History
from jobs.model.ledger_archive import place_of
from jobs.model.names import BatchId, RouteName
from jobs.model.records import Gathered, Record
from worker.objects.archives import ArchiveObjects
from worker.objects.bucket import Bucket
from worker.objects.chains import BatchObjects, find_batches, record_key
from worker.objects.keys import obtain_ledger_key
from worker.objects.newest_batches import NewestObjects
from worker.objects.open_batches import OpenBatches
from worker.objects.setting_aside import set_aside
from worker.objects.settled import read_records
from worker.storage.archives.catalogue import Archives
from worker.storage.archives.entries import find_rest, read_archived
from worker.storage.archives.settled import is_held
from worker.storage.damage import describe_archived
from worker.storage.kept_histories import KeptHistories
from worker.storage.threads import in_thread

_FRESH = 1.0
"""Seconds for which a list of all open batches tells how things are: a sweep looks at each right behind it."""
_TRUSTED = 10.0
"""Seconds for which a mark is believed: whoever wrote a record may have died before it wrote the mark anew."""

_Versions = tuple[str, ...]


class ObjectLedger:
    """Implements `jobs.ports.Ledger` in a bucket.

    `observe` is told of every record that this object wrote, as the history that it ends; `clock` gives monotonic
    seconds.
    """

    def __init__(
        self,
        bucket: Bucket,
        observe: Callable[[History], None] = lambda _: None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bucket = bucket
        self._observe = observe
        self._key: ChainKey | None = None
        self._archives = Archives(ArchiveObjects(bucket))
        self._newest = NewestObjects(bucket, self._archives, clock)
        self._open = OpenBatches(bucket)
        self._remembered = KeptHistories[tuple[History, _Versions, bytes]]()
        self._glances: dict[BatchId, tuple[Glance, _Versions]] = {}
        self._looks: dict[BatchId, tuple[str, float]] = {}
        self._clock = clock
        self._listed_at = -_FRESH

    @in_thread
    def latest(self, route: RouteName, *, may_lag: bool = False) -> int:
        """Number of the route's newest batch, 0 before the first."""
        return self._newest.find_lately(route) if may_lag else self._newest.find(route)

    async def open(self, batch: BatchId, record: Gathered) -> History:
        """Create the batch with its first record. Raises Conflict when it exists."""
        return await self._write(History(batch=batch, records=(record,)), b"")

    async def append(self, history: History, record: Record) -> History:
        """Write the record after `history`. Raises Conflict when that number is taken, and IllegalTransition."""
        longer = history.extend(record)
        known = self._remembered.get(history.batch)
        before = known[2] if known and known[0] == history else None
        return await self._write(longer, before)

    async def read(self, batch: BatchId) -> History:
        """Read and check the whole chain. Raises UnknownBatch and BrokenLedger."""
        history, mark, newest = await asyncio.to_thread(self._read, batch)
        return self._remember(history, mark, newest)

    async def glance(self, batch: BatchId) -> Glance:
        """Look how the batch stands: one request, once it was read. Raises what `read` raises.

        Right behind a list of open batches in which its mark is as before, it costs none.
        """
        glance, mark = self._glances.get(batch, (None, None))
        if glance is not None and self._is_unchanged(batch):
            return glance
        version, now = self._open.versions.get(batch, ""), self._clock()
        found = await asyncio.to_thread(BatchObjects.look_up, self._bucket, batch)
        self._looks[batch] = version, now
        return glance if glance is not None and mark == found.mark else (await self.read(batch)).glance

    @in_thread
    def find_damage(self, batch: BatchId) -> Damage | None:
        """What is damaged in its records; None where nothing is. Raises UnknownBatch."""
        try:
            self._read(batch)
        except (NewerFormat, LostKey):
            raise
        except BrokenArchive as error:
            return describe_archived(batch, error)
        except BrokenLedger as error:
            found = BatchObjects.look_up(self._bucket, batch)
            return Damage(
                batch=batch,
                fault=str(error).partition("\n")[0],
                sound=sound_part(batch, found.read(self._bucket), self._open_key()),
                last=found.last,
                opened_at=found.opened_at,
                is_closed=found.is_closed,
            )
        return None

    @in_thread
    def set_aside(self, batch: BatchId, keep: int) -> None:
        """Move its records after the first `keep` out of the ledger, never to delete them; its number stays used."""
        set_aside(self._bucket, batch, keep)
        self._remembered.forget(batch)
        self._glances.pop(batch, None)

    @in_thread
    def close(self, batch: BatchId) -> None:
        """Say that a batch which is over has also been settled; doing it again changes nothing."""
        self._open.close(batch)

    @in_thread
    def open_batches(self, *, may_lag: bool = False) -> tuple[BatchId, ...]:
        """Batches in which something may still have to happen, oldest first."""
        now, batches = self._clock(), self._open.find(may_lag=may_lag)
        if not may_lag:
            self._listed_at = now
        for over in self._glances.keys() - set(batches):
            self._glances.pop(over, None)
            self._looks.pop(over, None)
        return tuple(sorted(batches, key=place_of))

    @in_thread
    def record_counts(self, batches: Sequence[BatchId]) -> Mapping[BatchId, int]:
        """How many records each batch has, 0 where there is none; nothing is read or checked."""
        found = self._bucket.each(lambda batch: BatchObjects.look_up(self._bucket, batch), batches)
        return {each.batch: each.last for each in found}

    @in_thread
    def batches(self) -> tuple[BatchId, ...]:
        """Every batch, oldest first: costs a request for each that no archive holds."""
        names = tuple(find_batches(self._bucket))
        there = self._bucket.each(lambda batch: bool(BatchObjects.look_up(self._bucket, batch).records), names)
        found = {batch for batch, is_there in zip(names, there, strict=True) if is_there}
        # Afterwards, since batches go from there into archives.
        return tuple(sorted(found.union(self._archives.batches()), key=place_of))

    async def _write(self, history: History, before: bytes | None) -> History:
        entry, version = await asyncio.to_thread(self._write_last, history, before)
        self._observe(history)
        known = self._remembered.get(history.batch)
        earlier = known[1] if known else ()
        # What is not known of the records before this one is learned when the batch is read.
        if len(earlier) == len(history.records) - 1:
            self._remember(history, (*earlier, version), entry)
        return history

    def _write_last(self, history: History, before: bytes | None) -> tuple[bytes, str]:
        batch, number = history.batch, len(history.records)
        if number == 1:
            self._newest.require_not_archived(batch)
            self._open.mark(batch)
        elif before is None:
            before = self._bucket.read(record_key(batch, number - 1))
        entry = encode_record(history.records[-1], batch, number, before or None, self._open_key())
        try:
            version = self._bucket.create(record_key(batch, number), entry)
        except FileExistsError:
            if number == 1:
                self._open.check(batch)
            raise Conflict(f"{batch} record {number} was written by another worker") from None
        if number > 1:
            self._open.mark(batch)
        else:
            self._newest.note(batch)
        return entry, version

    def _read(self, batch: BatchId) -> tuple[History, _Versions, bytes]:
        found = BatchObjects.look_up(self._bucket, batch)
        known = self._remembered.get(batch)
        is_known = known is not None and known[1] == found.mark and found.count == found.last
        if known is not None and is_known and (known[0].is_over or not found.is_closed):
            return known
        try:
            history, mark, newest = self._read_objects(found)
        except UnknownBatch:
            if (archived := self._read_archived(batch)) is None:
                raise
            return archived
        except (BrokenLedger, FileNotFoundError):
            # It may be going into an archive while it is read, or whoever took it there died.
            with suppress(BrokenArchive, UnknownBatch):
                if archived := self._read_archived(batch):
                    return archived
            raise
        # What this process saw go on was not put back.
        rest = self._find_rest(history) if known is None or known[0].is_over else None
        return (history, mark, newest) if rest is None else (rest[0], mark, rest[1][-1])

    def _read_objects(self, found: BatchObjects) -> tuple[History, _Versions, bytes]:
        batch = found.batch
        if not found.records:
            why = f"{batch} was set aside by a repair" if found.is_closed else f"there is no batch {batch}"
            raise UnknownBatch(why)
        found.require_no_gap()
        entries = found.read(self._bucket)
        history = self._decode(batch, entries)
        if found.is_closed and not history.is_over:
            # A list is no moment in time: the last record may have come behind our look, and the mark before it.
            found = BatchObjects.look_up(self._bucket, batch)
            if found.count > len(entries):
                return self._read_objects(found)
        found.require_end(history)
        return history, found.mark, entries[-1]

    def _find_rest(self, history: History) -> tuple[History, Sequence[bytes]] | None:
        return find_rest(self._archives, history, self._decode, self._open_key().secret)

    def _decode(self, batch: BatchId, entries: Sequence[bytes]) -> History:
        return decode_history(batch, entries, self._open_key())

    def _read_archived(self, batch: BatchId) -> tuple[History, _Versions, bytes] | None:
        """The batch as an archive holds it; None where none does, or other records stand outside of it."""
        found = read_archived(self._archives, batch, self._decode, self._open_key().secret)
        if found is None:
            return None
        history, entries = found
        # Looked at behind the archive, which was there before anything went.
        left = BatchObjects.look_up(self._bucket, batch)
        with suppress(FileNotFoundError):
            if not is_held(read_records(self._bucket, left), entries):
                return None
        return history, left.mark, entries[-1]

    def _remember(self, history: History, mark: _Versions, newest: bytes) -> History:
        if not history.is_over:
            self._glances[history.batch] = history.glance, mark
        self._remembered.keep(history, (history, mark, newest))
        return history

    def _is_unchanged(self, batch: BatchId) -> bool:
        """Whether the list of a moment ago shows its mark as it was before somebody looked at its records."""
        version, looked_at = self._looks.get(batch, ("", -_TRUSTED))
        now = self._clock()
        is_fresh = now - self._listed_at < _FRESH and now - looked_at < _TRUSTED
        return is_fresh and bool(version) and version == self._open.versions.get(batch)

    def _open_key(self) -> ChainKey:
        if self._key is None:
            self._key = ChainKey(obtain_ledger_key(self._bucket))
        return self._key
