"""Whether metadata still says the same: every writer stamps its own name and the time, and nothing else may differ."""

from collections.abc import Iterator

from lxml import etree
from pikepdf import Dictionary, Stream

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_XMP, _PDF = "{http://ns.adobe.com/xap/1.0/}", "{http://ns.adobe.com/pdf/1.3/}"
# What says when and by which program a file was last written (ISO 32000-2 §14.3.3, ISO 16684-1 §8.4).
_INFO_STAMPS = frozenset({"/ModDate", "/Producer"})
_XMP_STAMPS = frozenset({f"{_XMP}ModifyDate", f"{_XMP}MetadataDate", f"{_PDF}Producer"})
_XMP_MANAGEMENT = "{http://ns.adobe.com/xap/1.0/mm/}"
_MAX_XMP = 16_000_000


def find_info_changes(before: object, after: object) -> Iterator[str]:
    """Say which entries of the document information dictionary differ (ISO 32000-2 §14.3.3)."""
    old = dict(before.items()) if isinstance(before, Dictionary) else {}
    new = dict(after.items()) if isinstance(after, Dictionary) else {}
    for key in sorted((old.keys() | new.keys()) - _INFO_STAMPS):
        if not (key in old and key in new and is_same_text(old[key], new[key])):
            yield f"{key} in the metadata"


def find_xmp_changes(before: object, after: object) -> Iterator[str]:
    """Say which properties of an XMP packet differ (ISO 16684-1); writers may group them otherwise."""
    if not (isinstance(before, Stream) and isinstance(after, Stream)):
        yield "the metadata"
        return
    old, new = before.read_bytes(), after.read_bytes()
    if old == new:
        return
    try:
        properties, others = _gather(old), _gather(new)
    except (etree.XMLSyntaxError, ValueError):
        yield "the metadata"
        return
    for name in sorted(properties.keys() | others.keys()):
        if properties.get(name) != others.get(name):
            yield f"{etree.QName(name).localname} in the metadata"


def is_same_text(one: object, other: object) -> bool:
    """Whether two strings are the same bytes, or the same text in another encoding (ISO 32000-2 §7.9.2.2)."""
    if type(one) is not type(other):
        return False
    if bytes(one) == bytes(other):  # type: ignore[call-overload]
        return True
    text = str(one)
    return "\ufffd" not in text and text == str(other)


def _gather(packet: bytes) -> dict[str, set[bytes]]:
    found: dict[str, set[bytes]] = {}
    for name, value in _properties(packet):
        found.setdefault(name, set()).add(value)
    return found


def _properties(packet: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the properties, as attributes or elements of any rdf:Description, but what writers stamp."""
    if len(packet) > _MAX_XMP:
        raise ValueError("the metadata is too large")
    root = etree.fromstring(packet, etree.XMLParser(resolve_entities=False, no_network=True))
    if root.getroottree().docinfo.doctype:
        raise ValueError("the metadata has a DTD")
    for described in root.iter(f"{_RDF}Description"):
        parent = described.getparent()
        if parent is not None and parent.tag == f"{_RDF}RDF":
            yield from (
                (str(name), str(value).encode()) for name, value in described.attrib.items() if _tells(str(name))
            )
            yield from (
                (str(one.tag), _plain(one)) for one in described if isinstance(one.tag, str) and _tells(one.tag)
            )


def _tells(name: str) -> bool:
    return name not in _XMP_STAMPS and not name.startswith((_XMP_MANAGEMENT, f"{_RDF}about"))


def _plain(element: etree._Element) -> bytes:
    """A simple value as an attribute would have it, anything else in canonical form without blanks between elements."""
    if len(element) == 0 and not element.attrib:
        return (element.text or "").encode()
    for one in element.iter():
        one.text = one.text if one.text and one.text.strip() else None
        one.tail = one.tail if one.tail and one.tail.strip() else None
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)
