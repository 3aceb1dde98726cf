"""Trust anchors: the certificates at which every chain must end, read from files in PEM or DER.

The worker's judgement and the audit both begin with them, and neither imports the other: so they stand here.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from asn1crypto.core import IA5String, NumericString, VisibleString
from asn1crypto.x509 import Certificate, DirectoryString, DNSName, EmailAddress, NameTypeAndValue
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko_certvalidator import ValidationContext

_PEM = b"-----BEGIN CERTIFICATE-----"


class UnusableAnchor(Exception):
    """A file of trust anchors is missing, empty, or holds no certificate that can be used; the message names it."""


class _AnyString(DirectoryString):  # type: ignore[misc]
    """An attribute of a name in any of ASN.1's string types.

    X.520 gives each attribute one type, and asn1crypto takes some of them at their word; certificates in national
    trusted lists do not keep to it (a telephone number as UTF8String). Their names then could not be compared at all.
    """

    _alternatives = [  # noqa: RUF012 - as asn1crypto wants it
        *DirectoryString._alternatives,  # noqa: SLF001 - the types that it knows already
        ("ia5_string", IA5String),
        ("numeric_string", NumericString),
        ("visible_string", VisibleString),
    ]


_LENIENT = {
    kind: _AnyString
    for kind, expected in NameTypeAndValue._oid_specs.items()  # noqa: SLF001 - asn1crypto has no other way to say it
    if issubclass(expected, DirectoryString | DNSName | EmailAddress) or kind == "telephone_number"
}
NameTypeAndValue._oid_specs.update(_LENIENT)  # noqa: SLF001


def load_anchors(paths: Iterable[Path]) -> tuple[x509.Certificate, ...]:
    """Read every certificate of these files, each once. Raises UnusableAnchor, also for one that no chain could use."""
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
        certificates = (
            x509.load_pem_x509_certificates(content) if _PEM in content else [x509.load_der_x509_certificate(content)]
        )
    except ValueError as error:
        raise UnusableAnchor(f"the trust anchor {path} holds no certificate in PEM or DER") from error
    for certificate in certificates:
        _require_usable(certificate, path)
    return certificates


def _require_usable(certificate: x509.Certificate, path: Path) -> None:
    """The validating library can read it too: on one that it cannot, it would stumble for every file."""
    try:
        parsed = Certificate.load(certificate.public_bytes(Encoding.DER), strict=True)
        ValidationContext(trust_roots=[parsed], allow_fetching=False)
        usable = all((parsed.subject.hashable, parsed.issuer.hashable, parsed.public_key.bit_size))
    except (ValueError, TypeError, KeyError) as error:
        raise UnusableAnchor(f"{_describe(certificate, path)}: {str(error).partition(chr(10))[0]}") from error
    if not usable:
        raise UnusableAnchor(f"{_describe(certificate, path)}: it has no name or no key")


def _describe(certificate: x509.Certificate, path: Path) -> str:
    try:
        subject = certificate.subject.rfc4514_string()
    except ValueError:
        subject = f"with serial number {certificate.serial_number}"
    return f"the trust anchor {subject} cannot be used; take it out of {path}, for with it no file could be verified"
