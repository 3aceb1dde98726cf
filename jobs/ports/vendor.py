"""Who seals, in the stories' words, and who verifies what comes back from there."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from jobs.model.digest import Digest, DigestSet, SignatureValue
from jobs.model.documents import Document, Profile
from jobs.model.records import Prepared
from jobs.model.seals import Authorization, Expectation, Proof, Seal
from jobs.model.vendor_limits import LearnedLimit, LearnedLimits


class SessionState(StrEnum):
    """How a session stands at the vendor."""

    WAITS = "waits"
    SEALED = "sealed"
    GONE = "gone"
    """It ended, or was closed; what became of its document the vendor does not tell any more."""


class SealingService(Protocol):
    """The vendor, in the stories' words. Every method raises Retryable, Permanent or Uncertain."""

    async def open_sessions(self, count: int) -> tuple[str, ...]:
        """Open `count` sessions, one for each document."""
        ...

    async def upload(self, session: str, document: Document, profile: Profile) -> None:
        """Send the original, or its hash alone, into its session. Raises Rejected when the vendor refuses it."""
        ...

    async def digests(self, sessions: Sequence[str], seal: Seal, profile: Profile) -> DigestSet:
        """Have the digests calculated and frozen. Raises Rejected when a document among them cannot be sealed."""
        ...

    async def require_accepted(self, seal: Seal) -> None:
        """Find out whether it is the seal that is refused, and no document. Raises SealRefused."""
        ...

    async def sign(self, prepared: Prepared, authorization: Authorization) -> tuple[SignatureValue, ...]:
        """Exchange the code and sign all digests in one call; values stand in the order of `prepared.documents`.

        Raises ConsentVoid when the code is spent or expired.
        """
        ...

    async def finalize(self, values: Mapping[str, SignatureValue], seal: Seal) -> Mapping[str, str | None]:
        """Turn values into sealed files, by session: None where sealed, else the vendor's error."""
        ...

    async def is_sealed(self, session: str, document: Document, profile: Profile) -> bool:
        """Look whether the session holds a sealed file."""
        ...

    async def is_untouched(self, session: str, document: Document, profile: Profile) -> bool:
        """Look whether the session surely is there, with what was sent and no sealed file."""
        ...

    async def session_state(self, session: str, document: Document, profile: Profile) -> SessionState:
        """Look at a session: whether it waits, holds a sealed file, or is gone."""
        ...

    async def archive(self, sessions: Sequence[str], seal: Seal) -> Mapping[str, str | None]:
        """Add an archive timestamp to each session's sealed file, by session: None where added, else the error."""
        ...

    async def download(self, session: str, document: Document, profile: Profile) -> None:
        """Fetch the sealed file to the shelf, and complete it. Raises Rejected when our document cannot be in it."""
        ...

    async def validation(self, session: str, document: Document, profile: Profile) -> str:
        """The vendor's own report (JSON) on the sealed file. Raises Rejected when it is not all good."""
        ...

    async def close(self, session: str) -> None:
        """Let the vendor forget the session and its files. Never raises: an open session only expires."""
        ...

    async def session_life(self) -> timedelta:
        """How long the vendor keeps a session."""
        ...

    async def clock_offset(self) -> timedelta | None:
        """How far our clock is ahead of the vendor's; None while the vendor does not tell its time. Never raises."""
        ...


class VendorLimits(Protocol):
    """What was learned of how much the vendor takes at once, for its address alone, until a person forgets it."""

    async def known(self) -> LearnedLimits:
        """What is known now. What cannot be read is not known. Raises nothing."""
        ...

    async def learn(self, limit: LearnedLimit) -> None:
        """Keep the limit; of two of a kind the lower one stays."""
        ...

    async def forget(self) -> LearnedLimits:
        """Forget everything, so that it is tried anew; returns what was known."""
        ...


class Verifier(Protocol):
    """Trust nothing that comes back."""

    async def verify_values(
        self, seal: Seal, signed: Sequence[tuple[Digest, SignatureValue]]
    ) -> tuple[SignatureValue, ...]:
        """Check each value against its own digest; returns them in the form finalize wants. Raises Permanent."""
        ...

    async def verify_sealed(self, document: Document, expectation: Expectation) -> Proof:
        """Check the sealed file on the shelf against what was approved. Raises Rejected."""
        ...
