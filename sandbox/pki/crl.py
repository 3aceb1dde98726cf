"""The root's certificate revocation list (RFC 5280 §5): the issuing CA is never revoked."""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.pki.identity import SigningIdentity

VALIDITY = timedelta(days=30)


def empty_crl(root: SigningIdentity, now: datetime) -> bytes:
    """Return the root's empty list in DER, issued now; its number is the second it was made in."""
    this_update = now.replace(microsecond=0)
    authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(root.key.public_key())
    draft = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.certificate.subject)
        .last_update(this_update)
        .next_update(this_update + VALIDITY)
        .add_extension(authority_key, critical=False)
        .add_extension(x509.CRLNumber(int(this_update.timestamp())), critical=False)
    )
    return draft.sign(root.key, hashes.SHA256()).public_bytes(Encoding.DER)
