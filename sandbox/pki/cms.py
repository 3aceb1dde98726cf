"""CMS SignedData (RFC 5652 §5) around a signature value made elsewhere, as CAdES wants it (ETSI EN 319 122-1)."""

from dataclasses import dataclass
from functools import lru_cache

from asn1crypto.x509 import Certificate as ParsedCertificate
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.pki.der import NULL, explicit, integer, octet_string, oid, sequence, set_of
from sandbox.pki.keys import compute_hash, hash_name_for

DATA = oid("1.2.840.113549.1.7.1")
SIGNED_DATA = oid("1.2.840.113549.1.7.2")
CONTENT_TYPE = oid("1.2.840.113549.1.9.3")
MESSAGE_DIGEST = oid("1.2.840.113549.1.9.4")
SIGNING_CERTIFICATE_V2 = oid("1.2.840.113549.1.9.16.2.47")

DIGEST_ALGORITHM = {
    "sha1": sequence(oid("1.3.14.3.2.26")),  # refused everywhere; hostile weather signs with it
    "sha256": sequence(oid("2.16.840.1.101.3.4.2.1")),
    "sha384": sequence(oid("2.16.840.1.101.3.4.2.2")),
    "sha512": sequence(oid("2.16.840.1.101.3.4.2.3")),
}
RSA_ALGORITHM = {
    "sha256": sequence(oid("1.2.840.113549.1.1.11"), NULL),
    "sha384": sequence(oid("1.2.840.113549.1.1.12"), NULL),
}
ECDSA_ALGORITHM = {
    "sha256": sequence(oid("1.2.840.10045.4.3.2")),
    "sha384": sequence(oid("1.2.840.10045.4.3.3")),
}


@dataclass(frozen=True, slots=True)
class Signer:
    """What CMS says of one signer, encoded once per certificate because every signature repeats it."""

    hash_name: str
    certificate_der: bytes
    identifier: bytes  # IssuerAndSerialNumber
    reference: bytes  # the signing-certificate-v2 attribute
    signature_algorithm: bytes

    def signed_attributes(self, content_type: bytes, content_digest: bytes) -> bytes:
        """Return the DER of SignedAttributes as it is hashed and signed: content type, digest, signing certificate."""
        return set_of(
            attribute(CONTENT_TYPE, content_type),
            attribute(MESSAGE_DIGEST, octet_string(content_digest)),
            self.reference,
        )

    def signer_info(self, signed_attributes: bytes, signature_value: bytes, *unsigned: bytes) -> bytes:
        """Return SignerInfo version 1 around a signature value; unsigned attributes come as DER."""
        return sequence(
            integer(1),
            self.identifier,
            DIGEST_ALGORITHM[self.hash_name],
            # RFC 5652 §5.4: signed as a SET OF, carried under the IMPLICIT tag [0]. Only the first byte differs.
            b"\xa0" + signed_attributes[1:],
            self.signature_algorithm,
            octet_string(signature_value),
            *([explicit(1, *sorted(unsigned))] if unsigned else []),
        )


@lru_cache(maxsize=1024)
def signer_of(certificate: x509.Certificate) -> Signer:
    """Return what CMS says of the holder of this certificate."""
    der = certificate.public_bytes(Encoding.DER)
    name = hash_name_for(certificate)
    # RFC 5035 §4, ESSCertIDv2: SHA-256 is its default hash, and DER leaves defaults out (X.690 §11.5).
    identified = sequence(octet_string(compute_hash("sha256", der)), issuer_serial(certificate))
    rsa_key = isinstance(certificate.public_key(), rsa.RSAPublicKey)
    return Signer(
        hash_name=name,
        certificate_der=der,
        identifier=sequence(_issuer(certificate), integer(certificate.serial_number)),
        reference=attribute(SIGNING_CERTIFICATE_V2, sequence(sequence(identified))),
        signature_algorithm=(RSA_ALGORITHM if rsa_key else ECDSA_ALGORITHM)[name],
    )


def attribute(kind: bytes, value: bytes) -> bytes:
    """Return an Attribute with one value."""
    return sequence(kind, set_of(value))


def signed_data(encapsulated: bytes, hash_name: str, certificates: tuple[bytes, ...], signer_info: bytes) -> bytes:
    """Return ContentInfo with SignedData."""
    # RFC 5652 §5.1: version 1 for plain detached data, 3 for all else.
    version = 1 if encapsulated == sequence(DATA) else 3
    return sequence(
        SIGNED_DATA,
        explicit(
            0,
            sequence(
                integer(version),
                set_of(DIGEST_ALGORITHM[hash_name]),
                encapsulated,
                explicit(0, *sorted(certificates)),
                set_of(signer_info),
            ),
        ),
    )


def issuer_serial(certificate: x509.Certificate) -> bytes:
    """Return IssuerSerial (RFC 5035 §5): the issuer's name as GeneralNames, and the certificate's number."""
    return sequence(sequence(explicit(4, _issuer(certificate))), integer(certificate.serial_number))


def _issuer(certificate: x509.Certificate) -> bytes:
    name: bytes = ParsedCertificate.load(certificate.public_bytes(Encoding.DER)).issuer.dump()
    return name
