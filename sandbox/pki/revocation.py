"""Revocation: from when and why a certificate counts no more, and who says so: OCSP (RFC 6960), CRL (RFC 5280 §5)."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from asn1crypto import ocsp
from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.pki.cms import signer_of
from sandbox.pki.identity import SigningIdentity
from sandbox.pki.keys import compute_hash

OCSP_VALIDITY = timedelta(hours=12)
CRL_VALIDITY = timedelta(days=30)


class RevocationReason(StrEnum):
    """Why a certificate was revoked (RFC 5280 §5.3.1), those that concern a certificate's holder."""

    KEY_COMPROMISE = "key_compromise"
    AFFILIATION_CHANGED = "affiliation_changed"
    SUPERSEDED = "superseded"
    CESSATION_OF_OPERATION = "cessation_of_operation"


@dataclass(frozen=True, slots=True)
class Revocation:
    """One certificate's end before its time; `at` is aware of its time zone."""

    at: datetime
    reason: RevocationReason


class Revoked(ValueError):
    """The certificate was revoked, so nothing can prove it good."""


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
    signing = _asn1_certificate(responder.certificate)
    single = _single_response(_asn1_certificate(issuer), serial_number, this_update, revocation)
    data = ocsp.ResponseData(
        {
            "responder_id": ocsp.ResponderId(name="by_key", value=signing.public_key.sha1),
            "produced_at": this_update,
            "responses": [single],
        }
    )
    signer = signer_of(responder.certificate)
    basic = {
        "tbs_response_data": data,
        "signature_algorithm": {"algorithm": f"{signer.hash_name}_ecdsa"},
        "signature": responder.sign_digest(compute_hash(signer.hash_name, data.dump())),
        "certs": [signing],
    }
    body = {"response_type": "basic_ocsp_response", "response": ocsp.BasicOCSPResponse(basic)}
    answer: bytes = ocsp.OCSPResponse({"response_status": "successful", "response_bytes": body}).dump()
    return answer


def _single_response(
    issuer: Certificate, serial_number: int, this_update: datetime, revocation: Revocation | None
) -> dict[str, object]:
    status = ocsp.CertStatus(name="good", value=None)
    if revocation:
        since = revocation.at.replace(microsecond=0)
        reason = revocation.reason.value
        status = ocsp.CertStatus(name="revoked", value={"revocation_time": since, "revocation_reason": reason})
    return {
        # SHA-1 only names the issuer here; what is signed is signed with the responder's own hash.
        "cert_id": {
            "hash_algorithm": {"algorithm": "sha1"},
            "issuer_name_hash": issuer.subject.sha1,
            "issuer_key_hash": issuer.public_key.sha1,
            "serial_number": serial_number,
        },
        "cert_status": status,
        "this_update": this_update,
        "next_update": this_update + OCSP_VALIDITY,
    }


def _asn1_certificate(certificate: x509.Certificate) -> Certificate:
    return Certificate.load(signer_of(certificate).certificate_der)


def empty_crl(root: SigningIdentity, now: datetime) -> bytes:
    """Return the root's empty list in DER, issued now, for the issuing CA is never revoked.

    Its number is the second it was made in: RFC 5280 §5.2.3 wants one that grows.
    """
    this_update = now.replace(microsecond=0)
    authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(root.key.public_key())
    draft = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.certificate.subject)
        .last_update(this_update)
        .next_update(this_update + CRL_VALIDITY)
        .add_extension(authority_key, critical=False)
        .add_extension(x509.CRLNumber(int(this_update.timestamp())), critical=False)
    )
    return draft.sign(root.key, hashes.SHA256()).public_bytes(Encoding.DER)


class AnswerCache:
    """Keeps each answer for the second it was made in, so that many seals at once share it.

    Never longer: proof that a certificate was good is worth something only if it is not older than the timestamp on
    the signature, and verifiers look (libdigidocpp refuses an older one).
    """

    def __init__(self) -> None:
        """Start empty."""
        self._kept: dict[Hashable, tuple[datetime, bytes]] = {}

    def current(self, key: Hashable, now: datetime, make: Callable[[datetime], bytes]) -> bytes:
        """Return the answer made in the same second, otherwise what `make(now)` gives."""
        second = now.replace(microsecond=0)
        made_in, answer = self._kept.get(key, (None, b""))
        if made_in != second:
            answer = make(now)
            self._kept[key] = (second, answer)
        return answer
