"""Writing DER (ITU-T X.690 §10): the few forms that timestamps and signatures need, without a tree of objects."""

from datetime import UTC, datetime

from asn1crypto.core import ObjectIdentifier

NULL = b"\x05\x00"
LONG_FORM = 0x80  # a length from here on takes more than one byte


def tlv(tag: int, *parts: bytes) -> bytes:
    """Return the parts joined behind a one-byte tag and their definite length."""
    content = b"".join(parts)
    size = len(content)
    if size < LONG_FORM:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, LONG_FORM | len(length))) + length + content


def sequence(*parts: bytes) -> bytes:
    """Return a SEQUENCE of parts that are DER already."""
    return tlv(0x30, *parts)


def set_of(*parts: bytes) -> bytes:
    """Return a SET OF; DER wants its members in ascending order of their encodings (X.690 §11.6)."""
    return tlv(0x31, *sorted(parts))


def explicit(number: int, *parts: bytes) -> bytes:
    """Return a constructed context-specific value, as `[number] EXPLICIT` and as IMPLICIT sets and sequences."""
    return tlv(0xA0 | number, *parts)


def integer(value: int) -> bytes:
    """Return a non-negative INTEGER."""
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def octet_string(content: bytes) -> bytes:
    """Return an OCTET STRING."""
    return tlv(0x04, content)


def oid(dotted: str) -> bytes:
    """Return an OBJECT IDENTIFIER given in dotted form."""
    encoded: bytes = ObjectIdentifier(dotted).dump()
    return encoded


def generalized_time(moment: datetime) -> bytes:
    """Return a GeneralizedTime in UTC, whole seconds, which RFC 3161 §2.4.2 and RFC 5280 §4.1.2.5.2 allow."""
    return tlv(0x18, moment.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode("ascii"))
