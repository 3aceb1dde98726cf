"""What a XAdES signature carries beside the signature itself, found by its place: certificates, answers, timestamps."""

import hashlib
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TypeVar
from urllib.parse import unquote

from asn1crypto.x509 import Certificate
from lxml import etree

from worker.audit.cms import Digester
from worker.audit.naming import names_another
from worker.audit.report import AuditOutcome, Problem
from worker.audit.trust import Material, read_answer, read_certificate, read_list

ReadPieces = Callable[[str], Iterable[bytes]]
"""Gives the content of the data file of that name, in pieces. Raises KeyError when there is none."""

Read = TypeVar("Read")

_NAMES = {
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "x": "http://uri.etsi.org/01903/v1.3.2#",
    "y": "http://uri.etsi.org/01903/v1.4.1#",
}
_QUALIFYING = "ds:Object/x:QualifyingProperties"
_UNSIGNED = f"{_QUALIFYING}/x:UnsignedProperties/x:UnsignedSignatureProperties/*"
_NAMING = f"{_QUALIFYING}/x:SignedProperties/x:SignedSignatureProperties/*/x:Cert[1]"
_CERTIFICATES = "ds:KeyInfo/ds:X509Data/ds:X509Certificate"
_SIGNED_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_STANDARD = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_QUOTE = "%22"
_ORDER = tuple(
    f"{{{_NAMES['x']}}}{name}"
    for name in (
        "SigningTime",
        "SigningCertificate",
        "SigningCertificateV2",
        "SignaturePolicyIdentifier",
        "SignatureProductionPlace",
        "SignatureProductionPlaceV2",
        "SignerRole",
        "SignerRoleV2",
    )
)
"""Signed signature properties, as the schema has them follow each other (ETSI EN 319 132-1 Annex C)."""
_PARTS = {
    "": tuple(f"{{{_NAMES['ds']}}}{name}" for name in ("SignedInfo", "SignatureValue", "KeyInfo", "Object")),
    "ds:Object": (f"{{{_NAMES['x']}}}QualifyingProperties",),
    _QUALIFYING: tuple(f"{{{_NAMES['x']}}}{name}" for name in ("SignedProperties", "UnsignedProperties")),
    f"{_QUALIFYING}/x:UnsignedProperties": (f"{{{_NAMES['x']}}}UnsignedSignatureProperties",),
}
"""What may stand where, by the path of what holds it."""
_PROOFS = (
    *(f"{{{_NAMES['x']}}}{name}" for name in ("SignatureTimeStamp", "CertificateValues", "RevocationValues")),
    *(f"{{{_NAMES['y']}}}{name}" for name in ("TimeStampValidationData", "ArchiveTimeStamp")),
)
_CANONICAL = (_STANDARD, "http://www.w3.org/2006/12/xml-c14n11", _EXCLUSIVE)


@dataclass(frozen=True, slots=True)
class XadesStamp:
    """A timestamp token in DER, and the hash of what it has to cover (ETSI EN 319 132-1 §5.3, §5.5.2.2)."""

    token: bytes = field(repr=False)
    imprint: Digester = field(repr=False)
    before: int
    """How many unsigned properties stand before it."""


class Qualifying:
    """The certificates and properties of one ds:Signature over files."""

    def __init__(self, element: etree._Element, pieces: ReadPieces) -> None:
        self._element = element
        self._pieces = pieces

    @cached_property
    def certificate(self) -> Certificate:
        """The signer's. Raises IndexError when there is none, and ValueError."""
        return read_certificate(self._values(_CERTIFICATES)[0])

    @property
    def readable_certificate(self) -> Certificate | None:
        """The signer's, None where it cannot be read."""
        try:
            return self.certificate
        except (IndexError, ValueError):
            return None

    @cached_property
    def signing_time(self) -> datetime | None:
        """The signing time as the signer states it, None where he does not."""
        path = f"{_QUALIFYING}/x:SignedProperties/x:SignedSignatureProperties/x:SigningTime"
        try:
            stated = datetime.fromisoformat(self._element.findtext(path, "", _NAMES).strip())
        except ValueError:
            return None
        return stated if stated.tzinfo else stated.replace(tzinfo=UTC)

    def faults(self) -> Iterator[Problem]:
        """Say what could make two readers see two things: references that lead elsewhere, transforms, doubled Ids."""
        parts = ("ds:SignedInfo", "ds:SignatureValue", "ds:KeyInfo", _QUALIFYING)
        if any(len(self._element.findall(part, _NAMES)) != 1 for part in parts):
            yield Problem(
                AuditOutcome.ALTERED, "a part of it is missing or stands twice, so that it can mean two things"
            )
        yield from self._find_unsigned()
        root = self._element.getroottree().getroot()
        identifiers = Counter(str(value) for value in root.xpath("//@Id | //@ID | //@id | //@xml:id"))
        if any(count > 1 for count in identifiers.values()):
            yield Problem(AuditOutcome.ALTERED, "one Id stands in two places, so that it can mean two things")
        signed = self._element.findall(f"{_QUALIFYING}/x:SignedProperties", _NAMES)
        everywhere = list(self._element.iter(f"{{{_NAMES['x']}}}SignedProperties"))
        references = self._element.findall("ds:SignedInfo/ds:Reference", _NAMES)
        targets = [one.get("URI") for one in references if one.get("Type") == _SIGNED_PROPERTIES]
        if len(everywhere) != 1 or targets != [f"#{one.get('Id')}" for one in signed]:
            yield Problem(AuditOutcome.ALTERED, "it signs other properties than those that it shows")
        for one in references:
            if one.get("URI", "").startswith("#") and one.get("URI") not in targets:
                yield Problem(AuditOutcome.CANNOT_TELL, f"it refers to {one.get('URI')}, which is not understood here")
        for one in self._element.findall(_NAMING, _NAMES):
            if names_another(one, self.certificate):
                yield Problem(AuditOutcome.ALTERED, "it names another certificate than the one that it was made with")
        yield from self._find_other_forms()

    def _find_other_forms(self) -> Iterator[Problem]:
        """Say where something is hashed in another form than it stands there."""
        for one in self._element.iter(f"{{{_NAMES['ds']}}}Transform"):
            if one.get("Algorithm") not in _CANONICAL:
                yield Problem(AuditOutcome.ALTERED, f"a transform changes what it signs: {one.get('Algorithm')}")
        for one in self._element.iter(f"{{{_NAMES['ds']}}}CanonicalizationMethod"):
            # With comments or without is the same here, where none is left.
            algorithm = one.get("Algorithm", "").removesuffix("WithComments").rstrip("#")
            if algorithm not in {known.rstrip("#") for known in _CANONICAL}:
                yield Problem(AuditOutcome.CANNOT_TELL, f"it is written in the unknown form {one.get('Algorithm')}")

    def _find_unsigned(self) -> Iterator[Problem]:
        """Say what stands beside what is signed and what proves it: readers might take it for either.

        The schema gives each part its place (XMLDSIG §4.2, ETSI EN 319 132-1 §4.3).
        """
        for path, parts in _PARTS.items():
            for holder in self._element.findall(path, _NAMES) if path else [self._element]:
                held = [one.tag for one in holder.iterchildren(tag=etree.Element)]
                if held != [one for one in parts if one in held]:
                    name = etree.QName(holder).localname
                    yield Problem(AuditOutcome.CANNOT_TELL, f"its {name} is not made up as XAdES has it")
        qualifying = self._element.find(_QUALIFYING, _NAMES)
        if qualifying is not None and qualifying.get("Target") != f"#{self._element.get('Id')}":
            yield Problem(AuditOutcome.ALTERED, "its properties say that they belong to another signature")

    def media_types(self) -> dict[str, str]:
        """The media type that it states for each file, by what its references call the files (§5.2.4)."""
        path = f"{_QUALIFYING}/x:SignedProperties/x:SignedDataObjectProperties/x:DataObjectFormat"
        formats = self._element.findall(path, _NAMES)
        stated = {one.get("ObjectReference"): one.findtext("x:MimeType", "", _NAMES) for one in formats}
        references = self._element.findall("ds:SignedInfo/ds:Reference", _NAMES)
        files = [one for one in references if not one.get("URI", "").startswith("#")]
        return {unquote(one.get("URI", "")): stated.get(f"#{one.get('Id')}", "") for one in files}

    def remarks(self) -> Iterator[str]:
        """Say what is odd and takes nothing away: LVRTC's Java library of 2017 stated the role before the place."""
        listed = self._element.findall(f"{_QUALIFYING}/x:SignedProperties/x:SignedSignatureProperties/*", _NAMES)
        places = [_ORDER.index(one.tag) for one in listed if one.tag in _ORDER]
        if places != sorted(places):
            yield "its signed properties stand in another order than XAdES has them"
        for one in self._properties:
            if one.tag not in _PROOFS:
                yield f"it has the unsigned property {etree.QName(one).localname}, which is not validated here"

    def material(self, count: int | None = None) -> Material:
        """What the first `count` unsigned properties hold, or all of them, and what stands beside the signer's key."""
        properties = self._properties[:count]
        own = [*self._values(_CERTIFICATES), *_all(properties, "EncapsulatedX509Certificate")]
        return Material(
            tuple(_readable(read_certificate, own)),
            tuple(_readable(read_answer, _all(properties, "EncapsulatedOCSPValue"))),
            tuple(_readable(read_list, _all(properties, "EncapsulatedCRLValue"))),
        )

    def signature_stamps(self) -> list[XadesStamp]:
        """The timestamps over the signature value (§5.3)."""
        return [
            XadesStamp(token, _hasher(partial(self._signature_value, method)), place)
            for place, token, method in self._tokens("x", "SignatureTimeStamp")
        ]

    def archive_stamps(self) -> list[XadesStamp]:
        """The timestamps over everything (§5.5.2.2)."""
        return [
            XadesStamp(token, _hasher(partial(self._archive_content, place, method)), place)
            for place, token, method in self._tokens("y", "ArchiveTimeStamp")
        ]

    @cached_property
    def _properties(self) -> list[etree._Element]:
        return self._element.findall(_UNSIGNED, _NAMES)

    def _tokens(self, prefix: str, kind: str) -> Iterator[tuple[int, bytes, etree._Element | None]]:
        """Yield place, token and canonicalization method of each timestamp of that kind."""
        for place, one in enumerate(self._properties):
            if one.tag == f"{{{_NAMES[prefix]}}}{kind}":
                method = one.find("ds:CanonicalizationMethod", _NAMES)
                for token in one.findall("x:EncapsulatedTimeStamp", _NAMES):
                    yield place, _decode(token), method

    def _signature_value(self, method: etree._Element | None) -> Iterator[bytes]:
        yield _canonical(self._one("ds:SignatureValue"), method)

    def _archive_content(self, place: int, method: etree._Element | None) -> Iterator[bytes]:
        for reference in self._element.findall("ds:SignedInfo/ds:Reference", _NAMES):
            uri = reference.get("URI", "")
            if uri.startswith("#"):
                (target,) = self._element.xpath("descendant::*[@Id=$name]", name=uri[1:])
                yield _canonical(target, reference.find("ds:Transforms/ds:Transform", _NAMES))
            else:
                yield from self._pieces(unquote(uri))
        parts = ("ds:SignedInfo", "ds:SignatureValue", "ds:KeyInfo")
        for element in (*map(self._one, parts), *self._properties[:place]):
            yield _canonical(element, method)

    def _one(self, path: str) -> etree._Element:
        (found,) = self._element.findall(path, _NAMES)
        return found

    def _values(self, path: str) -> list[bytes]:
        return [_decode(one) for one in self._element.findall(path, _NAMES)]


def find_entry(stated: str, names: Container[str]) -> str:
    """The entry that a reference means by this name, whether or not one of the two keeps quotes escaped."""
    plain = find_name(stated, names)
    return plain if plain in names else stated.replace('"', _QUOTE)


def find_name(stated: str, names: Container[str]) -> str:
    """The name among these that an entry stands for: some gateways keep quotes as an upload escapes them.

    That is how forms are sent (WHATWG HTML, multipart/form-data: a quote becomes %22), so a name may come back.
    """
    unescaped = stated.replace(_QUOTE, '"')
    return unescaped if stated not in names and unescaped in names else stated


def _hasher(covered: Callable[[], Iterable[bytes]]) -> Digester:
    def imprint(name: str) -> bytes:
        digest = hashlib.new(name)
        for piece in covered():
            digest.update(piece)
        return digest.digest()

    return imprint


def _readable(read: Callable[[bytes], Read], values: Iterable[bytes]) -> Iterator[Read]:
    """Yield what can be read; what cannot proves nothing, and takes nothing else along."""
    for value in values:
        try:
            yield read(value)
        except (ValueError, TypeError, KeyError):
            continue


def _all(properties: Sequence[etree._Element], name: str) -> Iterator[bytes]:
    for one in properties:
        yield from map(_decode, one.iterdescendants(f"{{{_NAMES['x']}}}{name}"))


def _decode(element: etree._Element) -> bytes:
    return b64decode(element.text or "")


def _canonical(element: etree._Element, method: etree._Element | None) -> bytes:
    """The element as this transform or method writes it; without one, Canonical XML 1.0 is meant (XMLDSIG §4.4.3.2)."""
    algorithm = _STANDARD if method is None else method.get("Algorithm", "")
    kept = None if method is None else method.find("{*}InclusiveNamespaces")
    return etree.tostring(
        element,
        method="c14n",
        exclusive=algorithm.startswith(_EXCLUSIVE),
        with_comments=False,
        inclusive_ns_prefixes=None if kept is None else kept.get("PrefixList", "").split(),
    )
