"""What the desk needs from the rest of the app, each as small as its pages allow, and all of it together."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from aiohttp import web

from config import sections
from jobs.model.documents import DataFile, Document
from jobs.model.earlier import SameContent
from jobs.model.errors import NotEnrolled
from jobs.model.names import BatchId, PersonalCode, RouteName
from jobs.model.seals import Authorization, Seal
from jobs.model.standstill import Standstill
from jobs.ports import Tools
from worker.desk.consent import PlatformConsent
from worker.desk.dialogs import Dialog
from worker.desk.document_tools import DocumentTools
from worker.desk.sitting import BatchStep, Plan, Sitting
from worker.preview import Look
from worker.storage.index.batch_index import BatchIndex
from worker.storage.ports import OriginalFiles
from worker.storage.untaken import Untaken


class Dialogs(Protocol):
    """Browser dialogs under way, each known by an unguessable single-use state (RFC 6749 §10.12)."""

    async def begin(self, dialog: Dialog) -> str:
        """Keep the dialog for a while; gives its state."""
        ...

    async def take(self, state: str) -> Dialog | None:
        """Look at the dialog and thereby spend it: of several takers one gets it, the others None."""
        ...


class Sittings(Protocol):
    """What becomes of the batches that a person approves in one sitting, one sitting for each session."""

    async def begin(self, session: str, plan: Plan) -> None:
        """Let the session's sitting be this one; an earlier one is forgotten."""
        ...

    async def note(self, session: str, batch: BatchId, progress: BatchStep) -> None:
        """Note how far it is with a batch."""
        ...

    async def forget(self, session: str, batch: BatchId) -> None:
        """Let the batch be one that nobody was asked about."""
        ...

    async def find(self, session: str) -> Sitting | None:
        """The session's sitting, None where it has none."""
        ...


class Approvals(Protocol):
    """Where a person's consent goes."""

    async def enqueue_sealing(self, authorization: Authorization) -> None:
        """Queue the sealing of the authorized batch."""
        ...


class Gathering(Protocol):
    """Cutting a batch because a person wants it now."""

    async def gather_now(self, route: RouteName) -> None:
        """Ask for a batch of whatever waits, without waiting for company."""
        ...


CollectStandstills = Callable[[], Awaitable[tuple[Standstill, ...]]]
"""Tells what does not move at this moment, and why."""


class EndedSessions(Protocol):
    """Sessions that were ended before their time."""

    async def end(self, session: str) -> None:
        """Let the session be over; doing it again changes nothing."""
        ...

    async def is_ended(self, session: str) -> bool:
        """Say whether the session was ended."""
        ...


class People(Protocol):
    """The names of people who signed in."""

    async def remember(self, code: PersonalCode, name: str) -> None:
        """Keep the name. Raises nothing."""
        ...

    async def names(self) -> Mapping[PersonalCode, str]:
        """Every name that is known, by code."""
        ...


class DocumentPreviews(Protocol):
    """How documents look."""

    async def find_looks(self, documents: Sequence[Document]) -> Mapping[str, Look]:
        """What was seen so far of these documents' files, by their SHA-256 (hexadecimal)."""
        ...

    async def picture(self, batch: BatchId | None, document: Document, file: DataFile) -> bytes | None:
        """The first page (PNG), drawn now where it has to be; None where it cannot be."""
        ...


FindSameContent = Callable[[BatchId, Collection[str]], Awaitable[Mapping[str, SameContent]]]
"""Tells which of these contents (SHA-256, hexadecimal) other batches hold or held, by content."""


ObserveConsent = Callable[[RouteName, int, float], object]
"""Is told of each consent that is used: the route, how many documents, and how many seconds it took the person."""


@dataclass(frozen=True, slots=True)
class DeskContext:
    """Everything the pages may touch. `session_key` is 32 secret bytes; digests older than `fresh_for` are renewed.

    Sessions end by the `steady` clock, which no step of the machine's clock moves.
    """

    tools: Tools
    consent: PlatformConsent
    dialogs: Dialogs
    sittings: Sittings
    approvals: Approvals
    gathering: Gathering
    ended_sessions: EndedSessions
    people: People
    settings: sections.Desk
    fresh_for: timedelta
    steady: Callable[[], datetime]
    session_key: bytes = field(repr=False)
    untaken: Callable[[], Sequence[Untaken]]
    """Tells what is left in the inbox. Blocks."""
    standstills: CollectStandstills
    """Tells what does not move, and why."""
    index: BatchIndex
    """All batches and documents ever; what it shows may be some seconds old."""
    documents: DocumentTools
    originals: OriginalFiles
    previews: DocumentPreviews
    find_same_content: FindSameContent
    house: sections.House = field(default_factory=sections.House)
    """The language and the time zone of those who told no other."""
    observe_consent: ObserveConsent = lambda *_: None

    async def find_seal(self, label: str) -> Seal | None:
        """The seal of that label, None until somebody enrols it."""
        try:
            return await self.tools.seals.find(label)
        except NotEnrolled:
            return None


DESK = web.AppKey("DESK", DeskContext)
