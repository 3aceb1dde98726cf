"""Calculating digests to be signed (`api-sign/…/CalculateDigest`)."""

from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import web
from cryptography import x509

from sandbox.asice import NotAContainer, UnfitDocument
from sandbox.eidas.digests import SUMMARY_ALGORITHM, summary_of
from sandbox.encoding import encoded
from sandbox.pades import NotSealable
from sandbox.refusals import SignApiRefusal
from sandbox.signapi.algorithms import signature_algorithm
from sandbox.signapi.certificates import not_revoked, signing_certificate
from sandbox.signapi.preparation import CODE, Preparation, preparation
from sandbox.signapi.records import Pending, SignatureForm
from sandbox.signapi.replies import answered, body_of, client_of
from sandbox.signapi.sealing import Hand
from sandbox.signapi.sessions import Session
from sandbox.variants.signapi import PdfWithEdoc
from sandbox.vendor import Vendor, vendor_of
from sandbox.weather.faults import act_of


async def calculate_digest(request: web.Request) -> web.Response:
    """Prepare one document per session, or none at all, and answer the digests with their shared summary."""
    client_id = client_of(request)
    vendor = vendor_of(request)
    body = await body_of(request)
    certificate = signing_certificate(body.get("certificate"), vendor.authority, vendor.now())
    if not vendor.settings.accept_revoked:
        not_revoked(certificate, vendor.authority)
    form = _form(body, vendor.variants.pdf_with_edoc)
    sessions = _sessions(vendor, client_id, body.get("sessions"))
    for session in sessions:
        session.void()
    anew = bool(body.get("createNewEdoc"))
    hand = Hand(vendor.variants.pdf_writer, act_of(request))
    works = [
        _preparing(vendor, session, preparation(session, form, hand, anew=anew), certificate) for session in sessions
    ]
    prepared = await vendor.all_at_bench(works)
    for session, pending in zip(sessions, prepared, strict=True):
        session.hand_out(pending)
    answer = _digests(sessions, prepared)
    vendor.journal.batch(answer["digests_summary"], len(prepared))
    named = signature_algorithm(certificate, prepared[0].digest, vendor.variants.signature_algorithm)
    return answered(answer | named)


def _form(body: dict[str, Any], both: PdfWithEdoc) -> SignatureForm:
    if not body.get("signAsPdf"):
        return SignatureForm.ASIC_E
    if body.get("createNewEdoc") and both is PdfWithEdoc.REFUSED:
        raise SignApiRefusal(400, CODE, "signAsPdf and createNewEdoc exclude each other.")
    return SignatureForm.PADES


def _sessions(vendor: Vendor, client_id: str, entries: object) -> list[Session]:
    """Return the sessions asked for, in this order; raises `SignApiRefusal` unless each is there, and there once."""
    ids = session_ids(entries, vendor.settings.batch_limit, CODE)
    return [vendor.sessions.find(session_id, client_id, vendor.now()) for session_id in ids]


def session_ids(entries: object, limit: int, code: str) -> list[str]:
    """Return the `sessionId` of each entry; raises `SignApiRefusal` 400 for none, too many, or the same twice."""
    if not isinstance(entries, list) or not 1 <= len(entries) <= limit:
        raise SignApiRefusal(400, code, f"1 to {limit} sessions are needed.")
    named = [entry.get("sessionId") for entry in entries if isinstance(entry, dict)]
    ids = [session_id for session_id in named if isinstance(session_id, str)]
    if len(set(ids)) != len(entries):
        raise SignApiRefusal(400, code, "Each session needs its sessionId, and may stand here once.")
    return ids


def _preparing(
    vendor: Vendor, session: Session, work: Preparation, certificate: x509.Certificate
) -> Callable[[], Pending]:
    _, target = session.new_file()

    def prepared() -> Pending:
        try:
            with session.unless_closed():
                return work(target, certificate, vendor.authority, vendor.now())
        except (NotSealable, NotAContainer, UnfitDocument) as cause:
            raise SignApiRefusal(400, CODE, f"Session {session.id}: {cause}") from cause

    return prepared


def _digests(sessions: Sequence[Session], prepared: Sequence[Pending]) -> dict[str, Any]:
    digests = [pending.digest for pending in prepared]
    return {
        "sessionDigests": [
            {"sessionId": session.id, "digest": encoded(digest)}
            for session, digest in zip(sessions, digests, strict=True)
        ],
        "digests_summary": encoded(summary_of(digests)),
        "algorithm": SUMMARY_ALGORITHM,
    }
