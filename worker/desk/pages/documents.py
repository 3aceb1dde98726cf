"""The documents of a batch themselves: opened where they are PDFs, saved where they are anything else, and pictured.

What strangers wrote gets no origin of ours, no script and no frame; only a PDF is shown as what it is.
"""

import asyncio

from aiohttp import web

from jobs.model.documents import DataFile, Document
from jobs.model.names import BatchId, DocumentId
from worker.desk.errors import no_longer_kept
from worker.desk.permissions import require_batch
from worker.desk.ports import DESK
from worker.desk.rendering import redirect
from worker.desk.security import SANDBOXED
from worker.desk.sending import open_original, send
from worker.preview import PICTURE_TYPE, file_to_picture

NO_PICTURE = "/static/no-picture.svg"
PICTURE_SECONDS = 5.0
"""In which a picture is there, or the page does without: a browser has few connections, and needs them to approve."""


async def document(request: web.Request) -> web.StreamResponse:
    """Show or hand out a document that is one file. Raises Refused where it is kept no more."""
    batch, found = await _require_document(request)
    if found.data_files:
        raise web.HTTPNotFound
    return await _send(request, batch, found, found.files[0])


async def data_file(request: web.Request) -> web.StreamResponse:
    """Show or hand out one file of a folder, by its place from 0. Raises Refused where it is kept no more."""
    batch, found = await _require_document(request)
    number = request.match_info["number"]
    if not number.isdecimal() or len(number) > len(str(len(found.data_files))) or int(number) >= len(found.data_files):
        raise web.HTTPNotFound
    return await _send(request, batch, found, found.data_files[int(number)])


async def picture(request: web.Request) -> web.StreamResponse:
    """The first page, small; another picture in its place where there is none, or none yet."""
    batch, found = await _require_document(request)
    file = file_to_picture(found)
    if file is None:
        return redirect(NO_PICTURE)
    # It goes on being drawn when the time is over: whoever looks again finds it.
    drawing = asyncio.ensure_future(request.app[DESK].previews.picture(batch, found, file))
    await asyncio.wait({drawing}, timeout=PICTURE_SECONDS)
    drawn = drawing.result() if drawing.done() else None
    if drawn is None:
        return redirect(NO_PICTURE)
    request[SANDBOXED] = True
    return web.Response(body=drawn, content_type=PICTURE_TYPE)


async def _require_document(request: web.Request) -> tuple[BatchId, Document]:
    """The document in the address. Raises as `require_batch` does, and HTTPNotFound for one of another batch."""
    history = (await require_batch(request)).history
    found = history.documents.get(DocumentId(request.match_info["document"]))
    if found is None:
        raise web.HTTPNotFound
    return history.batch, found


async def _send(request: web.Request, batch: BatchId, found: Document, file: DataFile) -> web.StreamResponse:
    path = await request.app[DESK].originals.find(batch, found, file)
    if path is None:
        raise no_longer_kept(found.name)
    try:
        sending = await asyncio.to_thread(open_original, path, file.name, is_shown=True)
    except FileNotFoundError:
        # It was retired a moment ago.
        raise no_longer_kept(found.name) from None
    return await send(request, sending)
