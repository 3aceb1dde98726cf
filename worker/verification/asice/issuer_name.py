"""The issuer's name in text, as the older signing-certificate property states it (XMLDSIG §4.5.4.1, RFC 4514)."""

import re

from cryptography import x509
from cryptography.x509.oid import NameOID

_TYPES = {
    "CN": NameOID.COMMON_NAME,
    "L": NameOID.LOCALITY_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "C": NameOID.COUNTRY_NAME,
    "STREET": NameOID.STREET_ADDRESS,
    "DC": NameOID.DOMAIN_COMPONENT,
    "UID": NameOID.USER_ID,
}
"""The short names that every program knows (RFC 4514 §3). Any other attribute, such as the organizationIdentifier of a
CA, has as many spellings as there are programs; the digest beside the name has told the certificate anyway."""
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|\\.|[,;+]|[^"\\,;+]+|["\\]', re.DOTALL)
"""What a name is made of: something quoted, something escaped, what stands between two parts, or plain text."""
_MAX_LENGTH = 4096
"""Far more than the upper bounds of X.520 allow (RFC 5280 Appendix A.1), and soon read however it is written."""
_ESCAPED = re.compile(r"((?:\\[0-9A-Fa-f]{2})+)|\\(.)", re.DOTALL)


def is_name_of(issuer: x509.Name, text: str) -> bool:
    """Whether all that the text says under a short name is said by this name, in whatever order and spacing."""
    if len(text) > _MAX_LENGTH:
        return False
    for part in _split(text):
        kind, _, value = part.partition("=")
        identifier = _TYPES.get(kind.strip().upper())
        if identifier and _unescape(value) not in [one.value for one in issuer.get_attributes_for_oid(identifier)]:
            return False
    return True


def _split(text: str) -> list[str]:
    parts = [""]
    for piece in _PIECE.findall(text):
        if piece in ",;+":
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def _unescape(value: str) -> str:
    quoted = value.strip().removeprefix('"').removesuffix('"')
    return _ESCAPED.sub(lambda found: _decode(found[1]) if found[1] else found[2], quoted)


def _decode(pairs: str) -> str:
    return bytes.fromhex(pairs.replace("\\", "")).decode(errors="replace")
