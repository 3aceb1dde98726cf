"""Taking hashes in place of documents, which then never leave the client (`addDocumentDigest`)."""

from typing import Any

from aiohttp import web

from sandbox.asice import UnfitDocument
from sandbox.asice.documents import check_distinct, check_name
from sandbox.encoding import decode_base64
from sandbox.refusals import SignApiRefusal
from sandbox.signapi.files import StoredHash
from sandbox.signapi.replies import data_response, describe_file, read_body, require_session
from sandbox.signapi.sessions import Session
from sandbox.variants.signapi import DigestAlgorithm
from sandbox.vendor import vendor_of

CODE = "storage:addDocumentDigest"
ALGORITHM = "SHA256"


async def add_document_digest(request: web.Request) -> web.Response:
    """Keep each file's name and hash; the digest handed out before, if any, is void.

    One file is answered with its description, several with a list of theirs.
    """
    session = require_session(request)
    body = await read_body(request)
    if session.final_file:
        raise SignApiRefusal(400, "storage:sealed", "The session holds a sealed file and takes no more.")
    # The number of the signature file to be: a string by the documents, a number by some clients.
    stated = body.get("signatureIndex", "0")
    index = str(stated) if isinstance(stated, str | int) and not isinstance(stated, bool) else ""
    if not (index.isascii() and index.isdecimal()):
        raise SignApiRefusal(400, CODE, "signatureIndex must be a number from 0.")
    files = body.get("files")
    if not isinstance(files, list) or not files or not all(isinstance(entry, dict) for entry in files):
        raise SignApiRefusal(400, CODE, "files must be a list of objects with name, digest and digest_algorithm.")
    usual = ALGORITHM if vendor_of(request).variants.digest_algorithm is DigestAlgorithm.OPTIONAL else None
    hashes = [_read_hash(session, {"digest_algorithm": usual} | entry, int(index)) for entry in files]
    try:
        check_distinct([one.name for one in (*session.files, *hashes)])
    except UnfitDocument as cause:
        raise SignApiRefusal(400, CODE, str(cause)) from cause
    session.add(*hashes)
    descriptions = [describe_file(one, vendor_of(request).variants.sizes) for one in hashes]
    return data_response(descriptions if len(descriptions) > 1 else descriptions[0])


def _read_hash(session: Session, entry: dict[str, Any], index: int) -> StoredHash:
    name, algorithm = entry.get("name"), entry.get("digest_algorithm")
    if not isinstance(name, str):
        raise SignApiRefusal(400, CODE, "Each file needs its name.")
    if algorithm != ALGORITHM:
        raise SignApiRefusal(400, CODE, f"digest_algorithm must be {ALGORITHM}, not {algorithm}.")
    document_id, _ = session.new_file()
    try:
        check_name(name)
        return StoredHash(document_id, name, decode_base64(entry.get("digest")), index)
    except ValueError as cause:
        raise SignApiRefusal(400, CODE, f"{name}: {cause}") from cause
