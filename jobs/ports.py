"""What the stories need from the world, each as small as the stories allow. `worker` implements them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from jobs.freezes import Freezes
from jobs.model.damage import Damage
from jobs.model.digest import Digest, DigestSet, SignatureValue
from jobs.model.documents import Document, Profile, Route
from jobs.model.earlier import EarlierDelivery
from jobs.model.glance import Glance
from jobs.model.history import History
from jobs.model.names import BatchId, DocumentId, RouteName
from jobs.model.patience import Patience
from jobs.model.records import Delivery, Gathered, Prepared, Record, Refusal
from jobs.model.seals import Authorization, Expectation, Proof, Seal, SealedCopy
from jobs.model.standstill import Standstill

Now = Callable[[], datetime]
"""Tells the time, with its zone."""
Age = Callable[[datetime], timedelta]
"""Says how long ago a time was, never less than nothing."""


class Story(StrEnum):
    """The stories that a doorbell can ring for. Values are queue and metric labels."""

    GATHER = "gather"
    PREPARE = "prepare"
    SEAL = "seal"
    DELIVER = "deliver"
    RECOVER = "recover"


class SessionState(StrEnum):
    """How a session stands at the vendor."""

    WAITS = "waits"
    SEALED = "sealed"
    GONE = "gone"
    """It ended, or was closed; what became of its document the vendor does not tell any more."""


class Ledger(Protocol):
    """Batches as write-once, hash-chained records. Whoever creates a record has won; the others read again."""

    async def latest(self, route: RouteName) -> int:
        """Number of the route's newest batch, 0 before the first."""
        ...

    async def open(self, batch: BatchId, record: Gathered) -> History:
        """Create the batch with its first record. Raises Conflict when it exists."""
        ...

    async def append(self, history: History, record: Record) -> History:
        """Write the record after `history`. Raises Conflict when that number is taken, and IllegalTransition."""
        ...

    async def read(self, batch: BatchId) -> History:
        """Read and check the whole chain. Raises UnknownBatch and BrokenLedger."""
        ...

    async def glance(self, batch: BatchId) -> Glance:
        """Look how the batch stands: cheap, where `read` was done before. Raises what `read` raises."""
        ...

    async def find_damage(self, batch: BatchId) -> Damage | None:
        """What is damaged in its records; None where nothing is. Raises UnknownBatch."""
        ...

    async def set_aside(self, batch: BatchId, keep: int) -> None:
        """Move its records after the first `keep` out of the ledger, never to delete them; its number stays used.

        With none kept the batch is closed, and unknown from then on.
        """
        ...

    async def close(self, batch: BatchId) -> None:
        """Say that a batch which is over has also been settled; doing it again changes nothing."""
        ...

    async def open_batches(self) -> tuple[BatchId, ...]:
        """Batches in which something may still have to happen, oldest first."""
        ...

    async def record_counts(self, batches: Sequence[BatchId]) -> Mapping[BatchId, int]:
        """How many records each batch has, 0 where there is none; nothing is read or checked."""
        ...

    async def batches(self) -> tuple[BatchId, ...]:
        """Every batch, oldest first."""
        ...


class Shelf(Protocol):
    """Where originals stand between inbox and outbox."""

    async def waiting_list(self, route: RouteName) -> tuple[Document, ...]:
        """Inspected documents that no batch holds yet, oldest first."""
        ...

    async def leave_waiting_list(self, documents: Sequence[Document]) -> None:
        """Take documents off the waiting list; those already off are fine."""
        ...


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


class Outbox(Protocol):
    """Where people find sealed files."""

    async def deliver(self, batch: BatchId, document: Document, sealed: SealedCopy) -> Delivery:
        """Put the sealed file, its sidecar and the vendor's report into the outbox; doing it again changes nothing."""
        ...

    async def find_earlier(self, documents: Sequence[Document]) -> tuple[EarlierDelivery, ...]:
        """What the outbox shows of these documents, whatever the ledger knows."""
        ...


class Quarantine(Protocol):
    """Where people find what could not be sealed, byte-identical, with the reason."""

    async def put(self, document: Document, refusal: Refusal, batch: BatchId | None = None) -> None:
        """Move the original there with its explanation; doing it again changes nothing."""
        ...


class Originals(Protocol):
    """What becomes of an original once its sealed copy was delivered."""

    async def retire(self, batch: BatchId, documents: Sequence[Document]) -> None:
        """Take delivered documents off the shelf; those already off are fine."""
        ...


class Remains(Protocol):
    """What tells of a batch whose records do not: what was delivered of it, and originals that belong to nobody."""

    async def find_deliveries(self, batch: BatchId) -> Mapping[DocumentId, Delivery]:
        """What was delivered of the batch, by the sidecars and notes that are still there."""
        ...

    async def find_strays(self, route: RouteName) -> tuple[Document, ...]:
        """Originals on the shelf that are neither being taken in nor waiting, as documents of that route.

        Their names are not known. Those of documents that stand in a batch are among them.
        """
        ...


class Seals(Protocol):
    """Enrolled seals."""

    async def find(self, label: str) -> Seal:
        """Find by the label the route names. Raises NotEnrolled."""
        ...

    async def save(self, seal: Seal) -> None:
        """Keep a seal under its label; an older one is replaced."""
        ...


class Doorbell(Protocol):
    """Asks some worker to look at a batch or route soon. A lost ring costs time, never a document."""

    async def ring(self, story: Story, subject: str) -> None:
        """Ask for the story to be run for the batch (or, for gather, the route)."""
        ...


class Standstills(Protocol):
    """What does not move, and why; written by whoever tried last, read by whoever tells people."""

    async def record(self, standstill: Standstill) -> Standstill:
        """Note one more failure; returned as it stands now, counted on from those before it. Raises nothing."""
        ...

    async def clear(self, subject: str) -> None:
        """Forget the subject: it moves again. What never stood still is fine."""
        ...

    async def keep(self, subjects: Collection[str]) -> None:
        """Forget all other subjects: they are over. Raises nothing."""
        ...

    async def all(self) -> tuple[Standstill, ...]:
        """Everything that stands still, by subject."""
        ...


class Leases(Protocol):
    """One worker at a time per batch. The ledger stays safe without it; this saves doing work twice."""

    def hold(self, batch: BatchId) -> AbstractAsyncContextManager[bool]:
        """Hold the batch for the time of the block; False when a living worker holds it already."""
        ...


@dataclass(frozen=True, slots=True)
class Tools:
    """Everything a story may touch."""

    ledger: Ledger
    shelf: Shelf
    service: SealingService
    verifier: Verifier
    outbox: Outbox
    quarantine: Quarantine
    originals: Originals
    seals: Seals
    doorbell: Doorbell
    freezes: Freezes
    routes: Mapping[RouteName, Route]
    now: Now
    age: Age
    """Says how long ago a recorded time was; a clock that is set holds nothing up by it."""
    patience: Patience = field(default_factory=Patience)
    tell_fault: Callable[[DocumentId, Exception], None] = lambda _document, _error: None
    """Hears of each error at one document that nobody expected, so that somebody can mend what is behind it."""
