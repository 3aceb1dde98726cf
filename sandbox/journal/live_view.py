"""What the live page shows: the open sessions, and the calls and consents since an entry, the newest first."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sandbox.journal.entries import CallEntry, ConsentEntry
from sandbox.signapi.sessions import Session, SessionStore
from sandbox.vendor import Vendor

SHOWN = 50


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One session: what it holds, and how far it has come."""

    id: str
    client_id: str
    started_at: datetime
    files: tuple[str, ...]
    digest_handed_out: bool
    is_sealed: bool

    @classmethod
    def of(cls, session: Session) -> "OpenSession":
        """Look at a session."""
        return cls(
            id=session.id,
            client_id=session.client_id,
            started_at=session.start_time,
            files=tuple(file.name for file in session.files),
            digest_handed_out=session.waits_for_value,
            is_sealed=session.final_file is not None,
        )

    def as_json(self) -> dict[str, Any]:
        """Return the session as the journal answers it."""
        return {
            "id": self.id,
            "client_id": self.client_id,
            "started_at": self.started_at.isoformat(),
            "files": list(self.files),
            "digest_handed_out": self.digest_handed_out,
            "is_sealed": self.is_sealed,
        }


def newest(sessions: SessionStore) -> tuple[OpenSession, ...]:
    """Return the newest open sessions, the newest first, and not more than fit a page."""
    return tuple(OpenSession.of(session) for session in islice(reversed(list(sessions.all_open())), SHOWN))


@dataclass(frozen=True, slots=True)
class LiveView:
    """Calls and consents after a certain entry, and the sessions, each with the newest first."""

    last: int  # the number of the newest entry
    calls: tuple[CallEntry, ...]
    consents: tuple[ConsentEntry, ...]
    sessions: tuple[OpenSession, ...]
    sessions_open: int

    @classmethod
    def of(cls, vendor: Vendor, number: int = 0) -> "LiveView":
        """Look at what has happened since the entry of this number."""
        entries = [entry for _, entry in reversed(vendor.journal.after(number))]
        return cls(
            last=vendor.journal.last,
            calls=tuple(entry for entry in entries if isinstance(entry, CallEntry)),
            consents=tuple(entry for entry in entries if isinstance(entry, ConsentEntry)),
            sessions=newest(vendor.sessions),
            sessions_open=vendor.sessions.count(vendor.now()),
        )
