"""What a failure is a sign of, and words for it that bring nobody's secrets along."""

import errno

import pytest
from redis import exceptions as redis

from jobs.model.errors import (
    CredentialsRefused,
    NotEnrolled,
    Permanent,
    Rejected,
    Retryable,
    SealExpired,
    SealRefused,
    Uncertain,
    WrongClock,
)
from jobs.model.reasons import Reason
from jobs.model.standstill import Cause
from worker.objects.failures import StorageAway
from worker.queue.causes import cause_of


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (WrongClock("our clock is wrong"), Cause.CLOCK_WRONG),
        (Retryable("503"), Cause.VENDOR_AWAY),
        (Uncertain("reset"), Cause.VENDOR_AWAY),
        (Permanent("410"), Cause.VENDOR_REFUSES),
        (Rejected(Reason.DAMAGED, "x"), Cause.VENDOR_REFUSES),
        (CredentialsRefused("invalid_client"), Cause.CREDENTIALS_REFUSED),
        (SealExpired("x"), Cause.SEAL_EXPIRED),
        (SealRefused("x"), Cause.SEAL_REFUSED),
        (NotEnrolled("x"), Cause.SEAL_NOT_ENROLLED),
        (redis.ConnectionError("x"), Cause.REDIS_AWAY),
        (redis.TimeoutError("x"), Cause.REDIS_AWAY),
        (redis.BusyLoadingError("x"), Cause.REDIS_AWAY),
        (redis.AuthenticationError("x"), Cause.REDIS_AWAY),
        (TimeoutError(), Cause.REDIS_AWAY),
        (redis.OutOfMemoryError("x"), Cause.REDIS_FULL),
        (redis.ExecAbortError("Transaction discarded because of: OOM command not allowed"), Cause.REDIS_FULL),
        (redis.ReadOnlyError("x"), Cause.REDIS_READ_ONLY),
        (redis.ResponseError("NOREPLICAS Not enough good replicas to write."), Cause.REDIS_READ_ONLY),
        (redis.ResponseError("MISCONF Errors writing to the AOF file"), Cause.REDIS_READ_ONLY),
        (redis.ResponseError("WRONGTYPE"), Cause.UNEXPECTED),
        (OSError(errno.ENOSPC, "No space left on device"), Cause.DISK_FULL),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), Cause.DISK_FULL),
        (StorageAway("there is no such bucket"), Cause.STORAGE_AWAY),
        (OSError(errno.EROFS, "Read-only file system"), Cause.DISK_REFUSES),
        (PermissionError(errno.EACCES, "Permission denied"), Cause.DISK_REFUSES),
        (ZeroDivisionError(), Cause.UNEXPECTED),
    ],
    ids=lambda value: repr(value)[:60] if isinstance(value, Exception) else str(value),
)
def test_a_failure_is_a_sign_of_one_cause(error: Exception, cause: Cause) -> None:
    assert cause_of(error) is cause
