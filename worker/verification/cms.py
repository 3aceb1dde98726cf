"""One signer's part of a CMS SignedData (RFC 5652 §5), for seals and for timestamp tokens alike."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from asn1crypto import cms, parser, tsp
from asn1crypto.algos import SignedDigestAlgorithm
from asn1crypto.keys import PublicKeyInfo
from asn1crypto.x509 import Certificate
from cryptography.exceptions import InvalidSignature
from pyhanko.sign.general import check_ess_certid
from pyhanko_certvalidator.sig_validate import DefaultSignatureValidator, SignatureValidationContext

from worker.verification.refusal import refused, require

_STRONG = frozenset({"sha256", "sha384", "sha512"})
_SIGNED_DATA = "1.2.840.113549.1.7.2"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
_SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"


@dataclass(frozen=True, slots=True)
class Party:
    """Who a certificate speaks for, in the forms CMS names them by; `key` is fully parsed and safe to share."""

    certificate: bytes = field(repr=False)
    issuer_and_serial: bytes = field(repr=False)
    key_identifier: bytes | None
    key: PublicKeyInfo = field(repr=False)


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
    algorithm: SignedDigestAlgorithm = field(repr=False)
    value: bytes = field(repr=False)
    unsigned: cms.CMSAttributes = field(repr=False)


def read_signed_data(content: bytes) -> cms.SignedData:
    """Read a ContentInfo that may be followed by zero bytes only. Raises Rejected and ValueError."""
    length = parser.peek(content)
    require(not content[length:].strip(b"\0"), "something follows the CMS inside /Contents")
    outer = cms.ContentInfo.load(content[:length])
    require(outer["content_type"].dotted == _SIGNED_DATA, "the CMS is no SignedData")
    return outer["content"]


def read_signer(signed: cms.SignedData, known: Iterable[bytes] = ()) -> Signer:
    """Read the only signer; `known` are certificates (DER) beside those inside. Raises Rejected and ValueError."""
    require(len(signed["signer_infos"]) == 1, "the CMS has not exactly one signer")
    one = signed["signer_infos"][0]
    certificates = frozenset(choice.chosen.dump() for choice in signed["certificates"] or ())
    party = _party(one["sid"], (*certificates, *known))
    hash_name = one["digest_algorithm"]["algorithm"].native
    require(hash_name in _STRONG, f"{hash_name} is too weak")
    attributes = _attributes(one["signed_attrs"])
    _require_named(attributes, party)
    return Signer(
        party=party,
        certificates=certificates,
        hash_name=hash_name,
        attributes=b"\x31" + one["signed_attrs"].dump()[1:],
        content_type=attributes[_CONTENT_TYPE].native,
        message_digest=attributes[_MESSAGE_DIGEST].native,
        algorithm=one["signature_algorithm"],
        value=one["signature"].native,
        unsigned=one["unsigned_attrs"],
    )


def is_signed(signer: Signer) -> bool:
    """Say whether the signature value fits the signed attributes and the certificate's key."""
    context = SignatureValidationContext(contextual_md_algorithm=signer.hash_name, prehashed=False)
    try:
        DefaultSignatureValidator().validate_signature(
            signer.value, signer.attributes, signer.party.key, signer.algorithm, context
        )
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=1024)
def party_of(certificate: bytes) -> Party:
    """Read a certificate (DER). Raises ValueError."""
    parsed = Certificate.load(certificate, strict=True)
    identifier = cms.IssuerAndSerialNumber({"issuer": parsed.issuer, "serial_number": parsed.serial_number})
    key = PublicKeyInfo.load(parsed.public_key.dump())
    require(key.algorithm and key.native, "a certificate holds no key")
    return Party(certificate, identifier.dump(), parsed.key_identifier, key)


def _party(sid: cms.SignerIdentifier, certificates: Iterable[bytes]) -> Party:
    by_key = sid.chosen.native if sid.name == "subject_key_identifier" else None
    for certificate in certificates:
        party = party_of(certificate)
        if party.key_identifier == by_key if by_key else party.issuer_and_serial == sid.chosen.dump():
            return party
    raise ValueError("the signer's certificate is missing")


def _attributes(signed: cms.CMSAttributes) -> dict[str, cms.Any]:
    """Signed attributes by OID; each stands once and has one value."""
    found = {attribute["type"].dotted: attribute["values"] for attribute in signed}
    once = len(found) == len(signed) and all(len(values) == 1 for values in found.values())
    require(once, "a signed attribute has not exactly one value")
    require({_CONTENT_TYPE, _MESSAGE_DIGEST} <= found.keys(), "a signed attribute is missing")
    return {kind: values[0] for kind, values in found.items()}


def _require_named(attributes: dict[str, cms.Any], party: Party) -> None:
    """The signing-certificate attribute names the signer's certificate (RFC 5035)."""
    kinds = {_SIGNING_CERTIFICATE_V2: tsp.SigningCertificateV2, _SIGNING_CERTIFICATE: tsp.SigningCertificate}
    stated = next((oid for oid in kinds if oid in attributes), None)
    if stated is None:
        raise refused("the signing-certificate attribute is missing")
    kind, named = kinds[stated], attributes[stated]
    require(
        _names(kind, named.dump(), party.certificate), "the signing-certificate attribute names another certificate"
    )


@lru_cache(maxsize=1024)
def _names(kind: type[tsp.SigningCertificate], attribute: bytes, certificate: bytes) -> bool:
    return bool(check_ess_certid(Certificate.load(certificate), kind.load(attribute)["certs"][0]))
