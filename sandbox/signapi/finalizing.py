"""Putting signature values into the prepared documents (`api-sign/…/finalizeSigning`)."""

from contextlib import suppress
from dataclasses import dataclass, replace

from aiohttp import web

from sandbox.counting import require_few
from sandbox.encoding import decode_base64
from sandbox.pki import Revoked
from sandbox.refusals import SignApiRefusal
from sandbox.signapi.calculation import session_ids
from sandbox.signapi.certificates import require_authentication_certificate
from sandbox.signapi.containers import seal_container
from sandbox.signapi.files import StoredFile
from sandbox.signapi.records import Pending, SignatureForm
from sandbox.signapi.replies import read_body, require_client, result, results_response
from sandbox.signapi.sealing import WrongValue, seal_pdf
from sandbox.signapi.sessions import Session
from sandbox.variants.signapi import SignatureValue
from sandbox.vendor import Vendor, vendor_of
from sandbox.weather.acts import HostileAct
from sandbox.weather.faults import act_of, is_refused
from sandbox.weather.forging import authority_for
from sandbox.weather.hostile_container import tamper_with_container
from sandbox.weather.hostile_pdf import tamper_with_pdf

CODE = "signing:finalizeSigning"
TAMPERING = {SignatureForm.PADES: tamper_with_pdf, SignatureForm.ASIC_E: tamper_with_container}
SEALERS = {SignatureForm.PADES: seal_pdf, SignatureForm.ASIC_E: seal_container}


async def finalize(request: web.Request) -> web.Response:
    """Seal each session's document; a session that fails has an `error` in its result and the others go on."""
    client_id = require_client(request)
    vendor = vendor_of(request)
    body = await read_body(request)
    entries = body.get("sessionSignatureValues")
    ids = session_ids(entries, vendor.settings.batch_limit, CODE)
    require_few(len(ids), vendor.variants.finalize_limit, vendor.variants.too_many, request.path, CODE)
    whose = vendor.variants.auth_certificate
    require_authentication_certificate(body.get("authCertificate"), vendor.authority, vendor.now(), whose)
    values = [entry.get("signatureValue") for entry in entries or ()]
    sealings = [
        _begin(vendor, client_id, session_id, None if is_refused(request, place) else value, act_of(request))
        for place, (session_id, value) in enumerate(zip(ids, values, strict=True))
    ]
    begun = [one for one in sealings if isinstance(one, _Sealing)]
    try:
        outcomes = iter(await vendor.run_all_in_threads([one.seal for one in begun]))
    except BaseException:
        # Also when the client hangs up: a digest that stayed taken could never be sealed again.
        for one in begun:
            one.session.end_sealing(None)
        raise
    refusals = [one.end(next(outcomes)) if isinstance(one, _Sealing) else one for one in sealings]
    vendor.counters.finalizations += refusals.count(None)
    return results_response([result(*pair) for pair in zip(ids, refusals, strict=True)])


@dataclass(frozen=True, slots=True)
class _Sealing:
    """A session whose digest was taken, and the value that its document shall get."""

    vendor: Vendor
    session: Session
    pending: Pending
    value: bytes
    act: HostileAct | None

    def seal(self) -> StoredFile | SignApiRefusal:
        """Do the slow work; return the sealed file, or why there is none."""
        document_id, target = self.session.new_file()
        seal = SEALERS[self.pending.form]
        answering = replace(self.vendor.authority, answer_lag=self.vendor.variants.ocsp_time.lag)
        authority, now = authority_for(self.act, answering), self.vendor.now()
        try:
            with self.session.unless_closed():
                sealed = seal(self.pending, document_id, target, self.value, authority=authority, now=now)
                if self.act:
                    TAMPERING[self.pending.form](self.act, sealed.path)
                    return sealed.with_path(sealed.path)
                return sealed
        except WrongValue:
            return SignApiRefusal(400, CODE, "signatureValue does not fit the digest and the certificate.")
        except Revoked as cause:
            return SignApiRefusal(400, "signing:revocation", f"There is no good OCSP answer: {cause}.")
        except SignApiRefusal as refusal:
            return refusal

    def end(self, outcome: StoredFile | SignApiRefusal) -> SignApiRefusal | None:
        """Hold the sealed file; a refused value leaves the digest in place for a better one."""
        if isinstance(outcome, SignApiRefusal):
            self.session.end_sealing(None)
            return outcome
        try:
            self.session.end_sealing(outcome)
        except SignApiRefusal as refusal:
            return refusal
        self.pending.discard()
        return None


def _begin(
    vendor: Vendor, client_id: str, session_id: str, text: object, act: HostileAct | None
) -> _Sealing | SignApiRefusal:
    """Take the session's digest, so that no other call seals it meanwhile."""
    try:
        session = vendor.sessions.find(session_id, client_id, vendor.now())
    except SignApiRefusal as refusal:
        return refusal
    pending = session.begin_sealing()
    if pending is None:
        why = "There is no digest to be signed in this session, or it is signed already."
        return SignApiRefusal(400, CODE, why)
    # Nothing verifies as empty: where no value can be read, this session is refused as for a wrong one.
    value = b""
    with suppress(ValueError):
        value = decode_base64(text)
        if vendor.variants.signature_value is SignatureValue.TWICE_TOO:
            # What does not decode a second time was encoded once.
            value = decode_base64(value.decode("latin-1"))
    return _Sealing(vendor, session, pending, value, act)
