"""A ledger in memory. It keeps entries as bytes, so that the chain is as real as on disk."""

from jobs.model.chain import ChainKey, decode_history, encode_record
from jobs.model.errors import Conflict, UnknownBatch
from jobs.model.history import History
from jobs.model.names import BatchId, RouteName, batch_number, batch_route
from jobs.model.records import Gathered, Record

KEY = ChainKey(b"the key of a ledger in memory...")


class MemoryLedger:
    def __init__(self) -> None:
        self.entries: dict[BatchId, list[bytes]] = {}
        self.closed: set[BatchId] = set()

    async def latest(self, route: RouteName) -> int:
        return max((batch_number(batch) for batch in self.entries if batch_route(batch) == route), default=0)

    async def open(self, batch: BatchId, record: Gathered) -> History:
        if batch in self.entries:
            raise Conflict(batch)
        self.entries[batch] = [encode_record(record, batch, 1, None, KEY)]
        return History(batch=batch, records=(record,))

    async def append(self, history: History, record: Record) -> History:
        longer = history.followed_by(record)
        entries = self.entries[history.batch]
        if len(entries) != len(history.records):
            raise Conflict(history.batch)
        entries.append(encode_record(record, history.batch, len(entries) + 1, entries[-1], KEY))
        return longer

    async def read(self, batch: BatchId) -> History:
        if batch not in self.entries:
            raise UnknownBatch(batch)
        return decode_history(batch, self.entries[batch], KEY)

    async def close(self, batch: BatchId) -> None:
        self.closed.add(batch)

    async def open_batches(self) -> tuple[BatchId, ...]:
        return tuple(batch for batch in self.entries if batch not in self.closed)

    async def batches(self) -> tuple[BatchId, ...]:
        return tuple(self.entries)
