"""What goes wrong with a storage, as the errors that files have: whoever waits for a disk need not tell them apart."""

import errno


class StorageAway(OSError):
    """The storage does not answer, or does not let us; nothing is known to have been written."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(errno.EREMOTEIO, f"the storage of storage.url cannot be used: {why}")


class StorageRefuses(StorageAway):
    """It does not let us do that with this object; with others it may."""


class Replaced(OSError):
    """Somebody else has written, or removed, that object since we looked."""

    def __init__(self, key: str) -> None:
        super().__init__(errno.ESTALE, f"{key} was replaced by somebody else")


def is_no_bucket(error: Exception) -> bool:
    """Whether it is the bucket that is missing: an object of it is not known to be (S3, error responses)."""
    return "NoSuchBucket" in str(error)


def reason_of(error: Exception) -> str:
    """What the library says, in one line: behind it stands how it came to that."""
    return "there is no such bucket" if is_no_bucket(error) else str(error).partition("\n")[0][:500]
