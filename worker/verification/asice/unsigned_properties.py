"""The unsigned properties (ETSI EN 319 132-1 §5.3 to §5.5): timestamps, and the evidence that stands between them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from worker.verification.asice.algorithms import Canonicalization, read_canonicalization
from worker.verification.asice.markup import (
    XmlElement,
    name_of,
    read_base64,
    read_children,
    require_attributes,
    shape,
)
from worker.verification.evidence import Evidence, read_answer, read_certificate, read_list
from worker.verification.refusal import require

_TIMESTAMP = shape("ds:CanonicalizationMethod? xades:EncapsulatedTimeStamp")
_VALIDATION_DATA = shape("xades:CertificateValues? xades:RevocationValues?")
_CERTIFICATES = shape("xades:EncapsulatedX509Certificate*")
_REVOCATION = shape("xades:CRLValues? xades:OCSPValues?")
_LISTS, _ANSWERS = shape("xades:EncapsulatedCRLValue*"), shape("xades:EncapsulatedOCSPValue*")
_DER = {"http://uri.etsi.org/01903/v1.2.2#DER"}


@dataclass(frozen=True, slots=True)
class Stamp:
    """One timestamp property: its token in DER, and how what it covers is canonicalized."""

    token: bytes = field(repr=False)
    canonicalization: Canonicalization
    preceding: tuple[XmlElement, ...] = field(repr=False)
    """The unsigned properties before it."""


def read_stamps(properties: Sequence[XmlElement], kind: str) -> tuple[Stamp, ...]:
    """Read the timestamps of this kind, as `xades:SignatureTimeStamp`. Raises Rejected."""
    stamps = []
    for place, one in enumerate(properties):
        if name_of(one) == kind:
            require_attributes(one, {}, optional={"Id"})
            *method, token = read_children(one, _TIMESTAMP)
            der, canonicalization = _decode_der(token), read_canonicalization(method[0] if method else None)
            stamps.append(Stamp(der, canonicalization, tuple(properties[:place])))
    return tuple(stamps)


def read_evidence(properties: Iterable[XmlElement]) -> Evidence:
    """Gather all certificates, OCSP responses and CRLs of these properties. Raises Rejected and ValueError."""
    found = [item for one in properties for item in _values(one)]
    kinds = (read_certificate, read_answer, read_list)
    return Evidence(*(frozenset(der for reader, der in found if reader is kind) for kind in kinds))


def _values(element: XmlElement) -> Iterator[tuple[object, bytes]]:
    """Yield each value in DER with the function that has read it."""
    kind = name_of(element)
    if kind == "xades141:TimeStampValidationData":
        require_attributes(element, {}, optional={"Id", "URI"})
        for one in read_children(element, _VALIDATION_DATA):
            yield from _values(one)
    elif kind == "xades:CertificateValues":
        require_attributes(element, {}, optional={"Id"})
        for one in read_children(element, _CERTIFICATES):
            read_certificate(der := _decode_der(one))
            yield read_certificate, der
    elif kind == "xades:RevocationValues":
        require_attributes(element, {}, optional={"Id"})
        for values in read_children(element, _REVOCATION):
            require_attributes(values, {})
            is_list = name_of(values) == "xades:CRLValues"
            read = read_list if is_list else read_answer
            for one in read_children(values, _LISTS if is_list else _ANSWERS):
                read(der := _decode_der(one))
                yield read, der


def _decode_der(element: XmlElement) -> bytes:
    """The DER inside an EncapsulatedPKIDataType (§5.1.3), which is DER unless it says otherwise."""
    require_attributes(element, {"Encoding": _DER}, optional={"Id", "Encoding"})
    value = read_base64(element)
    require(value[:1] == b"\x30", f"{name_of(element)} is no DER")
    return value
