"""Adding archive timestamps to signed files (`api-sign/…/addArchive`)."""

from datetime import datetime
from pathlib import Path

from aiohttp import web

from sandbox import asice, pades
from sandbox.counting import require_few
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

NOT_ARCHIVABLE = (pades.NotArchivable, asice.ContainerNotArchivable, asice.NotAContainer)


async def add_archive(request: web.Request) -> web.Response:
    """Raise the signed file of each session to level B-LTA (vendor §4.9); every call adds one more timestamp."""
    client_id = require_client(request)
    vendor = vendor_of(request)
    body = await read_body(request)
    ids = session_ids(body.get("sessions"), vendor.settings.batch_limit, CODE)
    require_few(len(ids), vendor.variants.finalize_limit, vendor.variants.too_many, request.path, CODE)
    whose = vendor.variants.auth_certificate
    require_authentication_certificate(body.get("authCertificate"), vendor.authority, vendor.now(), whose)
    refusals: list[SignApiRefusal | None] = []
    for place, session_id in enumerate(ids):
        if is_refused(request, place):
            refusals.append(SignApiRefusal(400, CODE, "The weather refuses this session."))
            continue
        try:
            await _archive(vendor, vendor.sessions.find(session_id, client_id, vendor.now()))
        except SignApiRefusal as refusal:
            refusals.append(refusal)
        else:
            refusals.append(None)
    return results_response([result(*pair) for pair in zip(ids, refusals, strict=True)])


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
            await vendor.run_in_thread(write_archived, file, target, authority, vendor.now(), writer)
            archived = file.with_path(target)
    except NOT_ARCHIVABLE as cause:
        raise SignApiRefusal(400, CODE, f"The file cannot be archived: {cause}.") from cause
    finally:
        session.end_archiving(archived)
    # Only now: after a crash before, the session's record still names the file it was made from.
    file.path.unlink(missing_ok=True)


def write_archived(file: StoredFile, target: Path, authority: Authority, now: datetime, writer: PdfWriter) -> None:
    """Write the signed file, with one more timestamp, to the target; raises one of `NOT_ARCHIVABLE`.

    Its name's extension tells what kind it is, as it does everywhere at SignAPI.
    """
    name = file.name.lower()
    if name.endswith(".pdf"):
        target.write_bytes(pades.archive(file.path.read_bytes(), authority, now, writer=writer))
    elif name.endswith((EDOC, ASICE)):
        asice.archive(asice.read_container(file.path), target, authority, now)
    else:
        raise pades.NotArchivable("it is neither a PDF nor a container")
