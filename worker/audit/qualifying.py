"""What a XAdES signature carries beside the signature itself, found by XPath: certificates, answers, timestamps."""

from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from urllib.parse import unquote

from asn1crypto.crl import CertificateList
from asn1crypto.ocsp import OCSPResponse
from asn1crypto.x509 import Certificate
from lxml import etree

from worker.audit.trust import Material

_NAMES = {
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "x": "http://uri.etsi.org/01903/v1.3.2#",
    "y": "http://uri.etsi.org/01903/v1.4.1#",
}
_UNSIGNED = "ds:Object/x:QualifyingProperties/x:UnsignedProperties/x:UnsignedSignatureProperties/*"
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_STANDARD = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A timestamp token in DER, and the octets that it has to cover (ETSI EN 319 132-1 §5.3, §5.5.2.2)."""

    token: bytes = field(repr=False)
    covered: bytes = field(repr=False)
    before: int
    """How many unsigned properties stand before it."""


class Qualifying:
    """The certificates and properties of one ds:Signature over these files."""

    def __init__(self, element: etree._Element, files: Mapping[str, bytes]) -> None:
        self._element = element
        self._files = files

    @cached_property
    def certificate(self) -> Certificate:
        """The signer's. Raises IndexError when there is none."""
        return Certificate.load(self._values("ds:KeyInfo/ds:X509Data/ds:X509Certificate")[0])

    @property
    def subject(self) -> Mapping[str, str]:
        """The signer's name by its parts; empty where no certificate can be read."""
        try:
            subject: Mapping[str, str] = self.certificate.subject.native
        except (IndexError, ValueError):
            return {}
        return subject

    @cached_property
    def claimed(self) -> datetime | None:
        """The signing time as the signer states it, None where he does not."""
        path = "ds:Object/x:QualifyingProperties/x:SignedProperties/x:SignedSignatureProperties/x:SigningTime"
        try:
            stated = datetime.fromisoformat(self._element.findtext(path, "", _NAMES).strip())
        except ValueError:
            return None
        return stated if stated.tzinfo else stated.replace(tzinfo=UTC)

    def material(self, count: int | None = None) -> Material:
        """What the first `count` unsigned properties hold, or all of them, and what stands beside the signer's key."""
        own = self._values("ds:KeyInfo/ds:X509Data/ds:X509Certificate")
        properties = self._unsigned[:count]
        return Material(
            tuple(map(Certificate.load, (*own, *_all(properties, "EncapsulatedX509Certificate")))),
            tuple(map(OCSPResponse.load, _all(properties, "EncapsulatedOCSPValue"))),
            tuple(map(CertificateList.load, _all(properties, "EncapsulatedCRLValue"))),
        )

    def signature_stamps(self) -> list[Stamp]:
        """The timestamps over the signature value."""
        return [
            Stamp(token, _canonical(self._one("ds:SignatureValue"), method), place)
            for place, token, method in self._tokens("x", "SignatureTimeStamp")
        ]

    def archive_stamps(self) -> list[Stamp]:
        """The timestamps over everything."""
        return [
            Stamp(token, b"".join(self._archived(place, method)), place)
            for place, token, method in self._tokens("y", "ArchiveTimeStamp")
        ]

    @cached_property
    def _unsigned(self) -> list[etree._Element]:
        return self._element.findall(_UNSIGNED, _NAMES)

    def _tokens(self, prefix: str, kind: str) -> Iterator[tuple[int, bytes, str]]:
        """Yield place, token and canonicalization method of each timestamp of that kind."""
        for place, one in enumerate(self._unsigned):
            if one.tag == f"{{{_NAMES[prefix]}}}{kind}":
                method = one.find("ds:CanonicalizationMethod", _NAMES)
                algorithm = _STANDARD if method is None else method.get("Algorithm", "")
                for token in one.findall("x:EncapsulatedTimeStamp", _NAMES):
                    yield place, _decoded(token), algorithm

    def _archived(self, place: int, method: str) -> Iterator[bytes]:
        for reference in self._element.findall("ds:SignedInfo/ds:Reference", _NAMES):
            yield self._referenced(reference)
        parts = ("ds:SignedInfo", "ds:SignatureValue", "ds:KeyInfo")
        for element in (*map(self._one, parts), *self._unsigned[:place]):
            yield _canonical(element, method)

    def _referenced(self, reference: etree._Element) -> bytes:
        uri = reference.get("URI", "")
        if not uri.startswith("#"):
            return self._files[unquote(uri)]
        (target,) = self._element.xpath("descendant::*[@Id=$name]", name=uri[1:])
        transform = reference.find("ds:Transforms/ds:Transform", _NAMES)
        return _canonical(target, _STANDARD if transform is None else transform.get("Algorithm", ""))

    def _one(self, path: str) -> etree._Element:
        (found,) = self._element.findall(path, _NAMES)
        return found

    def _values(self, path: str) -> list[bytes]:
        return [_decoded(one) for one in self._element.findall(path, _NAMES)]


def _all(properties: list[etree._Element], name: str) -> Iterator[bytes]:
    for one in properties:
        yield from map(_decoded, one.iterdescendants(f"{{{_NAMES['x']}}}{name}"))


def _decoded(element: etree._Element) -> bytes:
    return b64decode(element.text or "")


def _canonical(element: etree._Element, method: str) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=method.startswith(_EXCLUSIVE), with_comments=False)
