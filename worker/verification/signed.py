"""Whether a signer's value fits the signed attributes: key and algorithm are read once, and remembered."""

from collections.abc import Callable
from functools import lru_cache

from asn1crypto.algos import SignedDigestAlgorithm
from asn1crypto.keys import PublicKeyInfo
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pyhanko_certvalidator.sig_validate import DefaultSignatureValidator, SignatureValidationContext

from worker.verification.cms import Signer
from worker.verification.keys import hash_named, is_strong
from worker.verification.refusal import require

_WITHOUT_HASH = frozenset({"ed25519", "ed448"})

_Verification = Callable[[bytes, bytes], object]
"""Takes a signature value and what was signed. Raises InvalidSignature when they do not fit."""


def is_signed(signer: Signer) -> bool:
    """Say whether the signature value fits the signed attributes and the certificate's key."""
    verify = _verification(signer.party.key, signer.algorithm, signer.hash_name)
    try:
        verify(signer.value, signer.attributes)
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=1024)
def _verification(key: bytes, algorithm: bytes, hash_name: str) -> _Verification:
    """How this key (DER) verifies by this algorithm (DER); the hash is its own, or the signer's if it names none.

    Raises Rejected for what is too weak (ETSI TS 119 312 §6, §7): a seal is meant to last.
    """
    stated = SignedDigestAlgorithm.load(algorithm, strict=True)
    scheme = stated.signature_algo
    try:
        name: str = stated.hash_algo or hash_name
    except ValueError:
        name = hash_name
    hashed, loaded = hash_named(name), load_der_public_key(key)
    require(hashed is not None or scheme in _WITHOUT_HASH, f"a signature by {name} is too weak")
    require(is_strong(loaded), "the key of a signature is too weak")
    if hashed is not None and scheme in {"ecdsa", "rsassa_pkcs1v15"}:
        return _plain(loaded, scheme, hashed)
    return _unusual(key, algorithm, hash_name)


def _plain(key: object, scheme: str, hashed: HashAlgorithm) -> _Verification:
    """The two schemes that nearly all signatures have. Raises ValueError when the key is not for them."""
    if isinstance(key, ec.EllipticCurvePublicKey) and scheme == "ecdsa":
        curve = ec.ECDSA(hashed)
        return lambda value, signed: key.verify(value, signed, curve)
    if isinstance(key, rsa.RSAPublicKey) and scheme == "rsassa_pkcs1v15":
        filling = padding.PKCS1v15()
        return lambda value, signed: key.verify(value, signed, filling, hashed)
    raise ValueError(f"a {type(key).__name__} cannot verify {scheme}")


def _unusual(key: bytes, algorithm: bytes, hash_name: str) -> _Verification:
    """All other schemes, read by the library anew each time: what it has parsed is not shared between threads."""
    context = SignatureValidationContext(contextual_md_algorithm=hash_name, prehashed=False)

    def verify(value: bytes, signed: bytes) -> None:
        DefaultSignatureValidator().validate_signature(
            value, signed, PublicKeyInfo.load(key), SignedDigestAlgorithm.load(algorithm), context
        )

    return verify
