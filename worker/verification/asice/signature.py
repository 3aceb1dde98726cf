"""One ds:Signature with XAdES properties, taken apart (XMLDSIG §4.2, ETSI EN 319 132-1 §4.3).

Every element is found by its place and never by its Id, and references must then name just these: what is verified
is what is used, and a signature cannot be wrapped around something else.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from worker.verification.asice.markup import (
    XmlElement,
    name_of,
    read_base64,
    read_children,
    read_root,
    require_attributes,
    shape,
)
from worker.verification.asice.signed_info import SignedInfo, read_signed_info
from worker.verification.refusal import require, require_understood

_ROOT, _SIGNATURE = shape("ds:Signature+"), shape("ds:SignedInfo ds:SignatureValue ds:KeyInfo ds:Object")
_KEY_INFO, _KEY, _OBJECT = shape("ds:X509Data"), shape("ds:X509Certificate+"), shape("xades:QualifyingProperties")
_QUALIFYING = shape("xades:SignedProperties xades:UnsignedProperties?")
_UNSIGNED = shape("xades:UnsignedSignatureProperties")
_UNSIGNED_KINDS = frozenset(
    {
        "xades:SignatureTimeStamp",
        "xades:CertificateValues",
        "xades:RevocationValues",
        "xades141:TimeStampValidationData",
        "xades141:ArchiveTimeStamp",
    }
)
_UNEXPECTED = frozenset(
    {
        "xades:CounterSignature",  # §5.2.7: somebody else's signature over ours
        "xades141:SignaturePolicyStore",  # §5.2.10: rules that we did not sign under
    }
)
"""Unsigned properties that say something nobody approved (ETSI EN 319 132-1)."""
_PROPERTIES = shape("|".join(_UNSIGNED_KINDS) + "*")


@dataclass(frozen=True, slots=True)
class XadesSignature:
    """The parts of a signature; elements are kept where a timestamp covers them."""

    info: SignedInfo
    info_element: XmlElement = field(repr=False)
    value: bytes = field(repr=False)
    value_element: XmlElement = field(repr=False)
    certificates: tuple[bytes, ...] = field(repr=False)
    """Those of ds:KeyInfo in DER, the signer's first."""
    key_element: XmlElement = field(repr=False)
    signed: XmlElement = field(repr=False)
    """The xades:SignedProperties."""
    unsigned: tuple[XmlElement, ...] = field(repr=False)
    """The unsigned signature properties."""


def read_signature(content: bytes, approved: Collection[str]) -> XadesSignature:
    """Read a META-INF/*signatures*.xml with exactly one signature. Raises Rejected, lxml.etree.XMLSyntaxError.

    `approved` are the names of the files as they were handed in.
    """
    root = read_root(content, "asic:XAdESSignatures")
    require_attributes(root, {})
    found = read_children(root, _ROOT)
    require(len(found) == 1, f"the container has {len(found)} signatures, not one")
    element = found[0]
    require_attributes(element, {"Id": None})
    info, value, key, held = read_children(element, _SIGNATURE)
    require_attributes(value, {}, optional={"Id"})
    signed, unsigned = _properties(held, element.get("Id", ""))
    signature = XadesSignature(
        read_signed_info(info, approved), info, read_base64(value), value, _certificates(key), key, signed, unsigned
    )
    named = signature.info.properties.target == signed.get("Id")
    require(named, "the seal refers to other signed properties than its own")
    return signature


def _certificates(key: XmlElement) -> tuple[bytes, ...]:
    require_attributes(key, {}, optional={"Id"})
    (held,) = read_children(key, _KEY_INFO)
    require_attributes(held, {})
    certificates = read_children(held, _KEY)
    for certificate in certificates:
        require_attributes(certificate, {})
    return tuple(read_base64(certificate) for certificate in certificates)


def _properties(held: XmlElement, signature: str) -> tuple[XmlElement, tuple[XmlElement, ...]]:
    """The signed properties, and the unsigned ones."""
    require_attributes(held, {}, optional={"Id"})
    (qualifying,) = read_children(held, _OBJECT)
    require_attributes(qualifying, {"Target": {f"#{signature}"}}, optional={"Id"})
    signed, *rest = read_children(qualifying, _QUALIFYING)
    require_attributes(signed, {"Id": None})
    if not rest:
        return signed, ()
    require_attributes(rest[0], {}, optional={"Id"})
    (properties,) = read_children(rest[0], _UNSIGNED)
    require_attributes(properties, {}, optional={"Id"})
    for one in properties:
        name = name_of(one)
        require(name not in _UNEXPECTED, f"the seal has the unsigned property {name}, which nobody asked for")
        require_understood(name in _UNSIGNED_KINDS, f"the seal has the unsigned property {name}")
    return signed, tuple(read_children(properties, _PROPERTIES))
