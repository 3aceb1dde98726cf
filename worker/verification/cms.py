"""One signer's part of a CMS SignedData (RFC 5652 §5), for seals and for timestamp tokens alike."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from asn1crypto import cms, parser, tsp
from asn1crypto.algos import DigestAlgorithm
from asn1crypto.x509 import Certificate

from worker.verification.der import (
    SEQUENCE,
    Element,
    oid,
    read_element,
    read_elements,
    read_octets,
    read_parts,
)
from worker.verification.refusal import refused, require

_STRONG = frozenset({"sha256", "sha384", "sha512"})
_SIGNED_DATA = oid("1.2.840.113549.1.7.2")
_CONTENT_TYPE = oid("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = oid("1.2.840.113549.1.9.4")
_SIGNING_CERTIFICATE = oid("1.2.840.113549.1.9.16.2.12")
_SIGNING_CERTIFICATE_V2 = oid("1.2.840.113549.1.9.16.2.47")
_KEY_IDENTIFIER = 0x80
_BY_ISSUER, _BY_KEY = b"\x01", b"\x03"
_OUTER = re.compile(rb"(?P<type>\x06)(?P<content>\xa0)")
_INNER = re.compile(rb"\x02(?P<hashes>\x31)(?P<content>\x30)(?P<certificates>\xa0)?\xa1?(?P<signers>\x31)")
_SIGNER = re.compile(
    rb"(?P<version>\x02)(?P<name>[\x30\x80])(?P<hash>\x30)(?P<signed>\xa0)(?P<algorithm>\x30)(?P<value>\x04)(?P<unsigned>\xa1)?"
)
_ATTRIBUTE = re.compile(rb"(?P<type>\x06)(?P<values>\x31)")


@dataclass(frozen=True, slots=True)
class Party:
    """Who a certificate speaks for, in the forms CMS names them by, and their key (DER)."""

    certificate: bytes = field(repr=False)
    issuer_and_serial: bytes = field(repr=False)
    key_identifier: bytes | None
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignedData:
    """A SignedData: what it says of its content, its certificates, and its signers, all still encoded."""

    content: bytes = field(repr=False)
    hashes: bytes = field(repr=False)
    """The algorithms that its signers use."""
    certificates: frozenset[bytes] = field(repr=False)
    signers: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Signer:
    """What one signer signed, and how."""

    party: Party
    certificates: frozenset[bytes] = field(repr=False)
    hash_name: str
    attributes: bytes = field(repr=False)
    """DER of the signed attributes as a SET, which is what is hashed and signed (§5.4)."""
    content_type: str
    message_digest: bytes
    algorithm: bytes = field(repr=False)
    value: bytes = field(repr=False)
    unsigned: bytes = field(repr=False)
    """The unsigned attributes, one behind the other."""
    is_named_by_sha1: bool
    """Whether the signing-certificate attribute is the old one, which hashes by SHA-1 (RFC 2634 §5.4)."""


def read_signed_data(content: bytes) -> SignedData:
    """Read a ContentInfo that may be followed by zero bytes only. Raises Rejected and ValueError."""
    length = parser.peek(content)
    require(content[length:] == bytes(len(content) - length), "something follows the CMS")
    outer = read_parts(read_element(content[:length], SEQUENCE).contents, _OUTER)
    require(outer["type"].contents == _SIGNED_DATA, "the CMS is no SignedData")
    inner = read_parts(read_element(outer["content"].contents, SEQUENCE).contents, _INNER)
    known = inner.get("certificates")
    return SignedData(
        content=inner["content"].contents,
        hashes=inner["hashes"].contents,
        certificates=_certificates(known.contents) if known else frozenset(),
        signers=inner["signers"].contents,
    )


def read_signer(signed: SignedData, known: Iterable[bytes] = ()) -> Signer:
    """Read the only signer; `known` are certificates (DER) beside those inside. Raises Rejected and ValueError."""
    found = read_elements(signed.signers)
    require([one.identifier for one in found] == [SEQUENCE], "the CMS has not exactly one signer")
    one = read_parts(found[0].contents, _SIGNER)
    hash_name = _hash_name(one, signed.hashes)
    party = _party(one["name"], (*signed.certificates, *known))
    attributes = _read_signed_attributes(one["signed"].contents, party.certificate)
    unsigned = one.get("unsigned")
    return Signer(
        party=party,
        certificates=signed.certificates,
        hash_name=hash_name,
        attributes=b"\x31" + one["signed"].whole[1:],
        content_type=_content_type(attributes[_CONTENT_TYPE].whole),
        message_digest=read_octets(attributes[_MESSAGE_DIGEST].whole),
        algorithm=one["algorithm"].whole,
        value=one["value"].contents,
        unsigned=unsigned.contents if unsigned else b"",
        is_named_by_sha1=_SIGNING_CERTIFICATE_V2 not in attributes,
    )


def read_attributes(content: bytes) -> list[tuple[bytes, list[Element]]]:
    """Read the type (OID) and the values of each attribute. Raises ValueError."""
    found = []
    for attribute in read_elements(content):
        parts = read_parts(attribute.contents, _ATTRIBUTE)
        found.append((parts["type"].contents, read_elements(parts["values"].contents)))
    return found


@lru_cache(maxsize=64)
def strong_hash(algorithm: bytes) -> str:
    """The name of a digest algorithm (DER). Raises Rejected for a weak one, and ValueError."""
    name: str = DigestAlgorithm.load(algorithm)["algorithm"].native
    require(name in _STRONG, f"{name} is too weak")
    return name


@lru_cache(maxsize=1024)
def party_of(certificate: bytes) -> Party:
    """Read a certificate (DER). Raises ValueError."""
    parsed = Certificate.load(certificate, strict=True)
    identifier = cms.IssuerAndSerialNumber({"issuer": parsed.issuer, "serial_number": parsed.serial_number})
    return Party(certificate, identifier.dump(), parsed.key_identifier, parsed.public_key.dump())


def _hash_name(signer: Mapping[str, Element], announced: bytes) -> str:
    """The signer's hash, which the CMS announces (§5.1); its version goes with how it is named (§5.3)."""
    version = _BY_KEY if signer["name"].identifier == _KEY_IDENTIFIER else _BY_ISSUER
    require(signer["version"].contents == version, "the CMS names its signer otherwise than its version says")
    name = strong_hash(signer["hash"].whole)
    found = [strong_hash(one.whole) for one in read_elements(announced)]
    require(name in found, "the CMS does not announce its signer's hash")
    return name


@lru_cache(maxsize=64)
def _content_type(value: bytes) -> str:
    name: str = cms.ContentType.load(value, strict=True).native
    return name


@lru_cache(maxsize=64)
def _certificates(content: bytes) -> frozenset[bytes]:
    """The same few certificates stand in one seal after the other."""
    found = read_elements(content)
    require(all(one.identifier == SEQUENCE for one in found), "the CMS holds something else than certificates")
    return frozenset(one.whole for one in found)


def _party(name: Element, certificates: Iterable[bytes]) -> Party:
    for certificate in certificates:
        party = party_of(certificate)
        by_key = name.identifier == _KEY_IDENTIFIER
        if name.contents == party.key_identifier if by_key else name.whole == party.issuer_and_serial:
            return party
    raise ValueError("the signer's certificate is missing")


def _read_signed_attributes(content: bytes, certificate: bytes) -> dict[bytes, Element]:
    """Signed attributes by OID; each stands once and has one value, and one names the certificate (RFC 5035)."""
    listed = read_attributes(content)
    found = dict(listed)
    once = len(found) == len(listed) and all(len(values) == 1 for values in found.values())
    require(once, "a signed attribute has not exactly one value")
    require({_CONTENT_TYPE, _MESSAGE_DIGEST} <= found.keys(), "a signed attribute is missing")
    attributes = {kind: values[0] for kind, values in found.items()}
    kinds = {_SIGNING_CERTIFICATE_V2: tsp.SigningCertificateV2, _SIGNING_CERTIFICATE: tsp.SigningCertificate}
    stated = next((kind for kind in kinds if kind in attributes), None)
    if stated is None:
        raise refused("the signing-certificate attribute is missing")
    is_named = _names(kinds[stated], attributes[stated].whole, certificate)
    require(is_named, "the signing-certificate attribute names another certificate")
    return attributes


@lru_cache(maxsize=1024)
def _names(kind: type[tsp.SigningCertificate], attribute: bytes, certificate: bytes) -> bool:
    # It brings all that signs, with an HTTP client: half the start of a process that inspects, which never comes here.
    from pyhanko.sign.general import check_ess_certid  # noqa: PLC0415

    return bool(check_ess_certid(Certificate.load(certificate), kind.load(attribute)["certs"][0]))
