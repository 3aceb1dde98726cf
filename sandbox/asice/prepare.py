"""The first half of a seal: the signature file without its value, and the digest that the key shall sign."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography import x509
from lxml import etree
from pydantic import ConfigDict, TypeAdapter, with_config

from sandbox.asice.documents import Document, check_distinct
from sandbox.asice.signer import XmlSigner, xml_signer
from sandbox.asice.vocabulary import ASIC, C14N11, DIGEST, DS, SIGNED_PROPERTIES, XADES, ds, xades
from sandbox.asice.xml import base64_text, canonical, child, serialised
from sandbox.pki.keys import hashed

SHA256 = DIGEST["sha256"]


@with_config(ConfigDict(ser_json_bytes="base64", val_json_bytes="base64"))
@dataclass(frozen=True, slots=True)
class PreparedSignature:
    """A signature file waiting for the signature value over `digest`."""

    digest: bytes  # of the canonical SignedInfo: SHA-384 for a P-384 certificate, otherwise SHA-256
    number: int  # of the signature in its container, from 0
    certificate_der: bytes = field(repr=False)
    signer: XmlSigner = field(repr=False)
    xml: bytes = field(repr=False)

    def to_bytes(self) -> bytes:
        """Return it for keeping, as JSON."""
        return SIGNATURES.dump_json(self)

    @classmethod
    def from_bytes(cls, kept: bytes) -> "PreparedSignature":
        """Read what `to_bytes` returned; raises `ValueError` for anything else."""
        return SIGNATURES.validate_json(kept)


SIGNATURES = TypeAdapter(PreparedSignature)


def prepare(
    documents: Sequence[Document],
    certificate_der: bytes,
    chain: Sequence[x509.Certificate],
    now: datetime,
    *,
    number: int = 0,
    claim: Callable[[etree._Element], None] | None = None,
) -> PreparedSignature:
    """Return a XAdES signature over these documents (ETSI EN 319 132-1 §6.3), but for its value.

    `chain` holds the certificates above the signer's; they go into KeyInfo, a root left out; `claim` appends to the
    signed properties what a hand that is not honest has the signature say. Raises `UnfitDocument`
    where no document is given or two have one name, and `ValueError` for a bad certificate.
    """
    check_distinct([document.name for document in documents])
    signer = xml_signer(certificate_der, tuple(chain))
    root = etree.Element(f"{{{ASIC}}}XAdESSignatures", nsmap={"asic": ASIC, "ds": DS, "xades": XADES})
    signature_id = f"S{number}"
    signature = child(root, ds("Signature"), Id=signature_id)
    signed_info = _signed_info(signature, signer, documents)
    child(signature, ds("SignatureValue"), Id=f"{signature_id}-SIG")
    _key_info(signature, signer)
    properties = _signed_properties(signature, signer, documents, now)
    if claim:
        claim(properties)
    _refer_to_properties(signed_info, properties)
    return PreparedSignature(
        digest=hashed(signer.hash_name, canonical(signed_info)),
        number=number,
        certificate_der=certificate_der,
        signer=signer,
        xml=serialised(root),
    )


def _signed_info(signature: etree._Element, signer: XmlSigner, documents: Sequence[Document]) -> etree._Element:
    signed_info = child(signature, ds("SignedInfo"))
    child(signed_info, ds("CanonicalizationMethod"), Algorithm=C14N11)
    child(signed_info, ds("SignatureMethod"), Algorithm=signer.signature_method)
    for place, document in enumerate(documents):
        reference = child(signed_info, ds("Reference"), Id=_reference_id(signature, place), URI=document.uri)
        _digest(reference, document.digest)
    return signed_info


def _reference_id(signature: etree._Element, place: int) -> str:
    return f"{signature.get('Id')}-RefId{place}"


def _digest(parent: etree._Element, digest: bytes) -> None:
    child(parent, ds("DigestMethod"), Algorithm=SHA256)
    child(parent, ds("DigestValue"), base64_text(digest))


def _key_info(signature: etree._Element, signer: XmlSigner) -> None:
    keys = child(child(signature, ds("KeyInfo")), ds("X509Data"))
    for certificate in signer.certificates:
        child(keys, ds("X509Certificate"), certificate)


def _signed_properties(
    signature: etree._Element, signer: XmlSigner, documents: Sequence[Document], now: datetime
) -> etree._Element:
    """Append the qualifying properties (§4.3) and return those that are signed."""
    signature_id = signature.get("Id")
    qualifying = child(child(signature, ds("Object")), xades("QualifyingProperties"), Target=f"#{signature_id}")
    properties = child(qualifying, xades("SignedProperties"), Id=f"{signature_id}-SignedProperties")
    of_signature = child(properties, xades("SignedSignatureProperties"))
    child(of_signature, xades("SigningTime"), now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))  # §5.2.1
    _signing_certificate(of_signature, signer)
    of_documents = child(properties, xades("SignedDataObjectProperties"))
    for place, document in enumerate(documents):
        reference = f"#{_reference_id(signature, place)}"
        form = child(of_documents, xades("DataObjectFormat"), ObjectReference=reference)  # §5.2.4
        child(form, xades("MimeType"), document.media_type)
    return properties


def _signing_certificate(of_signature: etree._Element, signer: XmlSigner) -> None:
    """Append SigningCertificateV2 (§5.2.2)."""
    certificate = child(child(of_signature, xades("SigningCertificateV2")), xades("Cert"))
    digest = child(certificate, xades("CertDigest"))
    child(digest, ds("DigestMethod"), Algorithm=SHA256)
    child(digest, ds("DigestValue"), signer.certificate_digest)
    child(certificate, xades("IssuerSerialV2"), signer.issuer_serial)


def _refer_to_properties(signed_info: etree._Element, properties: etree._Element) -> None:
    reference = child(signed_info, ds("Reference"), Type=SIGNED_PROPERTIES, URI=f"#{properties.get('Id')}")
    child(child(reference, ds("Transforms")), ds("Transform"), Algorithm=C14N11)
    _digest(reference, hashed("sha256", canonical(properties)))
