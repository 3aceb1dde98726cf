"""A ledger in memory. It keeps entries as bytes, so that the chain is as real as on disk."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from jobs.model.chain import ChainKey, decode_history, encode_record, sound_part
from jobs.model.damage import Damage
from jobs.model.errors import BrokenLedger, Conflict, UnknownBatch
from jobs.model.glance import Glance
from jobs.model.history import History
from jobs.model.names import BatchId, RouteName, batch_number, batch_route
from jobs.model.records import Gathered, Record

KEY = ChainKey(b"the key of a ledger in memory...")


class MemoryLedger:
    def __init__(self) -> None:
        self.entries: dict[BatchId, list[bytes]] = {}
        self.closed: set[BatchId] = set()
        self.aside: dict[BatchId, list[bytes]] = {}
        self.opened: dict[BatchId, datetime] = {}

    async def latest(self, route: RouteName, *, may_lag: bool = False) -> int:
        return max((batch_number(batch) for batch in self.entries if batch_route(batch) == route), default=0)

    async def open(self, batch: BatchId, record: Gathered) -> History:
        if batch in self.entries:
            raise Conflict(batch)
        self.opened[batch] = record.at
        self.entries[batch] = [encode_record(record, batch, 1, None, KEY)]
        return History(batch=batch, records=(record,))

    async def append(self, history: History, record: Record) -> History:
        longer = history.extend(record)
        entries = self.entries[history.batch]
        if len(entries) != len(history.records):
            raise Conflict(history.batch)
        entries.append(encode_record(record, history.batch, len(entries) + 1, entries[-1], KEY))
        return longer

    async def read(self, batch: BatchId) -> History:
        if not self.entries.get(batch):
            raise UnknownBatch(batch)
        history = decode_history(batch, self.entries[batch], KEY)
        if batch in self.closed and not history.is_over:
            raise BrokenLedger(f"{batch} was settled, and its last records are missing")
        return history

    async def glance(self, batch: BatchId) -> Glance:
        return (await self.read(batch)).glance

    async def find_damage(self, batch: BatchId) -> Damage | None:
        try:
            await self.read(batch)
        except BrokenLedger as error:
            entries = self.entries[batch]
            return Damage(
                batch=batch,
                fault=str(error).partition("\n")[0],
                sound=sound_part(batch, entries, KEY),
                last=len(entries),
                opened_at=self.opened[batch],
                is_closed=batch in self.closed,
            )
        return None

    async def set_aside(self, batch: BatchId, keep: int) -> None:
        entries = self.entries[batch]
        self.aside.setdefault(batch, []).extend(entries[keep:])
        del entries[keep:]
        if not keep:
            self.closed.add(batch)

    async def close(self, batch: BatchId) -> None:
        self.closed.add(batch)

    async def open_batches(self, *, may_lag: bool = False) -> tuple[BatchId, ...]:
        return tuple(batch for batch in await self.batches() if batch not in self.closed)

    async def record_counts(self, batches: Sequence[BatchId]) -> Mapping[BatchId, int]:
        return {batch: len(self.entries.get(batch, [])) for batch in batches}

    async def batches(self) -> tuple[BatchId, ...]:
        return tuple(batch for batch, entries in self.entries.items() if entries)
