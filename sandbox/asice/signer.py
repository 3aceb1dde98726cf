"""What XML says of one signer, worked out once per certificate because every signature repeats it."""

from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.asice.xml import ECDSA_SIGNATURE, RSA_SIGNATURE, base64_text
from sandbox.pki.cms import issuer_serial
from sandbox.pki.keys import compute_hash, hash_name_for


@dataclass(frozen=True, slots=True)
class XmlSigner:
    """A signer's algorithm and certificates, ready to be written."""

    hash_name: str
    signature_method: str
    certificates: tuple[str, ...]  # base64 of DER, the signer's own first
    certificate_digest: str  # SHA-256, base64
    issuer_serial: str  # IssuerSerial (RFC 5035 §5), base64 of DER
    issuer_name: str  # RFC 4514
    serial_number: int
    coordinate_bytes: int  # of the curve; 0 for RSA

    def encode_value(self, value: bytes) -> bytes:
        """Return a signature value as XML Signature keeps it: r‖s for ECDSA (RFC 9231 §2.3.6), RSA as it is.

        Raises `ValueError` for an ECDSA value that is no DER or too long for the curve.
        """
        if not self.coordinate_bytes:
            return value
        try:
            return b"".join(part.to_bytes(self.coordinate_bytes, "big") for part in decode_dss_signature(value))
        except OverflowError as cause:
            raise ValueError("the signature value is too long for the curve") from cause


@lru_cache(maxsize=1024)
def xml_signer(certificate_der: bytes, chain: tuple[x509.Certificate, ...]) -> XmlSigner:
    """Return what XML says of this certificate's holder; a root in the chain is left out."""
    certificate = x509.load_der_x509_certificate(certificate_der)
    key = certificate.public_key()
    curve = key.curve if isinstance(key, ec.EllipticCurvePublicKey) else None
    hash_name = hash_name_for(certificate)
    # A root is trusted because a verifier has it, and not because a file carries it.
    above = (one.public_bytes(Encoding.DER) for one in chain if one.subject != one.issuer)
    return XmlSigner(
        hash_name=hash_name,
        signature_method=(ECDSA_SIGNATURE if curve else RSA_SIGNATURE)[hash_name],
        certificates=tuple(map(base64_text, (certificate_der, *above))),
        certificate_digest=base64_text(compute_hash("sha256", certificate_der)),
        issuer_serial=base64_text(issuer_serial(certificate)),
        issuer_name=certificate.issuer.rfc4514_string(),
        serial_number=certificate.serial_number,
        coordinate_bytes=(curve.key_size + 7) // 8 if curve else 0,
    )
