"""A trust service for tests: the practice authority, and the answers that it never gives by itself."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from sandbox.pki import Authority
from sandbox.pki.identity import SigningIdentity
from sandbox.pki.keys import KeyKind

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""When everything in these tests happens."""


def an_authority() -> Authority:
    """A trust service with a root of its own."""
    return Authority.create(NOON)


def a_seal(
    authority: Authority,
    kind: KeyKind = KeyKind.P256,
    *,
    not_before: datetime = NOON - timedelta(days=90),
    not_after: datetime = NOON + timedelta(days=900),
) -> SigningIdentity:
    """A seal of that authority, valid around NOON unless told otherwise."""
    return authority.seal_identity("Example seal", "SIA Example", "40000000000", kind, not_before=not_before, not_after=not_after)


def an_answer(
    authority: Authority,
    certificate: x509.Certificate,
    *,
    revoked_at: datetime | None = None,
    this_update: datetime = NOON,
    signer: SigningIdentity | None = None,
) -> bytes:
    """An OCSP response in DER about a certificate of the issuing CA: good, or revoked; signed by the responder."""
    signer = signer or authority.responder
    draft = ocsp.OCSPResponseBuilder().add_response(
        cert=certificate,
        issuer=authority.issuing.certificate,
        algorithm=hashes.SHA1(),  # noqa: S303 - RFC 5019 §2.1.1 names the issuer so
        cert_status=ocsp.OCSPCertStatus.REVOKED if revoked_at else ocsp.OCSPCertStatus.GOOD,
        this_update=this_update,
        next_update=this_update + timedelta(hours=12),
        revocation_time=revoked_at,
        revocation_reason=x509.ReasonFlags.key_compromise if revoked_at else None,
    )
    draft = draft.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate).certificates([signer.certificate])
    return draft.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)
