"""Algorithms by their identifiers in XML (RFC 9231); those not listed are too weak, or nobody needs them.

Canonical forms of XML elements are what is hashed (Canonical XML 1.0 and 1.1, Exclusive Canonical XML).
"""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from jobs.model.digest import HashAlgorithm
from worker.verification.asice.markup import XmlElement, name_of, read_children, require_attributes, shape
from worker.verification.keys import SealKey
from worker.verification.refusal import require, require_understood

_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_DIGESTS = {
    "http://www.w3.org/2001/04/xmlenc#sha256": HashAlgorithm.SHA256,
    f"{_MORE}sha384": HashAlgorithm.SHA384,
    "http://www.w3.org/2001/04/xmlenc#sha512": HashAlgorithm.SHA512,
}
_WEAK = frozenset({"http://www.w3.org/2000/09/xmldsig#sha1", f"{_MORE}md5", f"{_MORE}sha224"})
_METHODS = {f"{_MORE}{scheme}-{name}": name for scheme in ("rsa", "ecdsa") for name in HashAlgorithm}
_NOTHING = shape("")
# 1.0 and 1.1 differ only in attributes of the xml namespace, which `markup` refuses.
_INCLUSIVE = {"http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "http://www.w3.org/2006/12/xml-c14n11"}
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_CHILDREN = shape("ec:InclusiveNamespaces?")


def read_hash(method: XmlElement) -> HashAlgorithm:
    """The hash function of a ds:DigestMethod. Raises Rejected for a weak one."""
    require_attributes(method, {"Algorithm": None})
    read_children(method, _NOTHING)
    identifier = method.get("Algorithm", "")
    require(identifier not in _WEAK, f"the digest algorithm {identifier} is too weak")
    require_understood(identifier in _DIGESTS, f"the digest algorithm {identifier} is unknown")
    return _DIGESTS[identifier]


def read_signing_hash(method: XmlElement) -> HashAlgorithm:
    """The hash function that a ds:SignatureMethod names. Raises Rejected for a weak or unknown one."""
    identifier = method.get("Algorithm", "")
    require(not identifier.endswith(("sha1", "md5")), f"the signature method {identifier} is too weak")
    require_understood(identifier in _METHODS, f"the signature method {identifier} is unknown")
    return _METHODS[identifier]


def require_signing(method: XmlElement, key: SealKey, hash_name: HashAlgorithm) -> None:
    """The ds:SignatureMethod is the one that this key and the approved digest call for. Raises Rejected."""
    scheme = "rsa" if isinstance(key, rsa.RSAPublicKey) else "ecdsa"
    require_attributes(method, {"Algorithm": None})
    read_children(method, _NOTHING)
    fits = method.get("Algorithm") == f"{_MORE}{scheme}-{hash_name}"
    require(fits, f"the signature method is {method.get('Algorithm')} and not {scheme} with {hash_name}")


@dataclass(frozen=True, slots=True)
class Canonicalization:
    """One way to write an element; `prefixes` are the namespaces that exclusive canonicalization keeps all the same."""

    exclusive: bool = False
    prefixes: tuple[str, ...] = ()

    def of(self, element: XmlElement) -> bytes:
        """The element's canonical form, in UTF-8 and without comments."""
        return etree.tostring(
            element,
            method="c14n",
            exclusive=self.exclusive,
            with_comments=False,
            inclusive_ns_prefixes=list(self.prefixes) or None,
        )


def read_canonicalization(method: XmlElement | None) -> Canonicalization:
    """Read a ds:CanonicalizationMethod or ds:Transform; without one, Canonical XML 1.0 is meant. Raises Rejected.

    The default is that of XMLDSIG §4.4.3.2, which ETSI EN 319 132-1 §4.5 takes over.
    """
    if method is None:
        return Canonicalization()
    require_attributes(method, {"Algorithm": None})
    known = method.get("Algorithm") in {*_INCLUSIVE, _EXCLUSIVE}
    require(known, f"{name_of(method)} has the unknown Algorithm {method.get('Algorithm')}")
    exclusive = method.get("Algorithm") == _EXCLUSIVE
    children = read_children(method, _CHILDREN)
    require(exclusive or not children, "an inclusive canonicalization names namespaces")
    for child in children:
        require_attributes(child, {"PrefixList": None})
    return Canonicalization(
        exclusive, tuple(prefix for child in children for prefix in child.get("PrefixList", "").split())
    )
