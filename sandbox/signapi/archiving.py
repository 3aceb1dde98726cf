"""Adding archive timestamps to signed files (`api-sign/…/addArchive`)."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from aiohttp import web

from sandbox import asice, pades
from sandbox.pki import Authority
from sandbox.refusals import SignApiRefusal
from sandbox.signapi.calculation import session_ids
from sandbox.signapi.certificates import require_authentication_certificate
from sandbox.signapi.containers import ASICE, EDOC
from sandbox.signapi.files import StoredFile
from sandbox.signapi.replies import read_body, require_client, result, results_response
from sandbox.signapi.sessions import Session
from sandbox.variants.signapi import PdfWriter
from sandbox.vendor import Vendor, vendor_of
from sandbox.weather.faults import is_refused

CODE = "signing:addArchive"

Archiver = Callable[[Path, Path, Authority, datetime, PdfWriter], None]
"""Writes the signed file at the first path, with one more timestamp, to the second; raises one of `NOT_ARCHIVABLE`."""
NOT_ARCHIVABLE = (pades.NotArchivable, asice.ContainerNotArchivable, asice.NotAContainer)


async def add_archive(request: web.Request) -> web.Response:
    """Raise the signed file of each session to level B-LTA (vendor §4.9); every call adds one more timestamp."""
    client_id = require_client(request)
    vendor = vendor_of(request)
    body = await read_body(request)
    ids = session_ids(body.get("sessions"), vendor.settings.batch_limit, CODE)
    whose = vendor.variants.auth_certificate
    require_authentication_certificate(body.get("authCertificate"), vendor.authority, vendor.now(), whose)
    refusals = [
        SignApiRefusal(400, CODE, "The weather refuses this session.")
        if is_refused(request, place)
        else await _try_archive(vendor, client_id, session_id)
        for place, session_id in enumerate(ids)
    ]
    return results_response([result(*pair) for pair in zip(ids, refusals, strict=True)])


async def _try_archive(vendor: Vendor, client_id: str, session_id: str) -> SignApiRefusal | None:
    """Archive the session's file; return why not, and None where it is done."""
    try:
        await _archive(vendor, vendor.sessions.find(session_id, client_id, vendor.now()))
    except SignApiRefusal as refusal:
        return refusal
    return None


async def _archive(vendor: Vendor, session: Session) -> None:
    """Write the archived file beside the one it follows; its id stays, for clients know it by that."""
    file = session.begin_archiving()
    if file is None:
        raise SignApiRefusal(400, CODE, "The session must hold one signed file, and no other work may go on with it.")
    archived = None
    try:
        with session.unless_closed():
            _, target = session.new_file()
            authority, writer = vendor.authority, vendor.variants.pdf_writer
            await vendor.run_in_thread(archiver_of(file), file.path, target, authority, vendor.now(), writer)
            archived = file.with_path(target)
    except NOT_ARCHIVABLE as cause:
        raise SignApiRefusal(400, CODE, f"The file cannot be archived: {cause}.") from cause
    finally:
        session.end_archiving(archived)
    # Only now: after a crash before, the session's record still names the file it was made from.
    file.path.unlink(missing_ok=True)


def archiver_of(file: StoredFile) -> Archiver:
    """Return what archives this kind of file, which its name's extension tells, as it does everywhere at SignAPI."""
    for extension, archiver in ARCHIVERS.items():
        if file.name.lower().endswith(extension):
            return archiver
    raise pades.NotArchivable("it is neither a PDF nor a container")


def _archive_pdf(source: Path, target: Path, authority: Authority, now: datetime, writer: PdfWriter) -> None:
    target.write_bytes(pades.archive(source.read_bytes(), authority, now, writer=writer))


def _archive_container(source: Path, target: Path, authority: Authority, now: datetime, _: PdfWriter) -> None:
    asice.archive(asice.read_container(source), target, authority, now)


ARCHIVERS: dict[str, Archiver] = {".pdf": _archive_pdf, EDOC: _archive_container, ASICE: _archive_container}
