"""Where things stand in a XAdES signature: the one place each may have, and nowhere else."""

from dataclasses import dataclass

from lxml import etree

from sandbox.asice.xml import ASIC, SIGNED_PROPERTIES, Malformed, ds, parse, xades


@dataclass(frozen=True, slots=True)
class SignatureElement:
    """One ds:Signature element, taken apart; `Malformed` when it is not built as XAdES wants it."""

    element: etree._Element
    signed_info: etree._Element
    value: etree._Element
    key_info: etree._Element
    qualifying: etree._Element
    signed_properties: etree._Element

    @classmethod
    def of(cls, element: etree._Element) -> "SignatureElement":
        """Take the element apart, by the order of XML Signature §4.2 and the places of EN 319 132-1 §4.4."""
        names = [child.tag for child in element if isinstance(child.tag, str)]
        if names != [ds("SignedInfo"), ds("SignatureValue"), ds("KeyInfo"), ds("Object")]:
            raise Malformed("a signature has SignedInfo, SignatureValue, KeyInfo and one Object")
        signed_info, value, key_info, holder = element
        qualifying = only(holder, xades("QualifyingProperties"))
        if qualifying.get("Target") != f"#{element.get('Id')}":
            raise Malformed("the qualifying properties are those of another signature")
        return cls(element, signed_info, value, key_info, qualifying, only(qualifying, xades("SignedProperties")))

    @property
    def references(self) -> list[etree._Element]:
        """Return the Reference elements in order."""
        return list(self.signed_info.iterchildren(ds("Reference")))

    @property
    def unsigned_properties(self) -> list[etree._Element]:
        """Return the unsigned signature properties in order; none where a signature has no such element."""
        found = self.qualifying.find(f"{xades('UnsignedProperties')}/{xades('UnsignedSignatureProperties')}")
        return [] if found is None else [one for one in found if isinstance(one.tag, str)]

    def is_to_properties(self, reference: etree._Element) -> bool:
        """Say whether this Reference is the one to this signature's own signed properties."""
        of_type = reference.get("Type") == SIGNED_PROPERTIES
        return of_type and reference.get("URI") == f"#{self.signed_properties.get('Id')}"


def signatures_in(content: bytes) -> list[SignatureElement]:
    """Return the signatures of one signature file, which all come from one tree; raises `Malformed`."""
    root = parse(content)
    if root.tag != f"{{{ASIC}}}XAdESSignatures":
        raise Malformed("a signature file's root is XAdESSignatures")
    ids = root.xpath("//@Id")
    if len(set(ids)) != len(ids):
        # XML Signature wrapping: what is checked and what is shown could be two elements of one Id.
        raise Malformed("two elements have one Id")
    found = [SignatureElement.of(element) for element in root]
    if not found:
        raise Malformed("a signature file holds a signature")
    return found


def only(parent: etree._Element, name: str) -> etree._Element:
    """Return the one child element there is, which has this name; raises `Malformed`."""
    children = list(parent.iterchildren(name))
    if len(children) != 1:
        raise Malformed(f"exactly one {etree.QName(name).localname} is expected")
    return children[0]
