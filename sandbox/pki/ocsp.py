"""The OCSP responder (RFC 6960): signed answers whether a certificate is revoked."""

from datetime import datetime, timedelta

from asn1crypto import ocsp
from asn1crypto.x509 import Certificate
from cryptography import x509

from sandbox.pki.cms import signer_of
from sandbox.pki.identity import SigningIdentity
from sandbox.pki.keys import compute_hash
from sandbox.pki.revocation import Revocation

VALIDITY = timedelta(hours=12)


def ocsp_response(
    responder: SigningIdentity,
    issuer: x509.Certificate,
    serial_number: int,
    now: datetime,
    revocation: Revocation | None = None,
) -> bytes:
    """Return a DER OCSPResponse for the issuer's certificate of this number: `revoked`, or `good` without a revocation.

    It carries the responder's certificate; like real responders it names the issuer by SHA-1 (RFC 5019 §2.1.1) and
    itself by its key.
    """
    this_update = now.replace(microsecond=0)
    signed = ocsp.ResponseData(
        {
            "responder_id": ocsp.ResponderId(
                name="by_key", value=_asn1_certificate(responder.certificate).public_key.sha1
            ),
            "produced_at": this_update,
            "responses": [_single(issuer, serial_number, this_update, _status(revocation))],
        }
    )
    signer = signer_of(responder.certificate)
    basic = {
        "tbs_response_data": signed,
        "signature_algorithm": {"algorithm": f"{signer.hash_name}_ecdsa"},
        "signature": responder.sign_digest(compute_hash(signer.hash_name, signed.dump())),
        "certs": [_asn1_certificate(responder.certificate)],
    }
    body = {"response_type": "basic_ocsp_response", "response": ocsp.BasicOCSPResponse(basic)}
    answer: bytes = ocsp.OCSPResponse({"response_status": "successful", "response_bytes": body}).dump()
    return answer


def _status(revocation: Revocation | None) -> ocsp.CertStatus:
    if revocation is None:
        return ocsp.CertStatus(name="good", value=None)
    told = {"revocation_time": revocation.at.replace(microsecond=0), "revocation_reason": revocation.reason.value}
    return ocsp.CertStatus(name="revoked", value=told)


def _single(
    issuer: x509.Certificate, serial_number: int, this_update: datetime, status: ocsp.CertStatus
) -> dict[str, object]:
    parsed = _asn1_certificate(issuer)
    return {
        "cert_id": {
            "hash_algorithm": {"algorithm": "sha1"},
            "issuer_name_hash": parsed.subject.sha1,
            "issuer_key_hash": parsed.public_key.sha1,
            "serial_number": serial_number,
        },
        "cert_status": status,
        "this_update": this_update,
        "next_update": this_update + VALIDITY,
    }


def _asn1_certificate(certificate: x509.Certificate) -> Certificate:
    return Certificate.load(signer_of(certificate).certificate_der)
