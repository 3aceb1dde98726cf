"""XML as signatures need it: read without trust, canonical where it is hashed."""

from base64 import b64decode, b64encode
from binascii import Error

from lxml import etree

ASIC = "http://uri.etsi.org/02918/v1.2.1#"  # ETSI EN 319 162-1 Annex A
DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"  # ETSI EN 319 132-1 §4.2
XADES141 = "http://uri.etsi.org/01903/v1.4.1#"
MANIFEST = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"

SIGNED_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"  # the Type of their Reference, EN 319 132-1 §4.4.2

C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
C14N11 = "http://www.w3.org/2006/12/xml-c14n11"
EXCLUSIVE_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"

# SHA-1 is missing on purpose: collisions of it are made (ETSI TS 119 312).
DIGEST = {
    "sha256": "http://www.w3.org/2001/04/xmlenc#sha256",
    "sha384": "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "sha512": "http://www.w3.org/2001/04/xmlenc#sha512",
}
RSA_SIGNATURE = {name: f"http://www.w3.org/2001/04/xmldsig-more#rsa-{name}" for name in DIGEST}  # RFC 9231 §2.3
ECDSA_SIGNATURE = {name: f"http://www.w3.org/2001/04/xmldsig-more#ecdsa-{name}" for name in DIGEST}  # RFC 9231 §2.3.6


def ds(name: str) -> str:
    """Return an element name of XML Signature."""
    return f"{{{DS}}}{name}"


def xades(name: str) -> str:
    """Return an element name of XAdES 1.3.2."""
    return f"{{{XADES}}}{name}"


def xades141(name: str) -> str:
    """Return an element name of XAdES 1.4.1, which added the archive timestamp of today."""
    return f"{{{XADES141}}}{name}"


# The forms with comments are missing on purpose: reading leaves comments out.
EXCLUSIVE = {C14N: False, C14N11: False, EXCLUSIVE_C14N: True}


class Malformed(ValueError):
    """This is no XML that a signature file or a manifest may be."""


def parse(content: bytes) -> etree._Element:
    """Return the root element; raises `Malformed`, also for a document type, which could change what is read.

    Comments are left out: no canonical form used here has them, and they could hide inside a text.
    """
    # No entity is resolved, no DTD loaded, no network asked: a signature file comes from anybody.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as cause:
        raise Malformed(f"this is not XML: {cause}") from cause
    if root.getroottree().docinfo.doctype:
        raise Malformed("a document type is not welcome here")
    return root


def serialise(root: etree._Element) -> bytes:
    """Return the document as a file holds it."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=False)


def canonicalise(element: etree._Element, method: str = C14N11) -> bytes:
    """Return the element, as it stands in its document, in canonical form without comments.

    Version 1.1 differs from 1.0 only in what is inherited of `xml:` attributes, which signature files do not use.
    Raises `Malformed` for an unknown method.
    """
    if method not in EXCLUSIVE:
        raise Malformed(f"{method} is no canonicalization known here")
    return etree.tostring(element, method="c14n", exclusive=EXCLUSIVE[method], with_comments=False)


def append_child(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
    """Append a new element and return it."""
    element = etree.SubElement(parent, name, attributes)
    element.text = text
    return element


def base64_text(content: bytes) -> str:
    """Return bytes as XML holds them (XML Schema base64Binary)."""
    return b64encode(content).decode("ascii")


def binary(element: etree._Element) -> bytes:
    """Return the bytes that an element's text stands for; raises `Malformed`."""
    try:
        return b64decode("".join("".join(element.itertext()).split()), validate=True)
    except (Error, ValueError) as cause:
        raise Malformed(f"{etree.QName(element).localname} is not base64") from cause
