"""Canonical forms of XML elements, which are what is hashed (Canonical XML 1.0 and 1.1, Exclusive Canonical XML)."""

from dataclasses import dataclass

from lxml import etree

from worker.verification.asice.markup import Element, read_children, require_attributes, shape
from worker.verification.refusal import require

# 1.0 and 1.1 differ only in attributes of the xml namespace, which `markup` refuses.
_INCLUSIVE = {"http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "http://www.w3.org/2006/12/xml-c14n11"}
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_CHILDREN = shape("ec:InclusiveNamespaces?")


@dataclass(frozen=True, slots=True)
class Canonicalization:
    """One way to write an element; `prefixes` are the namespaces that exclusive canonicalization keeps all the same."""

    exclusive: bool = False
    prefixes: tuple[str, ...] = ()

    def of(self, element: Element) -> bytes:
        """The element's canonical form, in UTF-8 and without comments."""
        return etree.tostring(
            element,
            method="c14n",
            exclusive=self.exclusive,
            with_comments=False,
            inclusive_ns_prefixes=list(self.prefixes) or None,
        )


def read_canonicalization(method: Element | None) -> Canonicalization:
    """Read a ds:CanonicalizationMethod or ds:Transform; without one, Canonical XML 1.0 is meant. Raises Rejected.

    The default is that of XMLDSIG §4.4.3.2, which ETSI EN 319 132-1 §4.5 takes over.
    """
    if method is None:
        return Canonicalization()
    require_attributes(method, {"Algorithm": {*_INCLUSIVE, _EXCLUSIVE}})
    exclusive = method.get("Algorithm") == _EXCLUSIVE
    children = read_children(method, _CHILDREN)
    require(exclusive or not children, "an inclusive canonicalization names namespaces")
    for child in children:
        require_attributes(child, {"PrefixList": None})
    return Canonicalization(
        exclusive, tuple(prefix for child in children for prefix in child.get("PrefixList", "").split())
    )
