"""How SignAPI names the algorithm that the platform shall sign with."""

from collections.abc import Callable

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.variants.signapi import SignatureAlgorithm

NAMES: dict[SignatureAlgorithm, Callable[[str, int], dict[str, str]]] = {
    SignatureAlgorithm.PLATFORM: lambda key, bits: _named("ecdsa" if key == "ecdsa" else f"rsa-sha{bits}"),
    SignatureAlgorithm.UPPER: lambda key, bits: _named("ECDSA" if key == "ecdsa" else f"RSA-SHA{bits}"),
    SignatureAlgorithm.JAVA: lambda key, bits: _named(f"SHA{bits}with{key.upper()}"),
    SignatureAlgorithm.ABSENT: lambda *_: {},
}


def signature_algorithm(certificate: x509.Certificate, digest: bytes, words: SignatureAlgorithm) -> dict[str, str]:
    """Return the field that names how to sign this digest with the certificate's key, or nothing."""
    key = "rsa" if isinstance(certificate.public_key(), rsa.RSAPublicKey) else "ecdsa"
    return NAMES[words](key, 8 * len(digest))


def _named(name: str) -> dict[str, str]:
    return {"signature_algorithm": name}
