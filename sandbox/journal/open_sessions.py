"""The open sessions, as somebody who looks for a fault wants to see them."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sandbox.signapi.sessions import Session, Sessions

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
            started_at=session.started_at,
            files=tuple(file.name for file in session.listed),
            digest_handed_out=session.waits_for_value,
            is_sealed=session.sealed is not None,
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


def newest(sessions: Sessions) -> tuple[OpenSession, ...]:
    """Return the newest open sessions, the newest first, and not more than fit a page."""
    return tuple(OpenSession.of(session) for session in islice(reversed(list(sessions.all_open())), SHOWN))
