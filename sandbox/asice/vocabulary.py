"""The namespaces and algorithm identifiers that a signature file is written in."""

ASIC = "http://uri.etsi.org/02918/v1.2.1#"  # ETSI EN 319 162-1 Annex A
DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"  # ETSI EN 319 132-1 §4.2
XADES141 = "http://uri.etsi.org/01903/v1.4.1#"
MANIFEST = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"

SIGNED_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"  # the Type of their Reference, EN 319 132-1 §4.4.2

C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
C14N11 = "http://www.w3.org/2006/12/xml-c14n11"
EXCLUSIVE_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"

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
