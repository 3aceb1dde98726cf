"""The API, put together."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from functools import partial
from time import monotonic

from config.settings import Settings
from jobs.cancel import CancelTools, cancel_waiting
from jobs.model.documents import Document
from jobs.model.errors import IllegalTransition, UnknownDocument
from jobs.model.names import BatchId, DocumentId, RouteName
from jobs.model.records import Refusal
from jobs.model.text import Text
from jobs.ports import Story, Tools
from worker.api.ports import ApiContext, Documents
from worker.api.rate import RateLimit
from worker.api.views import BatchView, DocumentState, DocumentView, RouteView
from worker.app.document_files import DocumentFiles
from worker.app.document_list import DocumentList
from worker.app.document_views import OF_BATCH, view_claim, view_document, view_facts
from worker.app.on_disk import OnDisk
from worker.app.whereabouts import trace
from worker.clock import utc_now
from worker.inbox.claim import find_claim
from worker.inbox.handing_in import HandingIn
from worker.inbox.intake import Intake

TAKEN_BACK = Text("taken back over the API before it was in a batch")


def api_of(
    settings: Settings,
    disk: OnDisk,
    tools: Tools,
    *,
    handing_in: HandingIn,
    intake: Intake,
    limit: Callable[[], int | None],
) -> ApiContext:
    """Put it together; `limit` tells the largest file that the vendor takes. Within a running event loop."""
    files = DocumentFiles(disk, settings)
    listed = DocumentList(disk)

    async def retry(document: DocumentId) -> DocumentId:
        outcome = await intake.retry(document)
        if isinstance(outcome, Document):
            return outcome.id
        return outcome.document if isinstance(outcome, Refusal) else outcome.document.id

    async def cancel(document: DocumentId) -> bool:
        facts = await trace(document, disk, settings)
        route = tools.routes.get(facts.route) if facts.is_waiting and facts.route else None
        if route is None:
            return False
        try:
            history = await cancel_waiting(
                document, route, TAKEN_BACK, CancelTools(tools.ledger, tools.shelf, tools.now)
            )
        except (UnknownDocument, IllegalTransition):
            return False
        await tools.doorbell.ring(Story.DELIVER, history.batch)
        return True

    return ApiContext(
        settings=settings.api,
        keys=disk.keys,
        take_in=handing_in,
        documents=Documents(
            find=partial(find_view, disk=disk, settings=settings),
            list=listed.page,
            retry=retry,
            cancel=cancel,
            original=files.original,
            sealed=files.sealed,
            sidecar=files.sidecar,
            evidence=files.evidence,
        ),
        find_batch=partial(_find_batch, tools=tools),
        routes=partial(_routes, settings=settings, tools=tools, limit=limit),
        rate=RateLimit(settings.api.requests_per_minute, monotonic),
        now=utc_now,
    )


async def find_view(document: DocumentId, *, disk: OnDisk, settings: Settings) -> DocumentView:
    """How a document stands. Raises UnknownDocument and NewerFormat."""
    facts = await trace(document, disk, settings)
    view = view_facts(facts)
    if view.state is DocumentState.RECEIVED:
        claim = find_claim(await asyncio.to_thread(disk.shelf.claim_lines, document), document)
        if claim is not None:
            return view_claim(claim)
        # It was admitted while we looked, or its file has never come.
        view = view_facts(await trace(document, disk, settings))
        if view.state is DocumentState.RECEIVED:
            raise UnknownDocument(document)
    return view


async def _find_batch(batch: BatchId, *, tools: Tools) -> BatchView:
    history = await tools.ledger.read(batch)
    state = OF_BATCH.get(history.state, DocumentState.SEALING)
    return BatchView(
        id=batch,
        route=history.gathered.route,
        state=history.state,
        since=history.since,
        gathered_at=history.gathered.at,
        is_over=history.is_over,
        is_frozen=await tools.freezes.find(history.gathered.route) is not None,
        documents=tuple(view_document(one, state, history) for one in history.documents.values()),
    )


async def _routes(
    wanted: Collection[RouteName], *, settings: Settings, tools: Tools, limit: Callable[[], int | None]
) -> Mapping[RouteName, RouteView]:
    return {
        name: RouteView(
            name=name,
            format=route.format,
            content=route.content,
            level=route.level,
            duplicates=route.duplicates,
            metadata=route.metadata.value,
            largest_document=min(int(settings.inbox.max_bytes), limit() or int(settings.inbox.max_bytes)),
            waiting=len(await tools.shelf.waiting_list(name)),
            is_frozen=await tools.freezes.find(name) is not None,
        )
        for name, route in settings.routes.items()
        if name in wanted
    }
