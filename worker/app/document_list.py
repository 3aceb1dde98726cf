"""Lists of documents for programs: the index of batches, and everything that no batch holds, as one list by id.

Ids sort by the time at which documents came, so a list goes on behind an id whatever came or moved meanwhile.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from jobs.model.duplicates import Duplicate
from jobs.model.errors import BrokenLedger, NewerFormat, UnknownBatch
from jobs.model.history import History
from jobs.model.names import BatchId, DocumentId, batch_route
from worker.api.ports import DocumentQuery
from worker.api.views import DocumentPage, DocumentState, DocumentView
from worker.app.document_views import OF_BATCH, view_claim, view_document, view_duplicate, view_entry, view_indexed
from worker.app.on_disk import OnDisk
from worker.inbox.claim import Claim, find_claim
from worker.storage.index.entries import Ending, IndexedDocument
from worker.storage.threads import in_thread

_ROUNDS = 10
"""Looks into the index for one page: one that is not full by then goes on by its cursor."""
_NONE, _AFTER_ALL = DocumentId(""), DocumentId("9")
"""Before and behind every id there can be."""

Views = dict[DocumentId, Callable[[], DocumentView]]


@dataclass(frozen=True)
class DocumentList:
    """Lists what `disk` holds."""

    disk: OnDisk

    async def page(self, query: DocumentQuery) -> DocumentPage:
        """One page, the newest first. Raises IndexUnusable and TooMuchWork."""
        before = query.before or _AFTER_ALL
        page = _Page(query)
        for _ in range(_ROUNDS):
            rows = await self.disk.index.list_documents(query.routes, before, query.limit + 1)
            skipped = await self.disk.duplicates.list_skipped(before, query.limit + 1)
            # Below the last one of either there may be more that were not looked at yet.
            floor = max(
                rows[-1].id if len(rows) > query.limit else _NONE,
                skipped[-1].document.id if len(skipped) > query.limit else _NONE,
            )
            apart = await self._outside_of_batches(query, skipped)
            indexed = {row.id: row for row in rows}
            for document, view_fresh in (await self._in_open_batches(page)).items():
                if document not in indexed:
                    apart.setdefault(document, view_fresh)
            for document in sorted({*indexed, *(one for one in apart if floor <= one < before)}, reverse=True):
                view = apart[document]() if document in apart else await self._view_indexed(indexed[document], page)
                if page.is_full_with(view):
                    return page.cut()
            if floor == _NONE:
                return page.whole()
            before = floor
        return page.cut()

    async def _outside_of_batches(self, query: DocumentQuery, skipped: Sequence[Duplicate]) -> Views:
        """What no batch holds now, or what lies in quarantine, whatever the index knows of it."""
        found: Views = {}
        for claim in await self._find_claims():
            found[claim.id] = lambda claim=claim: view_claim(claim)  # type: ignore[misc]
        for route in sorted(query.routes):
            for one in await self.disk.shelf.waiting_list(route):
                found[one.id] = lambda one=one: view_document(one, DocumentState.WAITING)  # type: ignore[misc]
        for one in await self.disk.duplicates.list_parked():
            found[one.id] = lambda one=one: view_document(one, DocumentState.DUPLICATE)  # type: ignore[misc]
        for duplicate in skipped:
            found[duplicate.document.id] = lambda duplicate=duplicate: view_duplicate(duplicate)  # type: ignore[misc]
        for entry in (*await self.disk.quarantine.entries(), *await self.disk.quarantine.dismissed_entries()):
            found[entry.explanation.document] = lambda entry=entry: view_entry(entry)  # type: ignore[misc]
        return {one: view for one, view in found.items() if view().route in query.routes}

    @in_thread
    def _find_claims(self) -> Sequence[Claim]:
        shelf = self.disk.shelf
        return [claim for one in shelf.claimed() if (claim := find_claim(shelf.claim_lines(one), one))]

    async def _in_open_batches(self, page: "_Page") -> Views:
        """What is in a batch that is not over: the index may lag behind, and nothing leaves the list meanwhile."""
        found: Views = {}
        for batch in await self.disk.ledger.open_batches():
            history = await self._read(batch, page) if batch_route(batch) in page.query.routes else None
            if history is not None:
                state = OF_BATCH.get(history.state, DocumentState.SEALING)
                for one in history.documents.values():
                    found[one.id] = partial(view_document, one, state, history)
        return found

    async def _view_indexed(self, row: IndexedDocument, page: "_Page") -> DocumentView:
        history, resent = None, None
        if row.ending is not Ending.SEALED:
            history = await self._read(row.batch, page)
            resent, _ = await self.disk.quarantine.find_resent(row.id)
        return view_indexed(row, None if resent else history, resent)

    async def _read(self, batch: BatchId, page: "_Page") -> History | None:
        if batch not in page.histories:
            try:
                page.histories[batch] = await self.disk.ledger.read(batch)
            except (UnknownBatch, BrokenLedger, NewerFormat):
                page.histories[batch] = None
        return page.histories[batch]


@dataclass
class _Page:
    """A page that is being filled, with the batches that were read for it."""

    query: DocumentQuery
    views: list[DocumentView] = field(default_factory=list)
    histories: dict[BatchId, History | None] = field(default_factory=dict)
    last: str = ""
    is_over: bool = False

    def is_full_with(self, view: DocumentView) -> bool:
        """Look at the next one; says whether no more are wanted."""
        if self.query.since and view.received_at and view.received_at < self.query.since:
            self.is_over = True
            return True
        if len(self.views) >= self.query.limit:
            return True
        self.last = view.id
        if not self.query.states or view.state in self.query.states:
            self.views.append(view)
        return False

    def cut(self) -> DocumentPage:
        """As far as it goes; there may be more."""
        is_end = self.is_over or not self.last
        return DocumentPage(documents=tuple(self.views), next=None if is_end else self.last)

    def whole(self) -> DocumentPage:
        """To the end."""
        return DocumentPage(documents=tuple(self.views))
