"""Records that a repair believes no more: moved out of the ledger, and never deleted. Blocks."""

from jobs.model.names import BatchId
from worker.objects.bucket import Bucket
from worker.objects.chains import DAMAGED, BatchObjects, closed_mark, open_mark
from worker.storage.names import free_names


def set_aside(bucket: Bucket, batch: BatchId, keep: int) -> None:
    """Move a batch's records after the first `keep`; with none kept it is closed, and its number stays used."""
    if not keep:
        # The mark goes first: it is what keeps the number used once the records are gone.
        bucket.write(closed_mark(batch), b"")
    for number, record in BatchObjects.look_up(bucket, batch).records.items():
        if number > keep:
            _copy_aside(bucket, record.key, f"{DAMAGED}/{batch}")
            bucket.remove(record.key)
    if not keep:
        bucket.remove(open_mark(batch))


def _copy_aside(bucket: Bucket, record: str, folder: str) -> None:
    content = bucket.read(record)
    for name in free_names(record.rpartition("/")[2]):
        try:
            bucket.create(f"{folder}/{name}", content)
        except FileExistsError:
            # A crash may have come between the copy and the removal.
            if bucket.read(f"{folder}/{name}") != content:
                continue
        return
