"""Sessions of the desk that were ended before their time: their cookies open nothing any more, whoever kept them.

On disk and not in Redis: a flushed Redis must not bring anybody back in.
"""

import hashlib
import time
from datetime import timedelta
from pathlib import Path

from worker.storage.durable import make_folder
from worker.storage.threads import in_thread


class DiskEndedSessions:
    """Implements `worker.desk.ports.EndedSessions`: one empty file for each below `folder`, named by a hash.

    Each is kept for three times the `life` of a session: a step of the machine's clock must not bring one back.
    """

    def __init__(self, folder: Path, life: timedelta) -> None:
        self._folder = folder
        self._kept = 3 * life.total_seconds()

    @in_thread
    def end(self, session: str) -> None:
        """Let the session be over; doing it again changes nothing. Raises OSError."""
        oldest = time.time() - self._kept
        for path in make_folder(self._folder).iterdir():
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)
        self._file(session).touch(0o600)

    @in_thread
    def is_ended(self, session: str) -> bool:
        """Say whether the session was ended."""
        return self._file(session).exists()

    def _file(self, session: str) -> Path:
        return self._folder / hashlib.sha256(session.encode()).hexdigest()
