"""Adding archive timestamps to signed files (`api-sign/…/addArchive`)."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from aiohttp import web

from sandbox import asice, pades
from sandbox.pki import Authority
from sandbox.refusals import SignApiRefusal
from sandbox.signapi.calculation import session_ids
from sandbox.signapi.certificates import authentication_certificate
from sandbox.signapi.containers import ASICE, EDOC
from sandbox.signapi.files import StoredFile
from sandbox.signapi.replies import body_of, client_of
from sandbox.signapi.results import answered_results, result
from sandbox.signapi.sessions import Session
from sandbox.variants.signapi import PdfWriter
from sandbox.vendor import Vendor, vendor_of
from sandbox.weather.faults import refused_here

CODE = "signing:addArchive"

Archiver = Callable[[Path, Path, Authority, datetime, PdfWriter], None]
"""Writes the signed file at the first path, with one more timestamp, to the second; raises one of `NOT_ARCHIVABLE`."""
NOT_ARCHIVABLE = (pades.NotArchivable, asice.NotArchivable, asice.NotAContainer)


async def add_archive(request: web.Request) -> web.Response:
    """Raise the signed file of each session to level B-LTA (§4.9); every call adds one more timestamp."""
    client_id = client_of(request)
    vendor = vendor_of(request)
    body = await body_of(request)
    ids = session_ids(body.get("sessions"), vendor.settings.batch_limit, CODE)
    whose = vendor.variants.auth_certificate
    authentication_certificate(body.get("authCertificate"), vendor.authority, vendor.now(), whose)
    refusals = [
        await _refusal(vendor, client_id, session_id, weather=refused_here(request, place))
        for place, session_id in enumerate(ids)
    ]
    return answered_results([result(*pair) for pair in zip(ids, refusals, strict=True)])


async def _refusal(vendor: Vendor, client_id: str, session_id: str, *, weather: bool) -> SignApiRefusal | None:
    """Archive the session's file, unless the weather is against it; return why not, and None where it is done."""
    if weather:
        return SignApiRefusal(400, CODE, "The weather refuses this session.")
    try:
        await _archive(vendor, vendor.sessions.find(session_id, client_id, vendor.now()))
    except SignApiRefusal as refusal:
        return refusal
    return None


async def _archive(vendor: Vendor, session: Session) -> None:
    file = session.begin_archiving()
    if file is None:
        raise SignApiRefusal(400, CODE, "The session must hold one signed file, and no other work may go on with it.")
    archived = None
    try:
        with session.unless_closed():
            archived = await _written(vendor, session, file)
    except NOT_ARCHIVABLE as cause:
        raise SignApiRefusal(400, CODE, f"The file cannot be archived: {cause}.") from cause
    finally:
        session.end_archiving(archived)
    file.path.unlink(missing_ok=True)


async def _written(vendor: Vendor, session: Session, file: StoredFile) -> StoredFile:
    """Write the archived file beside the one it follows; its id stays, for clients know it by that."""
    _, target = session.new_file()
    writer = vendor.variants.pdf_writer
    await vendor.at_bench(_archiver(file), file.path, target, vendor.authority, vendor.now(), writer)
    return file.replaced_by(target)


def _archiver(file: StoredFile) -> Archiver:
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
