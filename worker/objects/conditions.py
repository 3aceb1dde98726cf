"""Whether a storage keeps the two conditions that everything relies on: tried, since some overlook them."""

import secrets

from worker.objects.bucket import Bucket
from worker.objects.failures import Replaced, StorageAway

_FOLDER = "probes"


class UnfitStorage(OSError):
    """The storage writes whatever the condition says: two workers could seal one batch."""


def require_conditions(bucket: Bucket) -> None:
    """Try both conditions on an object of our own. Blocks. Raises UnfitStorage, and StorageAway."""
    key = f"{_FOLDER}/{secrets.token_hex(8)}"
    first = bucket.create(key, b"one")
    try:
        if _is_created_twice(bucket, key):
            raise UnfitStorage(_describe("creates an object that is there already (If-None-Match: *)"))
        bucket.replace(key, b"two", first)
        if _is_replaced_unseen(bucket, key, first):
            raise UnfitStorage(_describe("replaces another version than it is told to (If-Match)"))
    except StorageAway as error:
        raise StorageAway(f"it does not take conditional writes, or only for others: {error.why}") from None
    finally:
        bucket.remove(key)


def require_writing(bucket: Bucket) -> None:
    """Write an object of our own, and remove it: cheap enough to be done all the time. Blocks; raises StorageAway."""
    key = f"{_FOLDER}/{secrets.token_hex(8)}"
    try:
        bucket.write(key, b"")
    finally:
        bucket.remove(key)


def _is_created_twice(bucket: Bucket, key: str) -> bool:
    try:
        bucket.create(key, b"again")
    except FileExistsError:
        return False
    return True


def _is_replaced_unseen(bucket: Bucket, key: str, version: str) -> bool:
    try:
        bucket.replace(key, b"three", version)
    except Replaced:
        return False
    return True


def _describe(what: str) -> str:
    return (
        f"The storage of storage.url {what}, so nothing would keep two workers from sealing the same documents. Use "
        "one that keeps to conditional writes, such as AWS S3, MinIO, Ceph or Cloudflare R2."
    )
