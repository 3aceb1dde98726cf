"""Which batches are open: each has a mark, and one list of the marks shows them all, however many are closed.

The mark is there before the first record and goes behind the mark of being closed, so no crash hides a batch. One that
a crash left without records, or of a batch that is closed, is told from the others by a look at the batch.
"""

import secrets
from collections.abc import Mapping

from jobs.model.names import BatchId, is_batch_id
from worker.objects.bucket import Bucket
from worker.objects.chains import OPEN, BatchObjects, closed_mark, open_mark
from worker.objects.leases import lease_key


class OpenBatches:
    """The marks in one bucket. Every method blocks."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._known: set[BatchId] = set()
        self.versions: Mapping[BatchId, str] = {}
        """Of each mark, as it was listed last: another one with every record that is written."""

    def find(self, *, may_lag: bool = False) -> frozenset[BatchId]:
        """Batches that have records and are not closed; by a list of a moment ago, where it `may_lag`."""
        recent = self._bucket.recent
        marks = recent.find(OPEN) if may_lag else recent.renew(OPEN)
        listed = {each.key.removeprefix(f"{OPEN}/"): each.version for each in marks}
        self.versions = {BatchId(name): version for name, version in listed.items() if is_batch_id(name)}
        self._known &= self.versions.keys()
        fresh = sorted(self.versions.keys() - self._known)
        checked = zip(fresh, self._bucket.each(self.check, fresh), strict=True)
        self._known |= {batch for batch, is_open in checked if is_open}
        return frozenset(self._known)

    def mark(self, batch: BatchId) -> None:
        """Mark a batch before its first record is written, and anew behind each other: others see that it changed."""
        self._bucket.write(open_mark(batch), secrets.token_hex(8).encode())

    def close(self, batch: BatchId) -> None:
        """Mark it as closed, and as open no more; doing it again changes nothing."""
        if BatchObjects.look_up(self._bucket, batch).records:
            # One that has none any more was settled before: an archive holds it.
            self._bucket.write(closed_mark(batch), b"")
        # Its lease goes along: nothing of a batch that is over shall stay but what tells of it.
        self._bucket.remove(open_mark(batch), lease_key(batch))

    def check(self, batch: BatchId) -> bool:
        """Say whether it is open, and remove the mark where it is closed."""
        found = BatchObjects.look_up(self._bucket, batch)
        if found.is_closed:
            self._bucket.remove(open_mark(batch))
        return bool(found.records) and not found.is_closed
