"""Key pairs: their kinds, how they sign a digest, and whether a signature value is right."""

import hashlib
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

# By length in bytes, for a digest comes here without its algorithm's name.
HASHES: dict[int, type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
    32: hashes.SHA256,
    48: hashes.SHA384,
    64: hashes.SHA512,
}


class KeyKind(StrEnum):
    """The key pairs a practice identity may have."""

    RSA2048 = "rsa-2048"
    RSA3072 = "rsa-3072"
    P256 = "p-256"
    P384 = "p-384"


def generate(kind: KeyKind) -> PrivateKey:
    """Return a fresh private key; an RSA key takes some tenths of a second."""
    match kind:
        case KeyKind.RSA2048:
            return rsa.generate_private_key(public_exponent=65537, key_size=2048)
        case KeyKind.RSA3072:
            return rsa.generate_private_key(public_exponent=65537, key_size=3072)
        case KeyKind.P256:
            return ec.generate_private_key(ec.SECP256R1())
        case KeyKind.P384:
            return ec.generate_private_key(ec.SECP384R1())


def hash_name_for(certificate: x509.Certificate) -> str:
    """Return the hash the vendor signs with (vendor §2.2): `sha384` for a P-384 certificate, else `sha256`."""
    key = certificate.public_key()
    return "sha384" if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.key_size == 384 else "sha256"  # noqa: PLR2004 - bits


def sign_digest(key: PrivateKey, digest: bytes) -> bytes:
    """Sign a digest of 32, 48 or 64 bytes: PKCS#1 v1.5 for RSA, DER for ECDSA; `ValueError` for another length."""
    prehashed = Prehashed(_hash_of(digest))
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(digest, padding.PKCS1v15(), prehashed)
    return key.sign(digest, ec.ECDSA(prehashed))


def verifies(certificate: x509.Certificate, digest: bytes, signature_value: bytes) -> bool:
    """Say whether this key signed this digest. ECDSA values must be DER; the bare r‖s of P1363 is refused."""
    key = certificate.public_key()
    try:
        prehashed = Prehashed(_hash_of(digest))
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature_value, digest, padding.PKCS1v15(), prehashed)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature_value, digest, ec.ECDSA(prehashed))
        else:
            return False
    except (InvalidSignature, ValueError):
        return False
    return True


def _hash_of(digest: bytes) -> hashes.HashAlgorithm:
    try:
        return HASHES[len(digest)]()
    except KeyError:
        raise ValueError(f"no hash of the vendor has {len(digest)} bytes") from None


def compute_hash(hash_name: str, *parts: bytes) -> bytes:
    """Return the hash of the parts joined."""
    running = hashlib.new(hash_name)
    for part in parts:
        running.update(part)
    return running.digest()
