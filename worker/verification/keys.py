"""Public keys and the two encodings in which the vendor may return what they verify (reference §5)."""

import base64
import binascii
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature, encode_dss_signature

from jobs.model.digest import Digest, HashAlgorithm

_RSA_BITS, _EC_BITS = 2048, 256
_WEAK = dsa.DSAPublicKey

SealKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

_HASHES: dict[str, hashes.HashAlgorithm] = {
    HashAlgorithm.SHA256: hashes.SHA256(),
    HashAlgorithm.SHA384: hashes.SHA384(),
    HashAlgorithm.SHA512: hashes.SHA512(),
}


@lru_cache(maxsize=256)
def key_of(certificate: str) -> SealKey:
    """The public key of a certificate (base64 DER). Raises ValueError when it has none that can seal."""
    key = x509.load_der_x509_certificate(base64.b64decode(certificate, validate=True)).public_key()
    if not isinstance(key, SealKey):
        raise ValueError(f"the seal certificate holds a {type(key).__name__}, which is neither RSA nor EC")  # noqa: TRY004 - the value is wrong, not its type
    if not is_strong(key):
        raise ValueError(f"the seal certificate's key has {key.key_size} bits, which is too few")
    return key


def is_strong(key: object) -> bool:
    """Say whether a public key is one that a seal may outlive (ETSI TS 119 312 §6)."""
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= _RSA_BITS
    return key.key_size >= _EC_BITS if isinstance(key, ec.EllipticCurvePublicKey) else not isinstance(key, _WEAK)


def hash_named(name: str) -> hashes.HashAlgorithm | None:
    """The hash function of that name; None for one that no seal is made with."""
    return _HASHES.get(name)


def canonical(key: SealKey, value: bytes) -> bytes:
    """The value as finalize wants it: PKCS#1 v1.5 as it is, ECDSA as DER. Raises ValueError for anything else.

    The key decides, never the look of the value. Some gateways encode base64 twice; that is undone once.
    """
    try:
        return _encode(key, value)
    except ValueError as error:
        try:
            return _encode(key, base64.b64decode(value, validate=True))
        except (ValueError, binascii.Error):
            raise error from None


def from_plain(key: SealKey, value: bytes) -> bytes:
    """The canonical form of a value in XML, where ECDSA is r‖s (XMLDSIG §6.4.3). Raises ValueError for all else."""
    return _rsa(key, value) if isinstance(key, rsa.RSAPublicKey) else _from_halves(key, value, "not")


def verifies(key: SealKey, digest: Digest, value: bytes) -> bool:
    """Say whether the key signed this digest; the value is in canonical form."""
    prehashed = Prehashed(_HASHES[digest.algorithm])
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(value, digest.value, padding.PKCS1v15(), prehashed)
        else:
            key.verify(value, digest.value, ec.ECDSA(prehashed))
    except InvalidSignature:
        return False
    return True


def _encode(key: SealKey, value: bytes) -> bytes:
    """Keep PKCS#1 v1.5 and DER; turn r‖s (IEEE P1363) into DER when its length is right for the curve."""
    if isinstance(key, rsa.RSAPublicKey):
        return _rsa(key, value)
    try:
        is_der = all(number > 0 for number in decode_dss_signature(value))
    except ValueError:
        is_der = False
    return value if is_der else _from_halves(key, value, "neither DER nor")


def _rsa(key: rsa.RSAPublicKey, value: bytes) -> bytes:
    width = (key.key_size + 7) // 8
    if len(value) != width:
        raise ValueError(f"{len(value)} bytes, where this RSA key gives {width}")
    return value


def _from_halves(key: ec.EllipticCurvePublicKey, value: bytes, otherwise: str) -> bytes:
    width = (key.curve.key_size + 7) // 8
    if len(value) != 2 * width:
        raise ValueError(f"{len(value)} bytes that are {otherwise} the {2 * width} bytes of r and s")
    return encode_dss_signature(int.from_bytes(value[:width], "big"), int.from_bytes(value[width:], "big"))
