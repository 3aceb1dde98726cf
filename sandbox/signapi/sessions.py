"""Sessions: short-lived folders, each holding the files of one resulting sealed file."""

import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.refusals import SignApiRefusal
from sandbox.signapi.files import Stored, StoredFile
from sandbox.signapi.records import RECORDS, Pending, SessionRecord, begin_records, keep_record, read_record


class Session:
    """One session of one client. Every change is on disk before it is true, so that a restart finds it."""

    def __init__(self, folder: Path, record: SessionRecord) -> None:
        """Be what this record says; the folder's name is the session's id."""
        self.folder = folder
        self._record = record
        self._busy = False

    @classmethod
    def create(cls, folder: Path, client_id: str, now: datetime) -> "Session":
        """Return an empty session in a folder that is made for it."""
        record = SessionRecord(client_id, now)
        folder.mkdir(parents=True)
        begin_records(folder, record)
        return cls(folder, record)

    @property
    def id(self) -> str:
        """Return the name the client knows the session by."""
        return self.folder.name

    @property
    def client_id(self) -> str:
        """Return whose session this is."""
        return self._record.client_id

    @property
    def start_time(self) -> datetime:
        """Return when the session was opened."""
        return self._record.started_at

    @property
    def final_file(self) -> StoredFile | None:
        """Return the sealed file, once there is one."""
        return self._record.sealed

    @property
    def waits_for_value(self) -> bool:
        """Say whether a digest was handed out whose signature value has not come yet."""
        return self._record.pending is not None

    @property
    def files(self) -> tuple[Stored, ...]:
        """Return the sealed file alone once there is one, else what was uploaded."""
        return (self.final_file,) if self.final_file else self._record.files

    def find(self, document_id: str) -> Stored | None:
        """Return what is listed under this id."""
        return next((file for file in self.files if file.id == document_id), None)

    def new_file(self) -> tuple[str, Path]:
        """Return a fresh document id and the path its bytes belong to."""
        document_id = secrets.token_hex(16)
        return document_id, self.folder / document_id

    def add(self, *files: Stored) -> None:
        """Hold these as well; the digest handed out before, if any, is void."""
        self._become(files=(*self._record.files, *files), pending=None)

    def remove(self, file: Stored) -> None:
        """Hold this no longer; the digest handed out before, if any, is void."""
        self._become(files=tuple(one for one in self._record.files if one != file), pending=None)

    def void(self) -> None:
        """Forget the digest handed out before, if any."""
        if self._record.pending:
            self._become(pending=None)

    def hand_out(self, pending: Pending) -> None:
        """Wait for the value of this digest; it takes the place of an earlier one."""
        self._become(pending=pending)

    def begin_sealing(self) -> Pending | None:
        """Return the digest handed out, once: None while or after it is sealed, so that no document is sealed twice."""
        if self._busy or self.final_file or self._record.pending is None:
            return None
        self._busy = True
        return self._record.pending

    def end_sealing(self, sealed: StoredFile | None) -> None:
        """Hold the sealed file; without one the digest, or a later one, goes on waiting for a better value."""
        self._busy = False
        if sealed:
            self._become(sealed=sealed, pending=None)

    def begin_archiving(self) -> StoredFile | None:
        """Return the one file here, to be archived; None where there is none, or several, or one being worked on."""
        match self.files:
            case [StoredFile() as file] if not self._busy:
                self._busy = True
                return file
            case _:
                return None

    def end_archiving(self, archived: StoredFile | None) -> None:
        """Hold the archived file in the place of the one it was made from; without one, nothing changes."""
        self._busy = False
        if archived and self.final_file:
            self._become(sealed=archived)
        elif archived:
            kept = (archived if file.id == archived.id else file for file in self._record.files)
            self._become(files=tuple(kept), pending=None)

    @contextmanager
    def unless_closed(self) -> Iterator[None]:
        """Work with the session's files, which may go away at any time; raises `SignApiRefusal` 404 when they do."""
        try:
            yield
        except FileNotFoundError as cause:
            raise SignApiRefusal(404, "session:notFound", f"Session {self.id} was closed meanwhile.") from cause

    def _become(self, **changes: Any) -> None:
        record = replace(self._record, **changes)
        # On disk before it is true here, so that a restart finds all that a client was told.
        with self.unless_closed():
            keep_record(self.folder, record)
        self._record = record


class SessionStore:
    """All sessions, the oldest first; their files lie below one folder and go away with them."""

    def __init__(self, folder: Path, lifetime: timedelta) -> None:
        """Keep files below this folder for at most this long."""
        self.lifetime = lifetime
        self.folder = folder
        self._open: dict[str, Session] = {}

    @classmethod
    def load(cls, folder: Path, lifetime: timedelta) -> "SessionStore":
        """Return the sessions that an earlier run left in the folder; what cannot be read there is deleted."""
        sessions = cls(folder, lifetime)
        left = []
        for path in folder.iterdir() if folder.is_dir() else ():
            try:
                left.append(Session(path, read_record(path)))
            except (OSError, ValueError):
                # A start or a close that was cut short: nobody was told of the session, or it is over.
                shutil.rmtree(path, ignore_errors=True)
        # Those that expire first stand first, as when they were started.
        sessions._open = {one.id: one for one in sorted(left, key=lambda one: one.start_time)}
        return sessions

    def start(self, client_id: str, now: datetime) -> Session:
        """Open an empty session for the client."""
        self._drop_expired(now)
        session = Session.create(self.folder / secrets.token_hex(32), client_id, now)
        self._open[session.id] = session
        return session

    def find(self, session_id: str, client_id: str, now: datetime) -> Session:
        """Return the client's own open session; raises `SignApiRefusal` 404 for any other."""
        self._drop_expired(now)
        session = self._open.get(session_id)
        if session is None or session.client_id != client_id:
            raise SignApiRefusal(404, "session:notFound", f"Session {session_id} is unknown, closed or expired.")
        return session

    def close(self, session: Session) -> None:
        """Forget the session and delete its files, its record first: half a session must not come back."""
        self._open.pop(session.id, None)
        (session.folder / RECORDS).unlink(missing_ok=True)
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
            if now < oldest.start_time + self.lifetime:
                return
            self.close(oldest)
