"""What goes wrong with a storage, as the errors that files have: whoever waits for a disk need not tell them apart."""

import errno

_REASONS = {
    "NoSuchBucket": "there is no such bucket",
    "<Code>InvalidAccessKeyId<": "it does not know our access key",
    "<Code>SignatureDoesNotMatch<": "our secret is not that of our access key",
    "<Code>RequestTimeTooSkewed<": "this machine's clock is not the storage's",
    "<Code>AccessDenied<": "our key lacks a right: list, get, put and delete are needed",
    "/latest/api/token": "no keys are set, and this machine has no role",
    "redirect without LOCATION": "the bucket lies in another region than the address says",
    "dns error": "nobody knows the endpoint's name",
    "invalid peer certificate": "the endpoint's certificate is not one that this machine trusts",
    "kind: Connect": "the endpoint is not reached",
    "kind: Timeout": "the endpoint does not answer in time",
}
"""What stands in the library's text, which quotes the storage (S3, error responses), and what it means for us."""


class StorageAway(OSError):
    """The storage does not answer, or does not let us; nothing is known to have been written."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(errno.EREMOTEIO, f"the storage of storage.url cannot be used: {why}")

    def __str__(self) -> str:
        return self.strerror or ""


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
    """What it means, where that is known; else the first line of what the library says."""
    told = str(error)
    return next((words for sign, words in _REASONS.items() if sign in told), told.partition("\n")[0][:500])
