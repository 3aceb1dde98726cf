"""Whether metadata still says the same: every writer stamps its own name and the time, and nothing else may differ."""

import re
from collections.abc import Hashable, Iterator

from lxml import etree
from pikepdf import Dictionary, Stream

from worker.audit.pdf_values import is_same_text

XmpElement = etree._Element  # noqa: SLF001 - lxml gives its elements' type no other name
Meaning = tuple[str, str, Hashable]
"""A value of a property: its kind, language and content."""

_NOTHING: Meaning = ("text", "", "")
_XML = "{http://www.w3.org/XML/1998/namespace}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_XMP, _PDF = "{http://ns.adobe.com/xap/1.0/}", "{http://ns.adobe.com/pdf/1.3/}"
# What says when and by which program a file was last written (ISO 32000-2 §14.3.3, ISO 16684-1 §8.4).
_INFO_STAMPS = frozenset({"/ModDate", "/Producer"})
_XMP_STAMPS = frozenset({f"{_XMP}ModifyDate", f"{_XMP}MetadataDate", f"{_PDF}Producer"})
_XMP_MANAGEMENT = "{http://ns.adobe.com/xap/1.0/mm/}"
_ARRAYS = frozenset({f"{_RDF}Seq", f"{_RDF}Bag", f"{_RDF}Alt"})
_MAX_XMP = 16_000_000
_TEXT_STAMP = re.compile(rb"<(\w+:(?:ModifyDate|MetadataDate|Producer|InstanceID))>[^<]*</\1>")


def find_info_changes(before: object, after: object) -> Iterator[str]:
    """Say which entries of the document information dictionary differ (ISO 32000-2 §14.3.3).

    A trailer that names none any more takes nothing away that anybody is shown on a page.
    """
    if after is None:
        return
    old = dict(before.items()) if isinstance(before, Dictionary) else {}
    new = dict(after.items()) if isinstance(after, Dictionary) else {}
    for key in sorted((old.keys() | new.keys()) - _INFO_STAMPS):
        if not is_same_text(old.get(key), new.get(key)):
            yield f"{key} in the metadata"


def find_xmp_changes(before: object, after: object) -> Iterator[str]:
    """Say which properties of an XMP packet differ (ISO 16684-1); writers may group and spell them otherwise."""
    old = before.read_bytes() if isinstance(before, Stream) else b""
    new = after.read_bytes() if isinstance(after, Stream) else b""
    if old == new:
        return
    try:
        properties, others = _read_properties(old), _read_properties(new)
    except (etree.XMLSyntaxError, ValueError):
        # Metadata that are no XML are compared as text, but for the same stamps.
        if _TEXT_STAMP.sub(b"", old) != _TEXT_STAMP.sub(b"", new):
            yield "the metadata"
        return
    for name in sorted(properties.keys() | others.keys()):
        if properties.get(name) != others.get(name):
            yield f"{etree.QName(name).localname} in the metadata"


def _read_properties(packet: bytes) -> dict[str, set[Meaning]]:
    """The properties of all top rdf:Description elements by name, without those that writers stamp."""
    if not packet:
        return {}
    if len(packet) > _MAX_XMP:
        raise ValueError("the metadata is too large")
    root = etree.fromstring(packet, etree.XMLParser(resolve_entities=False, no_network=True))
    if root.getroottree().docinfo.doctype:
        raise ValueError("the metadata has a DTD")
    found: dict[str, set[Meaning]] = {}
    for described in root.iter(f"{_RDF}Description"):
        parent = described.getparent()
        if parent is not None and parent.tag == f"{_RDF}RDF":
            for name, value in _fields(described):
                if name not in _XMP_STAMPS and not name.startswith(_XMP_MANAGEMENT):
                    found.setdefault(name, set()).add(value)
    return found


def _fields(element: XmpElement) -> frozenset[tuple[str, Meaning]]:
    """The fields of a structure, whether they stand as attributes or as elements (ISO 16684-1 §7.9.2.2)."""
    attributes = ((str(name), str(value)) for name, value in element.attrib.items())
    named = {(name, ("text", "", value)) for name, value in attributes if not name.startswith((_RDF, _XML))}
    return frozenset(named | {(str(one.tag), _value_of(one)) for one in element if isinstance(one.tag, str)})


def _value_of(element: XmpElement) -> Meaning:
    """A value, however RDF spells it (ISO 16684-1 §7.5 to §7.9): text, reference, structure or array."""
    language = element.get(f"{_XML}lang", "")
    if f"{_RDF}resource" in element.attrib:
        return "resource", language, str(element.get(f"{_RDF}resource"))
    children = [one for one in element if isinstance(one.tag, str)]
    if len(children) == 1 and children[0].tag in _ARRAYS:
        items = tuple(_value_of(one) for one in children[0] if isinstance(one.tag, str))
        return str(children[0].tag), language, items
    is_node = len(children) == 1 and children[0].tag == f"{_RDF}Description"
    fields = _fields(children[0] if is_node else element)
    if fields:
        return "structure", language, fields
    # An empty structure and an empty text in whatever language say the same: nothing.
    return ("text", language, element.text) if element.text and element.text.strip() else _NOTHING
