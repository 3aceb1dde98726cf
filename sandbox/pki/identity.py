"""A signing identity: a certificate together with the private key it speaks for."""

from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from sandbox.pki.keys import PrivateKey, sign_digest


@dataclass(frozen=True, slots=True)
class SigningIdentity:
    """A certificate and its key, matching; `ValueError` when they do not."""

    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)
    certificate_der: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse a foreign key and keep the DER form, which is asked for with every signature."""
        if self.certificate.public_key() != self.key.public_key():
            raise ValueError("the certificate belongs to another key")
        object.__setattr__(self, "certificate_der", self.certificate.public_bytes(Encoding.DER))

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign a digest of 32, 48 or 64 bytes: PKCS#1 v1.5 for RSA, DER for ECDSA; `ValueError` for another length."""
        return sign_digest(self.key, digest)

    def as_pem(self) -> bytes:
        """Return certificate and unencrypted key (PKCS#8) in one text."""
        # Without a passphrase: it would stand beside the key, and a practice key protects nothing.
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return self.certificate.public_bytes(Encoding.PEM) + key

    @classmethod
    def from_pem(cls, pem: bytes) -> "SigningIdentity":
        """Read what `as_pem` wrote; raises `ValueError` or `TypeError` for anything else."""
        # Trying an RSA key's numbers takes a hundred times as long as reading them, at each start and for each person;
        # that the key is the certificate's is told by its public half.
        key = load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
        if not isinstance(key, PrivateKey):
            raise TypeError("a practice key is RSA or EC")
        return cls(x509.load_pem_x509_certificate(pem), key)
