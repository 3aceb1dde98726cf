"""XML, read strictly: no DTD, no entity, no comment; elements and attributes stand exactly where a schema wants them.

Whatever a schema leaves open, an attacker may use: text between elements, a second element of the same name, an Id
that stands twice. Shapes say what may stand where, as those of `der` do for ASN.1.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Collection, Mapping

from lxml import etree

from worker.verification.refusal import refused, require

_PREFIXES = {
    "http://www.w3.org/2000/09/xmldsig#": "ds",
    "http://www.w3.org/2001/10/xml-exc-c14n#": "ec",
    "http://uri.etsi.org/01903/v1.3.2#": "xades",
    "http://uri.etsi.org/01903/v1.4.1#": "xades141",
    "http://uri.etsi.org/02918/v1.2.1#": "asic",
    "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0": "manifest",
}
_DECLARATION = re.compile(
    rb"""<\?xml version=(?:"1\.0"|'1\.0')(?: encoding=(?:"UTF-8"|'UTF-8'|"utf-8"|'utf-8'))?"""
    rb"""(?: standalone=(?:"(?:yes|no)"|'(?:yes|no)'))? ?\?>"""
)
_RESERVED = "{http://www.w3.org/XML/1998/namespace}"
_IDENTIFIERS = frozenset({"Id", "ID", "id"})
_SPACE = " \t\r\n"
_WITHOUT_SPACE = str.maketrans("", "", _SPACE)

XmlElement = etree._Element  # noqa: SLF001 - lxml gives its elements' type no other name

ElementShape = re.Pattern[str]
"""The names of child elements that follow each other."""


def shape(text: str) -> ElementShape:
    """Compile a shape: names like `ds:Object`, with `|` between choices and `?`, `+` or `*` behind, as in a DTD."""
    pattern = ""
    for word in text.split():
        names = word.rstrip("?+*")
        choice = "|".join(f"{name} " for name in names.split("|"))
        pattern += f"(?:{choice}){word.removeprefix(names)}"
    return re.compile(pattern)


def read_root(content: bytes, name: str) -> XmlElement:
    """Parse a document whose root has this name. Raises Rejected and lxml.etree.XMLSyntaxError."""
    declared = _DECLARATION.match(content)
    require(b"<?" not in content[declared.end() if declared else 0 :], "the XML holds an instruction, or is not UTF-8")
    require(b"<!" not in content, "the XML holds a DTD, a comment or a CDATA section")
    parser = etree.XMLParser(encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(content, parser)
    require(name_of(root) == name, f"the XML is {name_of(root)} and not {name}")
    # No Id stands twice; and none of xml:base and the like, which canonical forms would inherit or not (C14N 1.1).
    identifiers = []
    for element in root.iter():
        for attribute, value in element.attrib.items():
            require(not str(attribute).startswith(_RESERVED), "the XML has an attribute of the xml namespace")
            if attribute in _IDENTIFIERS:
                identifiers.append(value)
    require(len(set(identifiers)) == len(identifiers), "the XML has one Id in two places")
    return root


def name_of(element: XmlElement) -> str:
    """The element's name with the usual prefix of its namespace; `?` stands for a namespace that is not known."""
    qualified = etree.QName(element)
    return f"{_PREFIXES.get(qualified.namespace or '', '?')}:{qualified.localname}"


def read_children(element: XmlElement, allowed: ElementShape) -> list[XmlElement]:
    """Give the child elements, which have this shape and only blanks between them. Raises Rejected."""
    children = list(element)
    names = "".join(f"{name_of(child)} " for child in children)
    require(allowed.fullmatch(names), f"{name_of(element)} does not hold what it should: {names.strip() or 'nothing'}")
    texts = [element.text, *(child.tail for child in children)]
    require(not any((text or "").strip(_SPACE) for text in texts), f"{name_of(element)} holds text")
    return children


def read_text(element: XmlElement) -> str:
    """Give the text of an element that has no children. Raises Rejected."""
    require(len(element) == 0, f"{name_of(element)} holds more than text")
    return element.text or ""


def read_base64(element: XmlElement) -> bytes:
    """Decode the element's text, which may be broken into lines (RFC 4648 §4). Raises Rejected.

    Its last character must leave no spare bits: each value has one text.
    """
    text = read_text(element).translate(_WITHOUT_SPACE)
    try:
        value = b64decode(text, validate=True)
    except ValueError as error:
        raise refused(f"{name_of(element)} is no base64") from error
    require(value and b64encode(value).decode() == text, f"{name_of(element)} is no base64")
    return value


def require_attributes(
    element: XmlElement, required: Mapping[str, Collection[str] | None], optional: Collection[str] = ()
) -> None:
    """The element has these attributes and no others; `required` maps to the values they may have. Raises Rejected."""
    present = set(element.attrib)
    expected = required.keys() - set(optional) <= present <= required.keys() | set(optional)
    require(expected, f"{name_of(element)} does not have the attributes it should")
    for name, values in required.items():
        found = element.get(name)
        fits = found is None or values is None or found in values
        require(fits, f"{name_of(element)} has the unknown {etree.QName(name).localname} {found}")
