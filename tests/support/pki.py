"""A trust service for tests: the practice authority, and the answers that it never gives by itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from sandbox.pki import Authority, ValidationData
from sandbox.pki.identity import SigningIdentity
from sandbox.pki.keys import KeyKind, PrivateKey

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""When everything in these tests happens."""


@cache
def the_authority() -> Authority:
    """The trust service whose root is the trust anchor; its keys are made once per run."""
    return Authority.create(NOON)


@cache
def another_authority() -> Authority:
    """A trust service that nobody trusts."""
    return Authority.create(NOON)


@cache
def the_seal(kind: KeyKind = KeyKind.P256) -> SigningIdentity:
    """The seal of that kind, valid around NOON."""
    return a_seal(the_authority(), kind)


def a_seal(
    authority: Authority,
    kind: KeyKind = KeyKind.P256,
    *,
    not_before: datetime = NOON - timedelta(days=90),
    not_after: datetime = NOON + timedelta(days=900),
) -> SigningIdentity:
    """A seal of that authority with a key of its own."""
    return authority.seal_identity(
        "Example seal", "SIA Example", "40000000000", kind, not_before=not_before, not_after=not_after
    )


def an_answer(
    certificate: x509.Certificate,
    *,
    revoked_at: datetime | None = None,
    this_update: datetime = NOON,
    signer: SigningIdentity | None = None,
) -> bytes:
    """An OCSP response in DER about a certificate of the issuing CA: good or revoked; by the responder unless told."""
    signer = signer or the_authority().responder
    draft = ocsp.OCSPResponseBuilder().add_response(
        cert=certificate,
        issuer=the_authority().issuing.certificate,
        algorithm=hashes.SHA256(),
        cert_status=ocsp.OCSPCertStatus.REVOKED if revoked_at else ocsp.OCSPCertStatus.GOOD,
        this_update=this_update,
        next_update=this_update + timedelta(hours=12),
        revocation_time=revoked_at,
        revocation_reason=x509.ReasonFlags.key_compromise if revoked_at else None,
    )
    draft = draft.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate).certificates([signer.certificate])
    return draft.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def the_proofs(seal: SigningIdentity, *answers: bytes) -> ValidationData:
    """All that proves a seal good; with answers given, those stand in place of the usual one about the seal."""
    proofs = the_authority().validation_data(seal.certificate, NOON)
    return replace(proofs, ocsp_responses=(*answers, proofs.ocsp_responses[-1])) if answers else proofs


def reissued(
    seal: SigningIdentity,
    *,
    key: PrivateKey | None = None,
    usage: x509.KeyUsage | None = None,
    keeps_usage: bool = True,
) -> SigningIdentity:
    """A seal with the same certificate but for its key or its key usage, as no careful authority would issue it."""
    own, old = key or seal.key, seal.certificate
    draft = x509.CertificateBuilder(old.issuer, old.subject, own.public_key(), old.serial_number).not_valid_before(
        old.not_valid_before_utc
    )
    for extension in old.extensions:
        if not isinstance(extension.value, x509.KeyUsage | x509.SubjectKeyIdentifier):
            draft = draft.add_extension(extension.value, extension.critical)
        elif isinstance(extension.value, x509.KeyUsage) and keeps_usage:
            draft = draft.add_extension(usage or extension.value, extension.critical)
    signed = draft.not_valid_after(old.not_valid_after_utc).sign(the_authority().issuing.key, hashes.SHA256())
    return SigningIdentity(signed, own)
