"""One document: how it stands, what happened to it, and the files that there are of it."""

import asyncio
from http import HTTPStatus
from pathlib import Path

from aiohttp import web

from jobs.model.names import DocumentId
from jobs.model.reasons import ADVICE, Reason
from jobs.model.records import Delivery
from jobs.model.text import Text
from jobs.settle import deliveries_of
from worker.desk.document_facts import DocumentFacts
from worker.desk.document_history import STATUS, document_events
from worker.desk.errors import Refused
from worker.desk.permissions import require_batch
from worker.desk.permitted_documents import is_seen, require_document, require_files
from worker.desk.ports import DESK, DeskContext
from worker.desk.reader import Reader
from worker.desk.reason_titles import TITLES
from worker.desk.rendering import render_page
from worker.desk.sending import ANYTHING, PDF, ZIP, Sending, open_file, open_original, send, zip_pieces
from worker.preview import file_to_picture
from worker.storage.copying import hash_files
from worker.storage.explanation import LONGEST_WHY
from worker.storage.layout import Layout
from worker.storage.quarantine import UNARCHIVED
from worker.storage.sidecar import Sidecar, read_sidecar
from worker.storage.threads import in_thread
from worker.storage.tree import Location

SIDECAR = ".json"
TAKING_SECONDS = 300.0
"""In which somebody must have taken the evidence of a batch: others wait for it."""
_COLLECTING = asyncio.Semaphore(1)
"""One bundle of evidence is in memory at a time, of however many that are asked for."""


async def document(request: web.Request) -> web.Response:
    """Show the document. Raises UnknownDocument and Refused."""
    permitted, desk = await require_document(request), request.app[DESK]
    facts = permitted.facts
    is_kept, is_there, sealed = await _look(facts, desk)
    return render_page(
        request,
        "document.html",
        facts=facts,
        status=STATUS[facts.state],
        events=document_events(facts, Reader(permitted.person.code, await desk.people.names())),
        title=TITLES[facts.refusal.reason] if facts.refusal else None,
        advice=ADVICE[facts.refusal.reason] if facts.refusal else None,
        may_open=permitted.may_open,
        may_decide=permitted.may_decide,
        is_kept=is_kept,
        # A picture is drawn of a document that a batch holds.
        has_picture=is_kept and facts.history is not None and _is_pictured(facts),
        is_there=is_there,
        has_unarchived=unarchived_file(facts, desk.documents.layout) is not None,
        has_evidence=facts.history is not None
        and facts.document in {one.document for one in deliveries_of(facts.history)},
        sealed_before=sealed,
        # That it was is for everybody to know who decides; as what, for those who may see it.
        sees_sealed_before=sealed is not None and is_seen(request, sealed.route),
        longest=LONGEST_WHY,
        now=desk.tools.now(),
    )


async def _look(facts: DocumentFacts, desk: DeskContext) -> tuple[bool, bool, Sidecar | None]:
    """Whether its original is kept, whether its sealed file is there, and what was sealed of the same content."""
    is_kept = await _find_original(facts, desk) is not None
    await bring_sealed(facts, desk)
    is_there = await asyncio.to_thread(_is_there, facts, desk)
    sealed = {} if facts.entry is None else await desk.documents.find_sealed([facts.document])
    return is_kept, is_there, sealed.get(facts.document)


async def original(request: web.Request) -> web.StreamResponse:
    """Open the original, or keep it where `?download` says so. Raises Refused where it is kept no more."""
    permitted = await require_files(request)
    return await send_original(request, permitted.facts)


async def send_original(request: web.Request, facts: DocumentFacts) -> web.StreamResponse:
    """Send the original of a document that the person may open. Raises Refused where it is not kept."""
    path = await _find_original(facts, request.app[DESK])
    if path is None:
        raise not_kept()
    name = facts.name or facts.document
    try:
        sending = await asyncio.to_thread(open_original, path, name, is_shown="download" not in request.query)
    except FileNotFoundError:
        # It went its way a moment ago.
        raise not_kept() from None
    return await send(request, sending)


async def sealed_file(request: web.Request) -> web.StreamResponse:
    """The sealed file from the outbox, while it is there and is still what was delivered. Raises Refused."""
    permitted, desk = await require_files(request), request.app[DESK]
    delivery = permitted.facts.delivery
    await bring_sealed(permitted.facts, desk)
    sending = None if delivery is None else await _open_sealed(permitted.facts, delivery, desk.documents.outbox)
    if sending is None:
        raise not_there()
    return await send(request, sending)


async def sidecar(request: web.Request) -> web.StreamResponse:
    """What stands beside the sealed file in the outbox, while it tells of this document. Raises Refused."""
    permitted, desk = await require_files(request), request.app[DESK]
    path = _sealed_path(permitted.facts, desk.documents.outbox)
    await bring_sealed(permitted.facts, desk)
    beside = None if path is None else path.with_name(path.name + SIDECAR)
    sending = None if beside is None else await _open_sidecar(beside, permitted.facts.document, desk.documents.outbox)
    if sending is None:
        raise not_there()
    return await send(request, sending)


async def evidence(request: web.Request) -> web.StreamResponse:
    """The evidence of a batch as one ZIP, for somebody who has neither zimogs nor any reason to trust it.

    Raises NotSignedIn, UnknownBatch, BrokenLedger and Refused.
    """
    permitted, desk = await require_batch(request), request.app[DESK]
    name = f"{permitted.history.batch}-evidence"
    async with _COLLECTING:
        bundle = await desk.documents.collect_evidence(permitted.history)
        files = ((f"{name}/{path}", (content,)) for path, content in bundle.files.items())
        return await send(request, Sending(f"{name}.zip", ZIP, zip_pieces(files)), within=TAKING_SECONDS)


async def _find_original(facts: DocumentFacts, desk: DeskContext) -> Path | None:
    """The file, or the folder, as it was dropped: held against its hashes where only its name tells that it is it."""
    if facts.entry is not None:
        await desk.documents.reach.bring_refused(facts.document)
        return facts.entry.original
    original = desk.documents.layout.place(facts.document).original
    if await asyncio.to_thread(original.exists):
        return original
    if facts.received is None:
        return None
    paths = [await desk.originals.find(facts.batch, facts.received, file) for file in facts.received.files]
    found = [path for path in paths if path is not None]
    if len(found) != len(paths):
        return None
    return found[0].parent if facts.received.data_files else found[0]


async def bring_sealed(facts: DocumentFacts, desk: DeskContext) -> None:
    """Have the sealed file where it is looked for."""
    if facts.delivery is not None and facts.route is not None:
        await desk.documents.reach.bring_delivered(facts.route, facts.delivery.name)


def _is_pictured(facts: DocumentFacts) -> bool:
    return facts.received is not None and file_to_picture(facts.received) is not None


def unarchived_file(facts: DocumentFacts, layout: Layout) -> Path | None:
    """A sealed file that was not delivered and is valid all the same: it lacks the archive timestamp. Blocks."""
    if facts.entry is None or facts.entry.explanation.reason is not Reason.NOT_ARCHIVED:
        return None
    path = layout.quarantine_place(facts.document).evidence(UNARCHIVED)
    return path if path.exists() else None


def _sealed_path(facts: DocumentFacts, outbox: Path) -> Path | None:
    is_known = facts.delivery is not None and facts.route is not None
    return outbox / facts.route / facts.delivery.name if is_known and facts.route and facts.delivery else None


def _is_there(facts: DocumentFacts, desk: DeskContext) -> bool:
    """Whether the outbox still shows a file of that name and size; only who fetches it has it hashed."""
    path = _sealed_path(facts, desk.documents.outbox)
    try:
        return path is not None and facts.delivery is not None and path.lstat().st_size == facts.delivery.size
    except OSError:
        return False


@in_thread
def _open_sealed(facts: DocumentFacts, delivery: Delivery, outbox: Path) -> Sending | None:
    path = _sealed_path(facts, outbox)
    try:
        # Looked at first: a consumer may have put anything under this name since.
        if path is None or [file.sha256 for file in hash_files(path)] != [delivery.sha256]:
            return None
        return open_file(Location.of(path, outbox), PDF if path.suffix.lower() == ".pdf" else ANYTHING)
    except OSError:
        return None


@in_thread
def _open_sidecar(path: Path, document: DocumentId, outbox: Path) -> Sending | None:
    found = read_sidecar(path)
    try:
        is_ours = found is not None and found.document == document
        return open_file(Location.of(path, outbox), "application/json") if is_ours else None
    except OSError:
        return None


def not_kept() -> Refused:
    """The settings say that originals of delivered documents are not kept, or somebody took it away."""
    return Refused(
        HTTPStatus.NOT_FOUND,
        Text("The original is not kept here any more"),
        Text("Originals of delivered documents are deleted where the settings say so (inbox.keep_originals)."),
    )


def not_there() -> Refused:
    """Consumers take sealed files from the outbox, which is what it is for."""
    return Refused(
        HTTPStatus.NOT_FOUND,
        Text("This file is not in the outbox any more"),
        Text(
            "It was delivered, and somebody or some program has taken it from the outbox since, or has changed it. Ask "
            "whoever collects the sealed files."
        ),
    )
