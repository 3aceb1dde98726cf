"""Trust anchors: the certificates at which every chain must end, read from files in PEM or DER."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

_PEM = b"-----BEGIN CERTIFICATE-----"


class UnusableAnchor(Exception):
    """A file of trust anchors is missing, empty, or holds no certificate; the message names it."""


def load_anchors(paths: Iterable[Path]) -> tuple[x509.Certificate, ...]:
    """Read every certificate of these files, each once. Raises UnusableAnchor."""
    found = {certificate.public_bytes(Encoding.DER): certificate for path in paths for certificate in _read(path)}
    if not found:
        raise UnusableAnchor("no trust anchor is configured: nothing could ever be verified")
    return tuple(found.values())


def _read(path: Path) -> Sequence[x509.Certificate]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnusableAnchor(f"the trust anchor {path} cannot be read: {error.strerror}") from error
    try:
        return (
            x509.load_pem_x509_certificates(content) if _PEM in content else [x509.load_der_x509_certificate(content)]
        )
    except ValueError as error:
        raise UnusableAnchor(f"the trust anchor {path} holds no certificate in PEM or DER") from error
