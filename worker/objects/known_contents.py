"""What was gathered or sealed before anybody noted who is first with its content: found by this machine's index.

As long as there is no index, one list of the deliveries of that content tells of what was sealed.
"""

from jobs.model.documents import Document
from jobs.model.duplicates import EarlierDocument
from worker.objects.deliveries import Deliveries
from worker.objects.firsts import FirstDocuments
from worker.storage.index.batch_index import BatchIndex
from worker.storage.index.database import IndexUnusable, TooMuchWork
from worker.storage.index.entries import Ending, IndexedDocument
from worker.storage.threads import in_thread


class KnownContents:
    """Looks for contents. Raises OSError."""

    def __init__(self, index: BatchIndex, deliveries: Deliveries, firsts: FirstDocuments) -> None:
        self._index = index
        self._deliveries = deliveries
        self._firsts = firsts

    async def find(self, document: Document) -> EarlierDocument | None:
        """The newest other document of the same content and route that is on its way to a seal, or has one."""
        content = document.sha256.hex
        try:
            found = await self._index.find_content([content])
        except (IndexUnusable, TooMuchWork):
            return await self._find_delivered(document)
        return await self._choose(document, found[content]) if found else None

    @in_thread
    def _find_delivered(self, document: Document) -> EarlierDocument | None:
        same = self._deliveries.of_content(document)
        return same[-1].earlier if same else None

    @in_thread
    def _choose(self, document: Document, found: tuple[IndexedDocument, ...]) -> EarlierDocument | None:
        others = (each for each in found if each.id != document.id)
        same = (each for each in others if (each.route, each.size) == (document.route, document.size))
        return next((_describe(each) for each in same if self._counts(each)), None)

    def _counts(self, found: IndexedDocument) -> bool:
        # The index may lag behind: what is under way there may have been put aside a moment ago.
        is_under_way = found.ending is Ending.UNDER_WAY
        return found.ending is Ending.SEALED or (is_under_way and self._firsts.counts(found.id, found.route))


def _describe(found: IndexedDocument) -> EarlierDocument:
    is_sealed = found.ending is Ending.SEALED
    return EarlierDocument(
        document=found.id,
        name=found.name,
        received_at=found.received_at,
        batch=found.batch,
        sealed_as=found.path if is_sealed else None,
        sealed_at=found.ended_at if is_sealed else None,
    )
