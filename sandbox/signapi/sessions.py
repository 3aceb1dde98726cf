"""Sessions: short-lived folders, each holding the files of one resulting sealed file."""

import secrets
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from sandbox.refusals import SignApiRefusal


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in a session; `size` is in bytes."""

    id: str
    name: str
    size: int
    path: Path

    def as_json(self) -> dict[str, object]:
        """Return the file's description as upload and list answer it."""
        return {"id": self.id, "name": self.name, "size": self.size, "type": "file"}


@dataclass(frozen=True, slots=True)
class Pending:
    """A digest handed out and not yet finalized; the prepared document waits in `path`."""

    digest: bytes
    certificate: x509.Certificate
    name: str
    path: Path


@dataclass(slots=True, eq=False)
class Session:
    """One session of one client; a later digest takes the place of an earlier one."""

    id: str
    client_id: str
    folder: Path
    expires_at: datetime
    files: dict[str, StoredFile] = field(default_factory=dict)
    pending: Pending | None = None
    sealing: bool = False
    sealed: StoredFile | None = None

    @property
    def listed(self) -> list[StoredFile]:
        """Return the sealed file alone once there is one, else the uploaded files."""
        return [self.sealed] if self.sealed else list(self.files.values())

    def found(self, document_id: str) -> StoredFile | None:
        """Return the listed file of this id."""
        return next((file for file in self.listed if file.id == document_id), None)

    def new_file(self) -> tuple[str, Path]:
        """Return a fresh document id and the path its bytes belong to."""
        document_id = secrets.token_hex(16)
        return document_id, self.folder / document_id

    def begin_sealing(self) -> Pending | None:
        """Return the digest handed out, once: None while or after it is sealed, so that no document is sealed twice."""
        if self.sealing or self.sealed:
            return None
        pending, self.pending = self.pending, None
        self.sealing = pending is not None
        return pending

    def end_sealing(self, sealed: StoredFile | None, pending: Pending) -> None:
        """Keep the sealed file, or put the digest back, unless there is a later one, for a better signature value."""
        self.sealing = False
        self.sealed = sealed
        if sealed is None:
            self.pending = self.pending or pending


class Sessions:
    """All sessions, the oldest first; their files lie below one folder and go away with them."""

    def __init__(self, folder: Path, lifetime: timedelta) -> None:
        """Keep files below this folder for at most this long."""
        self.lifetime = lifetime
        self.folder = folder
        self._open: dict[str, Session] = {}

    def start(self, client_id: str, now: datetime) -> Session:
        """Open an empty session for the client."""
        self._drop_expired(now)
        session_id = secrets.token_hex(32)
        session = Session(session_id, client_id, self.folder / session_id, now + self.lifetime)
        session.folder.mkdir(parents=True)
        self._open[session_id] = session
        return session

    def find(self, session_id: str, client_id: str, now: datetime) -> Session:
        """Return the client's own open session; raises `SignApiRefusal` 404 for any other."""
        self._drop_expired(now)
        session = self._open.get(session_id)
        if session is None or session.client_id != client_id:
            raise SignApiRefusal(404, "session:notFound", f"Session {session_id} is unknown, closed or expired.")
        return session

    def close(self, session: Session) -> None:
        """Forget the session and delete its files."""
        self._open.pop(session.id, None)
        shutil.rmtree(session.folder, ignore_errors=True)

    def all_open(self) -> Iterable[Session]:
        """Return the sessions that are open, the oldest first."""
        return self._open.values()

    def count(self, now: datetime) -> int:
        """Return how many sessions are open."""
        self._drop_expired(now)
        return len(self._open)

    def _drop_expired(self, now: datetime) -> None:
        while self._open:
            oldest = next(iter(self._open.values()))
            if now < oldest.expires_at:
                return
            self.close(oldest)
