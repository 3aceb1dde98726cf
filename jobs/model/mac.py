"""A MAC at the end of a JSON object: HMAC-SHA256 (RFC 2104) over the bytes of the object as it is without it.

    {"a":1}   becomes   {"a":1,"mac":"<64 hex digits>"}

Bytes are covered, not values, so nobody has to agree on a canonical form of JSON.
"""

import hmac
import re

_MAC = re.compile(rb',"mac":"([0-9a-f]{64})"\}')
_LENGTH = len(b',"mac":""}') + 64


def add_mac(content: bytes, secret: bytes) -> bytes:
    """Write the MAC into an object of at least one member, which is JSON without white space at its end."""
    return content[:-1] + b',"mac":"' + _compute(content, secret) + b'"}'


def remove_mac(content: bytes) -> bytes:
    """The object as the MAC covers it; one without a MAC stays as it is."""
    return content[:-_LENGTH] + b"}" if _MAC.fullmatch(content[-_LENGTH:]) else content


def has_mac(content: bytes, secret: bytes) -> bool:
    """Say whether the object carries a MAC, and the one that this key makes."""
    found = _MAC.fullmatch(content[-_LENGTH:])
    return found is not None and hmac.compare_digest(found[1], _compute(remove_mac(content), secret))


def _compute(content: bytes, secret: bytes) -> bytes:
    return hmac.new(secret, content, "sha256").hexdigest().encode()
