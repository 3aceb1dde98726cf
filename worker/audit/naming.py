"""Which certificate a signature says that it was made with, beside the digest that tells it (EN 319 132-1 §5.2.2)."""

import re
from base64 import b64decode

from asn1crypto import tsp
from asn1crypto.x509 import Certificate
from cryptography import x509
from lxml import etree

_BETWEEN = re.compile(r"(?<!\\)[,;+]")
_SHORT = re.compile(r"(?:CN|L|ST|O|OU|C|STREET|DC|UID)\s*=", re.IGNORECASE)
"""Types of attributes whose names are the same in every program (RFC 4514 §3)."""


def names_another(stated: etree._Element, certificate: Certificate) -> bool:
    """Whether a Cert of either signing-certificate property has the issuer or serial number of another certificate.

    Raises ValueError where it cannot be read.
    """
    encoded, name, number = (
        stated.findtext(f".//{{*}}{part}") for part in ("IssuerSerialV2", "X509IssuerName", "X509SerialNumber")
    )
    if encoded and encoded.strip():
        told = tsp.IssuerSerial.load(b64decode(encoded), strict=True)
        issuers = [one.chosen for one in told["issuer"] if one.name == "directory_name"]
        return told["serial_number"].native != certificate.serial_number or issuers != [certificate.issuer]
    if number and int(number) != certificate.serial_number:
        return True
    held = {(one["type"].dotted, one["value"].native) for part in certificate.issuer.chosen for one in part}
    return any(not _attributes(one) <= held for one in _BETWEEN.split(name or ""))


def _attributes(part: str) -> set[tuple[str, str | bytes]]:
    """One part of a name in text; nothing where it is written in a way that tells nothing, for the digest does."""
    kind, _, value = part.partition("=")
    if not _SHORT.match(part.strip()):
        return set()
    try:
        parsed = x509.Name.from_rfc4514_string(f"{kind.strip().upper()}={value.strip()}")
    except ValueError:
        return set()
    return {(one.oid.dotted_string, one.value) for one in parsed}
