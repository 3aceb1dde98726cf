"""An outbox in memory: deliveries by document, and their names."""

from itertools import count
from pathlib import PurePosixPath

from jobs.model import Document, Proof
from jobs.names import BatchId, DocumentId, RouteName
from jobs.records import Delivery


class MemoryOutbox:
    def __init__(self) -> None:
        self.deliveries: dict[DocumentId, Delivery] = {}
        self.taken: set[tuple[RouteName, str]] = set()

    async def deliver(self, batch: BatchId, document: Document, proof: Proof) -> Delivery:
        if document.id not in self.deliveries:
            name = self._free_name(document)
            self.taken.add((document.route, name))
            self.deliveries[document.id] = Delivery(
                document=document.id, name=name, sha256=proof.sha256, size=proof.size, level=proof.level
            )
        return self.deliveries[document.id]

    def _free_name(self, document: Document) -> str:
        path = PurePosixPath(document.name)
        numbered = (str(path.with_name(f"{path.stem} ({number}){path.suffix}")) for number in count(2))
        candidates = (document.name, *(next(numbered) for _ in self.taken))
        return next(name for name in candidates if (document.route, name) not in self.taken)
