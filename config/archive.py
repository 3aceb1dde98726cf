"""What becomes of batches that were settled long ago, and what is kept for how long."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from config.sections import SettingsTable

Days = Annotated[timedelta, Field(ge=timedelta(days=1))]


class ArchiveSettings(SettingsTable):
    """Batches that are settled, sound and covered by a checkpoint go into one file for each month.

    They are read, searched, exported and verified there as before; without it the ledger's folder grows for ever.
    """

    enabled: bool = True
    after: Days = timedelta(days=35)
    """How long a month must have been over: until then each batch has a folder of its own, as backups may want it."""


class RetentionSettings(SettingsTable):
    """For how long what is over is kept; without a setting, for ever. `zimogs expire --dry-run` shows what would go.

    What lies on the shelf goes with its delivery, and needs none.
    """

    originals: Days | None = None
    """Originals of delivered documents, in `data/originals` or below `documents/` of the bucket, after delivery."""
    evidence: Days | None = None
    """Sealed files that were not delivered (`.unverified`, `.sealed`), of documents that have left quarantine."""
    archives: Days | None = None
    """Archives of the ledger, after their month: the records are gone then, and their hashes stay."""
