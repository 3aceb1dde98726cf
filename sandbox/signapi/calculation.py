"""Calculating digests to be signed (`api-sign/…/CalculateDigest`): one for the files of each session."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.asice import NotAContainer, UnfitDocument
from sandbox.counting import require_few
from sandbox.eidas.authorization import SUMMARY_ALGORITHM, summary_of
from sandbox.encoding import encode_base64
from sandbox.pades import NotSealable
from sandbox.pki import Authority
from sandbox.refusals import SignApiRefusal
from sandbox.signapi.certificates import require_not_revoked, require_signing_certificate
from sandbox.signapi.containers import extend, is_container, wrap
from sandbox.signapi.files import StoredFile
from sandbox.signapi.records import Pending, SignatureForm
from sandbox.signapi.replies import data_response, read_body, require_grant
from sandbox.signapi.sealing import Hand, prepare_pdf
from sandbox.signapi.sessions import Session
from sandbox.variants.signapi import EarlyClients, PdfWithEdoc, SignatureAlgorithm
from sandbox.vendor import Vendor, vendor_of
from sandbox.weather.faults import act_of

CODE = "signing:calculateDigest"
PreparationWork = Callable[[Path, x509.Certificate, Authority, datetime], Pending]
"""Slow work that leaves what it prepares at the path."""

ALGORITHM_NAMES: dict[SignatureAlgorithm, Callable[[str, int], str | None]] = {
    SignatureAlgorithm.PLATFORM: lambda key, bits: "ecdsa" if key == "ecdsa" else f"rsa-sha{bits}",
    SignatureAlgorithm.UPPER: lambda key, bits: "ECDSA" if key == "ecdsa" else f"RSA-SHA{bits}",
    SignatureAlgorithm.JAVA: lambda key, bits: f"SHA{bits}with{key.upper()}",
    SignatureAlgorithm.ABSENT: lambda *_: None,
}
"""What the key shall sign the digests with, by the kind of key and the bits of a digest; None for no words."""


async def calculate_digest(request: web.Request) -> web.Response:
    """Prepare one document per session, or none at all, and answer the digests with their shared summary."""
    grant = require_grant(request)
    vendor = vendor_of(request)
    body = await read_body(request)
    certificate = require_signing_certificate(body.get("certificate"), vendor.authority, vendor.now())
    if not vendor.settings.accept_revoked:
        require_not_revoked(certificate, vendor.authority)
    anew = bool(body.get("createNewEdoc"))
    form = SignatureForm.PADES if body.get("signAsPdf") else SignatureForm.ASIC_E
    if form is SignatureForm.PADES and anew and vendor.variants.pdf_with_edoc is PdfWithEdoc.REFUSED:
        raise SignApiRefusal(400, CODE, "signAsPdf and createNewEdoc exclude each other.")
    ids = session_ids(body.get("sessions"), vendor.settings.batch_limit, CODE)
    require_few(len(ids), vendor.variants.calculate_limit, vendor.variants.too_many, request.path, CODE)
    sessions = [vendor.sessions.find(session_id, grant.client_id, vendor.now()) for session_id in ids]
    # A new call voids the digests before it, also when it then fails: two must never be open at once.
    for session in sessions:
        session.void()
    hand = Hand(vendor.variants.pdf_writer, act_of(request), vendor.variants.container_writer)
    works = [partial(_prepare, vendor, one, preparation(one, form, hand, anew=anew), certificate) for one in sessions]
    prepared = await vendor.run_all_in_threads(works)
    for session, pending in zip(sessions, prepared, strict=True):
        session.hand_out(pending)
    answer = _answer(vendor, ids, prepared)
    # The parser of a client of 2020 breaks on a field that came later.
    if grant.is_early and vendor.variants.early_clients is EarlyClients.AS_EVER:
        return data_response(answer)
    key = "rsa" if isinstance(certificate.public_key(), rsa.RSAPublicKey) else "ecdsa"
    name = ALGORITHM_NAMES[vendor.variants.signature_algorithm](key, 8 * len(prepared[0].digest))
    return data_response(answer | ({"signature_algorithm": name} if name else {}))


def session_ids(entries: object, limit: int, code: str) -> list[str]:
    """Return the `sessionId` of each entry; raises `SignApiRefusal` 400 for none, too many, or the same twice."""
    if not isinstance(entries, list) or not 1 <= len(entries) <= limit:
        raise SignApiRefusal(400, code, f"1 to {limit} sessions are needed.")
    named = [entry.get("sessionId") for entry in entries if isinstance(entry, dict)]
    ids = [session_id for session_id in named if isinstance(session_id, str)]
    if len(set(ids)) != len(entries):
        raise SignApiRefusal(400, code, "Each session needs its sessionId, and may stand here once.")
    return ids


def preparation(session: Session, form: SignatureForm, hand: Hand, *, anew: bool) -> PreparationWork:
    """Return the work for the session's files; raises `SignApiRefusal` 400 where they do not fit the form.

    `anew` is `createNewEdoc`: a container is wrapped like any other file instead of getting one more signature.
    """
    if session.final_file:
        raise SignApiRefusal(400, CODE, f"Session {session.id} holds a sealed file already.")
    files = session.files
    match form, files:
        case SignatureForm.PADES, (StoredFile() as pdf,) if pdf.name.lower().endswith(".pdf"):
            return partial(prepare_pdf, pdf, hand=hand)
        case SignatureForm.PADES, _:
            raise SignApiRefusal(400, CODE, f"Session {session.id} must hold exactly one file, and that a PDF.")
        case _, ():
            raise SignApiRefusal(400, CODE, f"Session {session.id} holds no file.")
    if anew or not any(map(is_container, files)):
        return partial(wrap, files, hand=hand)
    match files:
        case (StoredFile() as container,):
            return partial(extend, container, hand=hand)
    why = f"Session {session.id} holds a container among other files, so createNewEdoc must be true."
    raise SignApiRefusal(400, CODE, why)


def _prepare(vendor: Vendor, session: Session, work: PreparationWork, certificate: x509.Certificate) -> Pending:
    """Do the slow work of one session; raises `SignApiRefusal` 400 for files that cannot be sealed."""
    _, target = session.new_file()
    try:
        with session.unless_closed():
            return work(target, certificate, vendor.authority, vendor.now())
    except (NotSealable, NotAContainer, UnfitDocument) as cause:
        raise SignApiRefusal(400, CODE, f"Session {session.id}: {cause}") from cause


def _answer(vendor: Vendor, ids: Sequence[str], prepared: Sequence[Pending]) -> dict[str, Any]:
    """Return the digests by session with their summary, which the journal remembers for the consent to come."""
    digests = [pending.digest for pending in prepared]
    summary = encode_base64(summary_of(digests))
    vendor.journal.batch(summary, len(digests))
    vendor.grants.digests.keep(summary, tuple(digests), vendor.now())
    return {
        "sessionDigests": [
            {"sessionId": session_id, "digest": encode_base64(digest)}
            for session_id, digest in zip(ids, digests, strict=True)
        ],
        "digests_summary": summary,
        "algorithm": SUMMARY_ALGORITHM,
    }
