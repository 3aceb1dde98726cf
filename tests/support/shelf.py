"""A shelf in memory: a waiting list and nothing else."""

from collections.abc import Sequence

from jobs.model.documents import Document
from jobs.model.names import DocumentId, RouteName


class MemoryShelf:
    def __init__(self, *documents: Document) -> None:
        self.listed: dict[DocumentId, Document] = {}
        self.admit(*documents)

    def admit(self, *documents: Document) -> None:
        self.listed.update({document.id: document for document in documents})

    async def waiting_list(self, route: RouteName) -> tuple[Document, ...]:
        waiting = (document for document in self.listed.values() if document.route == route)
        return tuple(sorted(waiting, key=lambda document: (document.received_at, document.id)))

    async def find_busy_routes(self) -> frozenset[RouteName]:
        return frozenset(document.route for document in self.listed.values())

    async def leave_waiting_list(self, documents: Sequence[Document]) -> None:
        for document in documents:
            self.listed.pop(document.id, None)
