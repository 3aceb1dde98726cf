"""ASN.1 elements (X.690), one level at a time: cheap, where most of a CMS recurs and little of it is asked for.

asn1crypto's parser finds where each begins and ends; a Shape says which may stand there, and in which order.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from asn1crypto import parser
from asn1crypto.core import ObjectIdentifier

SEQUENCE = 0x30
_OCTET_STRING, _PIECES, _INDEFINITE, _LONG_TAG = 0x04, 0x24, 0x80, 0x1F
_SHORTEST, _MAX_ELEMENTS = 2, 256

Shape = re.Pattern[bytes]
"""The identifier octets of elements that follow each other; named groups are the elements that are asked for."""


class Element(NamedTuple):
    """One element: its first octet, its contents octets, and all of it."""

    identifier: int
    contents: bytes
    whole: bytes


def read_elements(content: bytes) -> list[Element]:
    """Read the elements that stand here, one behind the other and up to the last byte. Raises ValueError."""
    found: list[Element] = []
    begin = 0
    while begin < len(content):
        if len(found) == _MAX_ELEMENTS:
            raise ValueError("an ASN.1 structure has too many elements")
        found.append(_read_plain(content, begin) or _read_unusual(content, begin))
        begin += len(found[-1].whole)
    return found


def _read_plain(content: bytes, begin: int) -> Element | None:
    """The element that begins here, if it is of a definite length and all there, as nearly all are; else None."""
    behind = begin + _SHORTEST
    if behind > len(content) or content[begin] & _LONG_TAG == _LONG_TAG or content[begin + 1] == _INDEFINITE:
        return None
    length = content[begin + 1]
    if length > _INDEFINITE:
        behind += length - _INDEFINITE
        length = int.from_bytes(content[begin + _SHORTEST : behind], "big")
    end = behind + length
    return Element(content[begin], content[behind:end], content[begin:end]) if end <= len(content) else None


def _read_unusual(content: bytes, begin: int) -> Element:
    *_, header, contents, trailer = parser.parse(content[begin:])
    return Element(header[0], contents, header + contents + trailer)


def read_element(content: bytes, *identifiers: int) -> Element:
    """Read the only element that stands here, which has one of these identifiers. Raises ValueError."""
    found = read_elements(content)
    if len(found) != 1 or found[0].identifier not in identifiers:
        raise ValueError("an ASN.1 structure holds something else than it should")
    return found[0]


def read_parts(content: bytes, shape: Shape) -> Mapping[str, Element]:
    """Read elements of this shape; gives the named ones that are there. Raises ValueError."""
    found = read_elements(content)
    match = shape.fullmatch(bytes(one.identifier for one in found))
    if match is None:
        raise ValueError("an ASN.1 structure holds something else than it should")
    return {name: found[place] for name in shape.groupindex if (place := match.start(name)) >= 0}


def read_octets(content: bytes) -> bytes:
    """Read the only OCTET STRING that stands here. Raises ValueError.

    BER may cut it into pieces (X.690 §8.7); like asn1crypto, this takes them at indefinite length only.
    """
    one = read_element(content, _OCTET_STRING, _PIECES)
    if one.identifier == _OCTET_STRING:
        return one.contents
    if one.whole[1] != _INDEFINITE:
        raise ValueError("an ASN.1 structure holds bytes in pieces of a definite length")
    return b"".join(read_octets(piece.whole) for piece in read_elements(one.contents))


def oid(dotted: str) -> bytes:
    """The contents octets of an object identifier."""
    return bytes(ObjectIdentifier(dotted).contents)
