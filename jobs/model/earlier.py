from datetime import datetime

from jobs.model.digest import Digest
from jobs.model.frozen import Frozen
from jobs.model.names import ABatch
from jobs.model.records import Delivery


class EarlierDelivery(Frozen):
    """What the outbox shows of a document: that it was sealed and delivered before, whatever the ledger knows.

    `original` is the hash of what was sealed. `is_proven` says that the delivery was written down by this installation
    and that the sealed file stands there, unchanged since it was verified.
    """

    delivery: Delivery
    batch: ABatch
    original: Digest
    sealed_at: datetime
    is_proven: bool


class SameContent(Frozen):
    """The same content in another batch; `sealed_at` where it was sealed there, None where it still is on its way."""

    batch: ABatch
    sealed_at: datetime | None = None
