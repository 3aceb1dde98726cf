"""What a failure means for whoever waits: one of the causes of a standstill."""

import errno

from redis.exceptions import (
    BusyLoadingError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)

from jobs.model.errors import (
    CredentialsRefused,
    LostKey,
    NotEnrolled,
    Permanent,
    Retryable,
    SealExpired,
    SealRefused,
    Uncertain,
    WrongClock,
)
from jobs.model.standstill import Cause
from worker.objects.failures import StorageAway

_CAUSES: tuple[tuple[type[Exception], Cause], ...] = (
    (NotEnrolled, Cause.SEAL_NOT_ENROLLED),
    (SealExpired, Cause.SEAL_EXPIRED),
    (SealRefused, Cause.SEAL_REFUSED),
    (CredentialsRefused, Cause.CREDENTIALS_REFUSED),
    (Permanent, Cause.VENDOR_REFUSES),
    (WrongClock, Cause.CLOCK_WRONG),
    (Retryable, Cause.VENDOR_AWAY),
    (Uncertain, Cause.VENDOR_AWAY),
    (LostKey, Cause.KEY_LOST),
    (OutOfMemoryError, Cause.REDIS_FULL),
    (ReadOnlyError, Cause.REDIS_READ_ONLY),
    (BusyLoadingError, Cause.REDIS_AWAY),
    (StorageAway, Cause.STORAGE_AWAY),
    # Calls to the vendor wrap these: bare, they come from the one other thing that we have a line to.
    (ConnectionError, Cause.REDIS_AWAY),
    (TimeoutError, Cause.REDIS_AWAY),
)
"""The first kind that fits counts."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# The word that an error of the server's own begins with; inside a transaction it stands within another error's text.
_WORDS = (
    ("OOM ", Cause.REDIS_FULL),
    ("READONLY ", Cause.REDIS_READ_ONLY),
    ("NOREPLICAS ", Cause.REDIS_READ_ONLY),
    ("MISCONF ", Cause.REDIS_READ_ONLY),
)


def cause_of(error: BaseException) -> Cause:
    """Say what a failure is a sign of; UNEXPECTED for what has no meaning of its own."""
    for kind, cause in _CAUSES:
        if isinstance(error, kind):
            return cause
    if isinstance(error, ResponseError):
        return next((cause for word, cause in _WORDS if word in str(error)), Cause.UNEXPECTED)
    if isinstance(error, RedisError):
        return Cause.REDIS_AWAY
    if isinstance(error, OSError):
        return Cause.DISK_FULL if error.errno in _FULL else Cause.DISK_REFUSES
    return Cause.UNEXPECTED
