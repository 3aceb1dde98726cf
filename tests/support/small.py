"""The smaller ports, in memory."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from jobs.model.digest import Digest, SignatureValue
from jobs.model.documents import Document
from jobs.model.errors import NotEnrolled, Permanent, Rejected
from jobs.model.freeze import Freeze, LiftedFreeze, select_freeze
from jobs.model.levels import SealLevel
from jobs.model.names import BatchId, DocumentId, PersonalCode, RouteName
from jobs.model.reasons import Reason
from jobs.model.seals import Expectation, Proof, Seal, normalise_label
from jobs.model.standstill import Standstill
from jobs.model.vendor_limits import LearnedLimit, LearnedLimits
from jobs.ports import Story
from tests.support.builders import NOON
from tests.support.vendor import MemorySealedFile, value_for


class MemorySeals:
    def __init__(self, *seals: Seal) -> None:
        self._seals = {normalise_label(seal.label): seal for seal in seals}

    async def find(self, label: str) -> Seal:
        if normalise_label(label) not in self._seals:
            raise NotEnrolled(f"The seal {label!r} is not enrolled yet: enrol it.")
        return self._seals[normalise_label(label)]

    async def save(self, seal: Seal) -> None:
        self._seals[normalise_label(seal.label)] = seal

    async def all(self, *, may_lag: bool = False) -> tuple[Seal, ...]:
        return tuple(sorted(self._seals.values(), key=lambda seal: seal.label))


class MemoryDoorbell:
    """What was rung for and not yet answered; a test that answers takes it from `rings`."""

    def __init__(self) -> None:
        self.rings: list[tuple[Story, str]] = []

    async def ring(self, story: Story, subject: str) -> None:
        if (story, subject) not in self.rings:
            self.rings.append((story, subject))


class MemoryFreezes:
    def __init__(self) -> None:
        self._freezes: dict[str, Freeze] = {}
        self._lifted: list[LiftedFreeze] = []

    async def begin(self, freeze: Freeze) -> None:
        self._freezes[freeze.route or ""] = freeze

    async def lift(
        self, route: RouteName | None, *, at: datetime, by: str, person: PersonalCode | None = None
    ) -> LiftedFreeze | None:
        freeze = self._freezes.pop(route or "", None)
        if freeze is None:
            return None
        self._lifted.append(LiftedFreeze(freeze=freeze, at=at, by=by, person=person))
        return self._lifted[-1]

    async def past(self) -> tuple[LiftedFreeze, ...]:
        return tuple(self._lifted)

    async def find(self, route: RouteName) -> Freeze | None:
        return select_freeze(self._freezes.values(), route)

    async def all(self, *, may_lag: bool = False) -> tuple[Freeze, ...]:
        return tuple(self._freezes[route] for route in sorted(self._freezes))


class MemoryLimits:
    def __init__(self, now: Callable[[], datetime] = lambda: NOON) -> None:
        self.learned = LearnedLimits()
        self._now = now

    async def known(self) -> LearnedLimits:
        self.learned = self.learned.at(self._now())
        return self.learned

    async def learn(self, limit: LearnedLimit) -> None:
        self.learned = self.learned.with_limit(limit)

    async def forget(self) -> LearnedLimits:
        forgotten, self.learned = self.learned, LearnedLimits()
        return forgotten


class MemoryStandstills:
    def __init__(self) -> None:
        self._standing: dict[str, Standstill] = {}

    async def record(self, standstill: Standstill) -> Standstill:
        counted = standstill.after(self._standing.get(standstill.subject))
        self._standing[standstill.subject] = counted
        return counted

    async def clear(self, subject: str) -> None:
        self._standing.pop(subject, None)

    async def keep(self, subjects: Collection[str]) -> None:
        self._standing = {subject: each for subject, each in self._standing.items() if subject in subjects}

    async def all(self) -> tuple[Standstill, ...]:
        return tuple(self._standing[subject] for subject in sorted(self._standing))


class MemoryLeases:
    def __init__(self) -> None:
        self.held: set[BatchId] = set()

    @asynccontextmanager
    async def hold(self, batch: BatchId) -> AsyncIterator[bool]:
        if batch in self.held:
            yield False
            return
        self.held.add(batch)
        try:
            yield True
        finally:
            self.held.remove(batch)


class MemoryVerifier:
    """Judges what `MemoryVendor` signs and seals, as it was downloaded."""

    def __init__(self, downloaded: Mapping[DocumentId, MemorySealedFile]) -> None:
        self._downloaded = downloaded

    async def verify_values(
        self, seal: Seal, signed: Sequence[tuple[Digest, SignatureValue]]
    ) -> tuple[SignatureValue, ...]:
        if any(value != value_for(digest) for digest, value in signed):
            raise Permanent("a value does not fit its digest")
        return tuple(value for _, value in signed)

    async def verify_sealed(self, document: Document, expectation: Expectation) -> Proof:
        if document.id not in self._downloaded:
            raise FileNotFoundError(document.id)
        file = self._downloaded[document.id]
        if (file.digest, file.value) != (expectation.digest, expectation.value):
            raise Rejected(Reason.NOT_VERIFIED, "not what was approved")
        return Proof(
            sha256=Digest.sha256(b"sealed"),
            size=document.size + 1,
            level=SealLevel.LTA if file.is_archived else SealLevel.LT,
            sealed_at=NOON,
        )
