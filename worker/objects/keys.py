"""Secret keys that all machines of one bucket share: `keys/<name>.key`, which nobody but zimogs may read there."""

import os
from contextlib import suppress

from jobs.model.errors import LostKey
from worker.objects.bucket import Bucket
from worker.objects.chains import LEDGER
from worker.objects.failures import StorageAway
from worker.storage.archives.store import ARCHIVES

KEYS = "keys"
_KEY_BYTES = 32


def obtain_shared_key(bucket: Bucket, name: str) -> bytes:
    """The key of that name: 32 random bytes, made by whoever needs it first and kept from then on.

    Blocks. Raises StorageAway, also where something else than a key of ours stands there.
    """
    place = f"{KEYS}/{name}.key"
    try:
        key = bucket.read(place)
    except FileNotFoundError:
        with suppress(FileExistsError):
            bucket.create(place, os.urandom(_KEY_BYTES))
        key = bucket.read(place)
    if len(key) != _KEY_BYTES:
        raise StorageAway(f"{place} is no key of zimogs; restore it from a copy")
    return key


def obtain_ledger_key(bucket: Bucket) -> bytes:
    """The key of the ledger's MACs. Blocks; raises as above, and LostKey where it is missing beside records."""
    require_ledger_key_kept(bucket)
    return obtain_shared_key(bucket, "ledger")


def require_ledger_key_kept(bucket: Bucket) -> None:
    """Raise LostKey where the key of the ledger's MACs is missing beside records."""
    place = f"{KEYS}/ledger.key"
    has_records = not bucket.has(place) and any(next(bucket.list(each), None) for each in (LEDGER, ARCHIVES))
    # Looked for again: another machine may have made it, and then written the first record.
    if has_records and not bucket.has(place):
        raise LostKey(
            f"{place} is missing in the bucket, and its ledger was written with it. Restore it from a copy, as "
            "data/ledger.key of each machine is one; without it nobody can tell the ledger's own records from forged "
            "ones. Do not repair batches: they are not damaged."
        )
