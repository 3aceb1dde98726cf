"""The ledger's objects as they stand in the bucket: a batch's records, and whether it is closed. All of it blocks.

ledger/<batch>/0001.json …    the records, each created once
ledger/<batch>/closed         the mark of a batch in which nothing is left to do
open/<batch>                  the mark of one that may have something left: written before its first record
latest/<route>                a number that the route's newest batch has, or an older one of its had
damaged/<batch>/0003.json     set aside by a repair
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from jobs.model.errors import BrokenLedger
from jobs.model.history import History
from jobs.model.names import BatchId, is_batch_id
from jobs.model.text import Text
from worker.objects.bucket import Bucket, Listed

LEDGER, OPEN, LATEST, DAMAGED = "ledger", "open", "latest", "damaged"
CLOSED = "closed"


def batch_folder(batch: BatchId) -> str:
    """Where all of a batch stands."""
    return f"{LEDGER}/{batch}"


def record_key(batch: BatchId, number: int) -> str:
    """Where a batch's record of that number stands."""
    return f"{LEDGER}/{batch}/{number:04}.json"


def open_mark(batch: BatchId) -> str:
    """The mark of a batch that is not closed."""
    return f"{OPEN}/{batch}"


def closed_mark(batch: BatchId) -> str:
    """The mark of a batch that is closed."""
    return f"{LEDGER}/{batch}/{CLOSED}"


@dataclass(frozen=True)
class BatchObjects:
    """What there is of one batch: its records by number, and when it was closed, by the storage's clock."""

    batch: BatchId
    records: Mapping[int, Listed]
    closed_at: datetime | None

    @classmethod
    def look_up(cls, bucket: Bucket, batch: BatchId) -> "BatchObjects":
        """Look at them, by one request."""
        records, closed_at = {}, None
        for each in bucket.list(batch_folder(batch)):
            name = each.key.rpartition("/")[2]
            closed_at = each.changed_at if name == CLOSED else closed_at
            stem = name.removesuffix(".json")
            # Another spelling of a number, such as 7.json, is somebody's copy and no record.
            if stem.isascii() and stem.isdecimal() and name == f"{int(stem):04}.json" and int(stem):
                records[int(stem)] = each
        return cls(batch, records, closed_at)

    @property
    def is_closed(self) -> bool:
        """Whether nothing is left to do in it."""
        return self.closed_at is not None

    @property
    def last(self) -> int:
        """The highest number of a record, 0 where there is none."""
        return max(self.records, default=0)

    @property
    def count(self) -> int:
        """How many records follow each other, from the first."""
        return next(number for number in range(len(self.records) + 1) if number + 1 not in self.records)

    @property
    def mark(self) -> tuple[str, ...]:
        """What tells whether the records are still the same."""
        return tuple(self.records[number].version for number in sorted(self.records))

    @property
    def opened_at(self) -> datetime:
        """A time that is not before the batch was opened."""
        return min(each.changed_at for each in self.records.values())

    def read(self, bucket: Bucket) -> tuple[bytes, ...]:
        """The entries, oldest first, as far as they follow each other. Raises FileNotFoundError where one goes."""
        return tuple(bucket.each(bucket.read, (record_key(self.batch, one + 1) for one in range(self.count))))

    def require_no_gap(self) -> None:
        """Raise BrokenLedger when records are there behind those that follow each other."""
        if self.last > self.count:
            raise BrokenLedger(
                Text(
                    "{batch} record {number} is missing, and record {last} is there",
                    batch=self.batch,
                    number=self.count + 1,
                    last=self.last,
                )
            )

    def require_end(self, history: History) -> None:
        """Raise BrokenLedger when a batch had been settled, and its last records are not there."""
        if self.is_closed and not history.is_over:
            raise BrokenLedger(
                Text(
                    "{batch} was settled, and its records end at {state}: the last are missing",
                    batch=self.batch,
                    state=history.state,
                )
            )


def find_batches(bucket: Bucket) -> Iterator[BatchId]:
    """Every batch that there is something of, in no order; costs a request for each thousand."""
    return (BatchId(name) for name in bucket.names(LEDGER) if is_batch_id(name))
