"""Sessions of the desk that were ended before their time: an empty object each, named by a hash."""

import hashlib
from datetime import timedelta

from worker.clock import utc_now
from worker.objects.bucket import Bucket
from worker.storage.threads import in_thread

_FOLDER = "signed-out"


class ObjectEndedSessions:
    """Implements `worker.desk.ports.EndedSessions` in a bucket.

    Each is kept for three times the `life` of a session: a step of a machine's clock must not bring one back.
    """

    def __init__(self, bucket: Bucket, life: timedelta) -> None:
        self._bucket = bucket
        self._kept = 3 * life

    @in_thread
    def end(self, session: str) -> None:
        """Let the session be over; doing it again changes nothing. Raises OSError."""
        self._bucket.write(_key(session), b"")
        oldest = utc_now() - self._kept
        if over := [each.key for each in self._bucket.list(_FOLDER) if each.changed_at < oldest]:
            self._bucket.remove(*over)

    @in_thread
    def is_ended(self, session: str) -> bool:
        """Say whether the session was ended. Raises OSError."""
        return self._bucket.has(_key(session))


def _key(session: str) -> str:
    return f"{_FOLDER}/{hashlib.sha256(session.encode()).hexdigest()}"
