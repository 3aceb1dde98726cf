"""Putting signature values into the prepared documents (`api-sign/…/finalizeSigning`)."""

from contextlib import suppress

from aiohttp import web

from sandbox.encoding import decoded
from sandbox.pki import Revoked
from sandbox.refusals import SignApiRefusal
from sandbox.signapi.calculation import session_ids
from sandbox.signapi.certificates import authentication_certificate
from sandbox.signapi.containers import seal_container
from sandbox.signapi.records import SignatureForm
from sandbox.signapi.replies import body_of, client_of
from sandbox.signapi.results import answered_results, result_of
from sandbox.signapi.sealing import WrongValue, seal_pdf
from sandbox.variants.signapi import SignatureValue
from sandbox.vendor import Vendor, vendor_of
from sandbox.weather.faults import refused_here

CODE = "signing:finalizeSigning"
SEALING = {SignatureForm.PADES: seal_pdf, SignatureForm.ASIC_E: seal_container}


async def finalize(request: web.Request) -> web.Response:
    """Seal each session's document; a session that fails has an `error` in its result and the others go on."""
    client_id = client_of(request)
    vendor = vendor_of(request)
    body = await body_of(request)
    entries = body.get("sessionSignatureValues")
    ids = session_ids(entries, vendor.settings.batch_limit, CODE)
    whose = vendor.variants.auth_certificate
    authentication_certificate(body.get("authCertificate"), vendor.authority, vendor.now(), whose)
    values = [entry.get("signatureValue") for entry in entries or ()]
    results = [
        await result_of(
            session_id, _seal(vendor, client_id, session_id, None if refused_here(request, place) else value)
        )
        for place, (session_id, value) in enumerate(zip(ids, values, strict=True))
    ]
    return answered_results(results)


async def _seal(vendor: Vendor, client_id: str, session_id: str, value: object) -> None:
    """Seal the session's document once; a refused value leaves the digest in place for a better one."""
    session = vendor.sessions.find(session_id, client_id, vendor.now())
    pending = session.begin_sealing()
    if pending is None:
        raise SignApiRefusal(400, CODE, "There is no digest to be signed in this session, or it is signed already.")
    document_id, target = session.new_file()
    sealed = None
    try:
        sealed = await vendor.at_bench(
            SEALING[pending.form],
            pending,
            document_id,
            target,
            _value(value, vendor.variants.signature_value),
            authority=vendor.authority,
            now=vendor.now(),
        )
    except WrongValue as cause:
        raise SignApiRefusal(400, CODE, "signatureValue does not fit the digest and the certificate.") from cause
    except Revoked as cause:
        raise SignApiRefusal(400, "signing:revocation", f"There is no good OCSP answer: {cause}.") from cause
    finally:
        session.end_sealing(sealed)
    pending.prepared.unlink()
    vendor.counters.finalizations += 1


def _value(text: object, read: SignatureValue) -> bytes:
    """Return the value, or nothing where there is none that could be read."""
    try:
        value = decoded(text)
    except ValueError:
        return b""
    if read is SignatureValue.TWICE_TOO:
        with suppress(ValueError):
            return decoded(value.decode("latin-1"))
    return value
