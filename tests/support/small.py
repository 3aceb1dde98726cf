"""The smaller ports, in memory."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from jobs.model.digest import Digest, SignatureValue
from jobs.model.documents import Document, SealLevel
from jobs.model.errors import NotEnrolled, Permanent, Rejected
from jobs.model.names import BatchId, DocumentId
from jobs.model.reasons import Reason
from jobs.model.seals import Expectation, Proof, Seal
from jobs.ports import Story
from tests.support.builders import NOON
from tests.support.vendor import value_for


class MemorySeals:
    def __init__(self, *seals: Seal) -> None:
        self.seals = {seal.label: seal for seal in seals}

    async def find(self, label: str) -> Seal:
        if label not in self.seals:
            raise NotEnrolled(label)
        return self.seals[label]


class MemoryDoorbell:
    def __init__(self) -> None:
        self.rings: list[tuple[Story, str]] = []

    async def ring(self, story: Story, subject: str) -> None:
        self.rings.append((story, subject))


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
    """Accepts what `MemoryVendor` signs and seals, and nothing else; it knows what was archived there."""

    def __init__(self, archived: set[DocumentId]) -> None:
        self.distrusted: set[DocumentId] = set()
        self._archived = archived

    async def verify_values(
        self, seal: Seal, signed: Sequence[tuple[Digest, SignatureValue]]
    ) -> tuple[SignatureValue, ...]:
        if any(value != value_for(digest) for digest, value in signed):
            raise Permanent("a value does not fit its digest")
        return tuple(value for _, value in signed)

    async def verify_sealed(self, document: Document, expectation: Expectation) -> Proof:
        if document.id in self.distrusted or expectation.value != value_for(expectation.digest):
            raise Rejected(Reason.NOT_VERIFIED, "not what was approved")
        return Proof(
            sha256=Digest.sha256(b"sealed"),
            size=document.size + 1,
            level="PAdES B-LT",
            reached=SealLevel.LTA if document.id in self._archived else SealLevel.LT,
            sealed_at=NOON,
        )
