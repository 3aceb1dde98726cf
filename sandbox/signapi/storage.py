"""Uploading, listing, downloading and deleting the files of a session (`api-storage`)."""

from dataclasses import replace
from pathlib import Path, PurePosixPath

from aiohttp import BodyPartReader, web

from sandbox.refusals import SignApiRefusal
from sandbox.signapi.containers import is_container, list_included, rename_to_asice
from sandbox.signapi.files import Stored, StoredFile
from sandbox.signapi.replies import FileReply, data_response, describe_file, require_session
from sandbox.signapi.sessions import Session
from sandbox.variants.signapi import ListReply, UploadReply
from sandbox.vendor import vendor_of

CHUNK = 256 * 1024  # bytes


async def upload_file(request: web.Request) -> web.Response:
    """Store the part named `file`, streamed to disk; the digest handed out before, if any, is void."""
    session = require_session(request)
    if request.content_type != "multipart/form-data":
        raise SignApiRefusal(415, "unsupportedMediaType", "Content-Type must be multipart/form-data.")
    if session.final_file:
        raise SignApiRefusal(400, "storage:sealed", "The session holds a sealed file and takes no more.")
    try:
        parts = await request.multipart()
        while (part := await parts.next()) is not None:
            if isinstance(part, BodyPartReader) and part.name == "file" and part.filename:
                break
        else:
            raise SignApiRefusal(400, "storage:upload", 'A part named "file" with a filename is needed.')
        stored = await _store(part, session, vendor_of(request).settings.file_max_length)
        if is_container(stored):
            stored = replace(stored, included=await vendor_of(request).run_in_thread(list_included, stored.path))
    except ValueError as cause:
        # aiohttp's word for a body that is no multipart, or that ends in the middle.
        raise SignApiRefusal(400, "storage:upload", "The multipart body cannot be read.") from cause
    session.add(stored)
    variants = vendor_of(request).variants
    description = describe_file(stored, variants.sizes)
    as_array = variants.upload_reply is UploadReply.ARRAY
    return data_response([description] if as_array else description, int(variants.upload_status))


async def _store(part: BodyPartReader, session: Session, limit: int) -> StoredFile:
    document_id, path = session.new_file()
    try:
        size = await _write(part, path, limit)
    except BaseException:
        # Also when the client hangs up in the middle: half a file belongs to nobody.
        path.unlink(missing_ok=True)
        raise
    # RFC 7578 §4.2: folders in the name, in the way of Windows too, are those of the client, and not to be used.
    name = PurePosixPath((part.filename or "").replace("\\", "/")).name
    return StoredFile(document_id, name, size, path)


async def _write(part: BodyPartReader, path: Path, limit: int) -> int:
    """Write the part to the path and return its size; raises `SignApiRefusal` 413 beyond `limit` bytes."""
    size = 0
    with path.open("wb") as target:
        while chunk := await part.read_chunk(CHUNK):
            size += len(chunk)
            if size > limit:
                raise SignApiRefusal(413, "storage:fileMaxLength", f"A file may have {limit} bytes at most.")
            target.write(chunk)
    return size


async def list_files(request: web.Request) -> web.Response:
    """Answer the session's files; after sealing the sealed file alone."""
    variants = vendor_of(request).variants
    files = [describe_file(file, variants.sizes) for file in require_session(request).files]
    as_object = variants.list_reply is ListReply.OBJECT and len(files) == 1
    return data_response(files[0] if as_object else files)


async def download_file(request: web.Request) -> web.StreamResponse:
    """Answer the bytes of one file, with `?type=asice` under another name; of a bare hash there are none."""
    stored = _require_file(request)
    if not isinstance(stored, StoredFile):
        raise SignApiRefusal(404, "document:notFound", f"Of document {stored.id} only the hash is here.")
    return FileReply(rename_to_asice(stored) if request.query.get("type") == "asice" else stored)


async def delete_file(request: web.Request) -> web.Response:
    """Delete one uploaded file or hash; the digest handed out before, if any, is void."""
    session, stored = require_session(request), _require_file(request)
    if session.final_file:
        raise SignApiRefusal(400, "storage:sealed", "A sealed file goes away when its session is closed.")
    session.remove(stored)
    if isinstance(stored, StoredFile):
        stored.path.unlink(missing_ok=True)
    return data_response(f"File {stored.id} deleted")


def _require_file(request: web.Request) -> Stored:
    document_id = request.match_info["document_id"]
    stored = require_session(request).find(document_id)
    if stored is None:
        raise SignApiRefusal(404, "document:notFound", f"Document {document_id} is not in this session.")
    return stored
