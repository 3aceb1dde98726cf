"""XML that holds nothing but what its schema has a place for, as far as nobody signed it."""

from collections.abc import Container, Iterator

from lxml import etree

SIGNATURE_NAMESPACES = frozenset(
    {
        "http://www.w3.org/2000/09/xmldsig#",
        "http://www.w3.org/2009/xmldsig11#",
        "http://www.w3.org/2001/10/xml-exc-c14n#",
        "http://uri.etsi.org/01903/v1.3.2#",
        "http://uri.etsi.org/01903/v1.4.1#",
        "http://uri.etsi.org/02918/v1.2.1#",
    }
)
_SIGNED = (
    "{http://www.w3.org/2000/09/xmldsig#}SignedInfo",
    "{http://uri.etsi.org/01903/v1.3.2#}SignedProperties",
)
"""What stands in these was signed, and is looked at for what it says."""


def find_hidden_markup(root: etree._Element, namespaces: Container[str]) -> Iterator[str]:
    """Say where elements of other namespaces, or text between elements, stand where a schema has no place for them.

    libdigidocpp validates the schemas themselves; whoever reads such a file by other means may show what is hidden.
    """
    for element in root.iter(tag=etree.Element):
        if any(one.tag in _SIGNED for one in element.iterancestors()):
            continue
        name = etree.QName(element)
        if name.namespace not in namespaces:
            yield f"an element {name.localname} that nobody signed"
        if len(element) and any((text or "").strip() for text in (element.text, *(one.tail for one in element))):
            yield f"text in {name.localname} that nobody signed"
