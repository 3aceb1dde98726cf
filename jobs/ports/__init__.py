"""What the stories need from the world, each as small as the stories allow. `worker` implements them."""

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from jobs.model.documents import Route
from jobs.model.glance import Glance
from jobs.model.names import BatchId, DocumentId, RouteName
from jobs.model.patience import Patience
from jobs.ports.files import Originals, Outbox, Quarantine, Remains, Shelf
from jobs.ports.records import Freezes, Leases, Ledger, Seals, Standstills
from jobs.ports.vendor import SealingService, SessionState, VendorLimits, Verifier

__all__ = [
    "Age",
    "Doorbell",
    "Freezes",
    "Leases",
    "Ledger",
    "Now",
    "Originals",
    "Outbox",
    "Quarantine",
    "Remains",
    "SealingService",
    "Seals",
    "SessionState",
    "Shelf",
    "Standstills",
    "Story",
    "Tools",
    "VendorLimits",
    "Verifier",
]

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


class Doorbell(Protocol):
    """Asks some worker to look at a batch or route soon. A lost ring costs time, never a document."""

    async def ring(self, story: Story, subject: str) -> None:
        """Ask for the story to be run for the batch (or, for gather, the route)."""
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
    limits: VendorLimits
    routes: Mapping[RouteName, Route]
    now: Now
    age: Age
    """Says how long ago a recorded time was; a clock that is set holds nothing up by it."""
    patience: Patience = field(default_factory=Patience)
    past: MutableMapping[BatchId, Glance] = field(default_factory=dict)
    """What is remembered of the newest batches that are over, by which the pace is measured."""
    tell_fault: Callable[[DocumentId, Exception], None] = lambda _document, _error: None
    """Hears of each error at one document that nobody expected, so that somebody can mend what is behind it."""
