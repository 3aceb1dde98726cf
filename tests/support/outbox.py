"""An outbox in memory: deliveries by document, and their names."""

from collections.abc import Sequence
from itertools import count
from pathlib import PurePosixPath

from jobs.model.documents import Document
from jobs.model.duplicates import EarlierDocument
from jobs.model.earlier import EarlierDelivery
from jobs.model.names import BatchId, DocumentId, RouteName
from jobs.model.records import Delivery
from jobs.model.seals import SealedBy, SealedCopy


class MemoryOutbox:
    def __init__(self) -> None:
        self.deliveries: dict[DocumentId, Delivery] = {}
        self.taken: set[tuple[RouteName, str]] = set()
        self.reports: dict[DocumentId, str | None] = {}
        self.documents: dict[DocumentId, Document] = {}
        self.sealed_by: dict[DocumentId, SealedBy | None] = {}
        self.earlier: dict[DocumentId, EarlierDelivery] = {}

    async def deliver(self, batch: BatchId, document: Document, sealed: SealedCopy) -> Delivery:
        if document.id not in self.deliveries:
            name, proof = self._free_name(document.route, sealed.name), sealed.proof
            self.taken.add((document.route, name))
            self.reports[document.id] = sealed.report
            self.documents[document.id] = document
            self.sealed_by[document.id] = sealed.sealed_by
            self.deliveries[document.id] = Delivery(
                document=document.id, name=name, sha256=proof.sha256, size=proof.size, level=proof.level_name
            )
            self.earlier[document.id] = EarlierDelivery(
                delivery=self.deliveries[document.id],
                batch=batch,
                original=document.sha256,
                sealed_at=proof.sealed_at,
                is_proven=True,
            )
        return self.deliveries[document.id]

    async def find_earlier(self, documents: Sequence[Document]) -> tuple[EarlierDelivery, ...]:
        return tuple(self.earlier[document.id] for document in documents if document.id in self.earlier)

    async def find_sealed(self, document: Document) -> EarlierDocument | None:
        for earlier, delivery in reversed([(self.documents[one], each) for one, each in self.earlier.items()]):
            same = (earlier.route, earlier.sha256, earlier.size) == (document.route, document.sha256, document.size)
            if same and earlier.id != document.id:
                return EarlierDocument(
                    document=earlier.id,
                    name=earlier.name,
                    received_at=earlier.received_at,
                    batch=delivery.batch,
                    sealed_as=delivery.delivery.name,
                    sealed_at=delivery.sealed_at,
                )
        return None

    def _free_name(self, route: RouteName, name: str) -> str:
        path = PurePosixPath(name)
        numbered = (str(path.with_name(f"{path.stem} ({number}){path.suffix}")) for number in count(2))
        candidates = (name, *(next(numbered) for _ in self.taken))
        return next(name for name in candidates if (route, name) not in self.taken)
