"""What was done here, counted by the vendor itself and not by whoever claims to have done it."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Counters:
    """Approvals given, signatures made and calls received since the start."""

    authorizations: int = 0  # key passwords accepted
    signature_calls: int = 0  # successful raw or raw/batch calls
    signatures: int = 0
    finalizations: int = 0  # documents sealed
    calls: Counter[str] = field(default_factory=Counter)

    def as_json(self, sessions_open: int) -> dict[str, object]:
        """Return the body of `GET /sandbox/counters`."""
        return {
            "authorizations": self.authorizations,
            "signature_calls": self.signature_calls,
            "signatures": self.signatures,
            "finalizations": self.finalizations,
            "calls": dict(sorted(self.calls.items())),
            "sessions_open": sessions_open,
        }
