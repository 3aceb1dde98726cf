"""What there is to be seen at one moment."""

from dataclasses import dataclass

from sandbox.journal.entries import Call, Consent
from sandbox.journal.open_sessions import OpenSession, newest
from sandbox.vendor import Vendor


@dataclass(frozen=True, slots=True)
class Sight:
    """Calls and consents after a certain entry, and the sessions, each with the newest first."""

    last: int  # the number of the newest entry
    calls: tuple[Call, ...]
    consents: tuple[Consent, ...]
    sessions: tuple[OpenSession, ...]
    sessions_open: int

    @classmethod
    def of(cls, vendor: Vendor, number: int = 0) -> "Sight":
        """Look at what has happened since the entry of this number."""
        entries = [entry for _, entry in reversed(vendor.journal.after(number))]
        return cls(
            last=vendor.journal.last,
            calls=tuple(entry for entry in entries if isinstance(entry, Call)),
            consents=tuple(entry for entry in entries if isinstance(entry, Consent)),
            sessions=newest(vendor.sessions),
            sessions_open=vendor.sessions.count(vendor.now()),
        )
