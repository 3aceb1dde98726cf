"""Settled batches in the bucket, until an archive has taken them over: their objects go one after the other.

The mark of being closed goes last, so that what somebody who died has left is known for what it is: records that all
stand in an archive, byte for byte, and whoever reads the batch reads that.
"""

from collections.abc import Iterable, Mapping, Sequence

from jobs.model.names import BatchId
from worker.objects.bucket import Bucket
from worker.objects.chains import (
    DAMAGED,
    BatchObjects,
    batch_folder,
    closed_mark,
    find_batches,
    open_mark,
    record_key,
)
from worker.objects.leases import lease_key
from worker.storage.archives.settled import REPAIRED, Differing, find_foreign, is_held


class SettledObjects:
    """Implements `worker.storage.archives.settled.SettledBatches` in a bucket.

    Nobody holds the lease of a batch that goes: nothing is left to do in it but to repair it, which leaves its mark.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def names(self) -> Iterable[BatchId]:
        """Every batch that there is an object of."""
        return find_batches(self._bucket)

    def find_obstacle(self, batch: BatchId, records: int) -> str:
        """Why a sound batch, of which this machine has copied so many records, stays; empty where it need not."""
        if next(self._bucket.list(f"{DAMAGED}/{batch}"), None) is not None:
            return REPAIRED
        names = [each.key.rpartition("/")[2] for each in self._bucket.list(batch_folder(batch))]
        return find_foreign(names, records)

    def remove(self, batch: BatchId, entries: Sequence[bytes]) -> bool:
        """Remove the objects of a closed batch, or what is left of them. Raises Differing."""
        found = BatchObjects.look_up(self._bucket, batch)
        if not found.is_closed:
            return False
        is_sound = is_held(read_records(self._bucket, found), entries)
        if not is_sound or self.find_obstacle(batch, len(found.records)):
            raise Differing(batch)
        if found.records:
            records = (record_key(batch, number) for number in found.records)
            self._bucket.remove(open_mark(batch), lease_key(batch), *records)
        self._bucket.remove(closed_mark(batch))
        return True

    def finish(self) -> None:
        """Nothing: what was removed is gone."""


def read_records(bucket: Bucket, found: BatchObjects) -> Mapping[int, bytes]:
    """Every record that was found, by number. Raises FileNotFoundError where one goes."""
    numbers = sorted(found.records)
    contents = bucket.each(bucket.read, [record_key(found.batch, number) for number in numbers])
    return dict(zip(numbers, contents, strict=True))
