"""What is written down of a call and of a consent. No query, header or body is, so no secret can be."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Act(StrEnum):
    """What a person did at the pages."""

    LOGGED_IN = "logged in"
    APPROVED = "approved"
    CANCELLED = "cancelled"
    WRONG_PASSWORD = "wrong password"  # noqa: S105 - the name of an act
    WRONG_PIN = "wrong PIN"
    KEY_LOCKED = "key locked"
    CARD_LOCKED = "card locked"

    @property
    def is_good(self) -> bool:
        """Say whether the dialog went on."""
        return self in {Act.LOGGED_IN, Act.APPROVED}


@dataclass(frozen=True, slots=True)
class CallEntry:
    """One call: its path has no query; without a status the client left before the answer."""

    at: datetime
    operation: str
    method: str
    path: str
    status: int | None
    milliseconds: float
    complaint: str = ""  # why it was refused, with the vendor's code in front
    weather: str = ""  # which rule applied

    @property
    def is_good(self) -> bool:
        """Say whether the call did what it was made for."""
        return self.status is not None and self.status < 400 and not self.complaint  # noqa: PLR2004 - HTTP

    def as_json(self) -> dict[str, Any]:
        """Return the entry as the journal answers it."""
        return {
            "kind": "call",
            "at": self.at.isoformat(),
            "operation": self.operation,
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "milliseconds": round(self.milliseconds, 1),
            "complaint": self.complaint,
            "weather": self.weather,
        }


@dataclass(frozen=True, slots=True)
class ConsentEntry:
    """One act of a person; with a key it names the seal, the digests summary, and how many documents that covers."""

    at: datetime
    act: Act
    client_id: str
    person: str = ""
    seal: str = ""
    summary: str = ""
    documents: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the entry as the journal answers it."""
        return {
            "kind": "consent",
            "at": self.at.isoformat(),
            "act": self.act.value,
            "client_id": self.client_id,
            "person": self.person,
            "seal": self.seal,
            "summary": self.summary,
            "documents": self.documents,
        }


JournalEntry = CallEntry | ConsentEntry
