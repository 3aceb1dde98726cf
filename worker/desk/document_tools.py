"""What the pages of single documents, of the quarantine and of evidence need, all of it together."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from jobs.model.history import History
from jobs.model.names import DocumentId, PersonalCode, RouteName
from worker.desk.document_facts import DocumentFacts
from worker.evidence.bundle import Bundle
from worker.storage.layout import Layout
from worker.storage.ports import KeptQuarantine
from worker.storage.reach import Reach
from worker.storage.resent import Resending
from worker.storage.sidecar import Sidecar


class SendAgain(Protocol):
    """Sends documents in quarantine through once more, as new ones."""

    async def __call__(self, documents: Sequence[DocumentId], *, again: bool = False) -> Sequence[Resending]:
        """What became of each; what was sealed before is sealed once more only if it shall be sealed `again`."""
        ...


@dataclass(frozen=True, slots=True)
class Stray:
    """An original on the shelf that nothing leads on; its route is None where nobody knows it, `size` in bytes."""

    document: DocumentId
    route: RouteName | None
    size: int
    since: datetime


@dataclass(frozen=True, slots=True)
class DocumentTools:
    """Everything that those pages may touch; `outbox` is the folder of all routes."""

    quarantine: KeptQuarantine
    layout: Layout
    outbox: Path
    reach: Reach
    """What is to be done before a file of these is read."""
    trace: Callable[[DocumentId], Awaitable[DocumentFacts]]
    """Tells all that is known of a document. Raises UnknownDocument."""
    send_again: SendAgain
    find_sealed: Callable[[Sequence[DocumentId]], Awaitable[Mapping[DocumentId, Sidecar]]]
    """Tells which of those in quarantine have a content that was sealed before."""
    find_strays: Callable[[], Awaitable[tuple[Stray, ...]]]
    collect_evidence: Callable[[History], Awaitable[Bundle]]
    """Collects the evidence of a batch. Raises BrokenCheckpoint and OSError."""
    name_in_log: Callable[[PersonalCode], str]
    """How a person is written in the log."""
