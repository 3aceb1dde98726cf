"""Secret keys that all machines of one bucket share: `keys/<name>.key`, which nobody but zimogs may read there."""

import os
from contextlib import suppress

from worker.objects.bucket import Bucket
from worker.objects.failures import StorageAway

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
