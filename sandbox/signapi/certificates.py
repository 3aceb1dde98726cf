"""Judging the certificates a client hands in, by RFC 5280 §4.2.1.3 key usage and validity."""

from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

from sandbox.encoding import decode_base64
from sandbox.pki import Authority
from sandbox.refusals import SignApiRefusal
from sandbox.variants.signapi import AuthCertificate

AUTHENTICATING = "a person's authentication certificate"
SIGNING = "a person's signing certificate"
SEALING = "an organisation's seal"
ADMITTED = {
    AuthCertificate.PERSON: (AUTHENTICATING,),
    AuthCertificate.SIGNING_TOO: (AUTHENTICATING, SIGNING),
    AuthCertificate.SIGNING: (SIGNING,),
}
"""Whom the timestamp service lets in, by the switch."""


def require_signing_certificate(text: object, authority: Authority, now: datetime) -> x509.Certificate:
    """Return a certificate that may sign documents now; raises `SignApiRefusal` 400."""
    certificate = _valid(text, authority, now, "signing:certificate")
    # RFC 5280 §4.2.1.3: nonRepudiation, today contentCommitment, is the bit for signing documents.
    if not _key_usage(certificate).content_commitment:
        raise SignApiRefusal(400, "signing:certificate", "The certificate lacks key usage nonRepudiation.")
    return certificate


def require_not_revoked(certificate: x509.Certificate, authority: Authority) -> None:
    """Let a certificate pass that the OCSP responder calls good; raises `SignApiRefusal` 400."""
    if revocation := authority.revocation(certificate):
        why = f"The certificate was revoked at {revocation.at:%Y-%m-%dT%H:%M:%SZ}: {revocation.reason}."
        raise SignApiRefusal(400, "signing:certificate", why)


def require_authentication_certificate(
    text: object, authority: Authority, now: datetime, whose: AuthCertificate
) -> x509.Certificate:
    """Return a certificate that the timestamp service lets in; raises `SignApiRefusal` 400."""
    certificate = _valid(text, authority, now, "signing:timestamp")
    # Some clients send the certificate of the seal itself (vendor §4.8).
    if whose is AuthCertificate.ANY:
        return certificate
    usage = _key_usage(certificate)
    purpose = AUTHENTICATING if usage.digital_signature and not usage.content_commitment else SIGNING
    # ETSI EN 319 412-3 §4.2.1: organizationIdentifier is what a legal person has and no natural person.
    if certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_IDENTIFIER):
        purpose = SEALING
    if purpose not in ADMITTED[whose]:
        why = f"The timestamp service refuses authCertificate: it must be {' or '.join(ADMITTED[whose])}."
        raise SignApiRefusal(400, "signing:timestamp", why)
    return certificate


def _valid(text: object, authority: Authority, now: datetime, code: str) -> x509.Certificate:
    try:
        certificate = x509.load_der_x509_certificate(decode_base64(text))
    except ValueError as cause:
        raise SignApiRefusal(400, code, "The certificate must be base64 of DER.") from cause
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise SignApiRefusal(400, code, "The certificate is expired or not valid yet.")
    if not authority.has_issued(certificate):
        raise SignApiRefusal(400, code, "The certificate was not issued by the practice authority.")
    return certificate


def _key_usage(certificate: x509.Certificate) -> x509.KeyUsage:
    return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
