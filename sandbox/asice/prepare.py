"""The first half of a seal: the signature file without its value, and the digest that the key shall sign."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography import x509
from lxml import etree
from pydantic import ConfigDict, TypeAdapter, with_config

from sandbox.asice import edoc
from sandbox.asice.documents import Document, check_distinct
from sandbox.asice.habits import HABITS, ContainerHabits
from sandbox.asice.signer import XmlSigner, xml_signer
from sandbox.asice.xml import (
    ASIC,
    C14N,
    C14N11,
    DIGEST,
    DS,
    SIGNED_PROPERTIES,
    XADES,
    append_child,
    base64_text,
    canonicalise,
    ds,
    serialise,
    xades,
)
from sandbox.pki.keys import compute_hash
from sandbox.variants.signapi import ContainerWriter

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
    writer: ContainerWriter = ContainerWriter.BASELINE

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
    writer: ContainerWriter = ContainerWriter.BASELINE,
) -> PreparedSignature:
    """Return a XAdES signature over these documents (ETSI EN 319 132-1 §6.3), but for its value.

    `chain` holds the certificates above the signer's; they go into KeyInfo, a root left out; `claim` appends to the
    signed properties what a hand that is not honest has the signature say. Raises `UnfitDocument`
    where no document is given or two have one name, and `ValueError` for a bad certificate.
    """
    check_distinct([document.name for document in documents])
    signer = xml_signer(certificate_der, tuple(chain))
    root = etree.Element(f"{{{ASIC}}}XAdESSignatures", nsmap={"asic": ASIC, "ds": DS, "xades": XADES})
    habits = HABITS[writer]
    signature_id = habits.signature_id(number)
    signature = append_child(root, ds("Signature"), Id=signature_id)
    signed_info = append_child(signature, ds("SignedInfo"))
    append_child(signed_info, ds("CanonicalizationMethod"), Algorithm=C14N11)
    append_child(signed_info, ds("SignatureMethod"), Algorithm=signer.signature_method)
    append_child(signature, ds("SignatureValue"), Id=f"{signature_id}-SIG")
    keys = append_child(append_child(signature, ds("KeyInfo")), ds("X509Data"))
    for certificate in signer.certificates if habits.carries_chain else signer.certificates[:1]:
        append_child(keys, ds("X509Certificate"), certificate)
    properties = _append_signed_properties(signature, signer, documents, now, habits)
    if claim:
        claim(properties)
    _append_references(signed_info, signature_id, documents, properties, habits)
    return PreparedSignature(
        digest=compute_hash(signer.hash_name, canonicalise(signed_info)),
        number=number,
        certificate_der=certificate_der,
        signer=signer,
        xml=serialise(root),
        writer=writer,
    )


def _append_references(
    signed_info: etree._Element,
    signature_id: str,
    documents: Sequence[Document],
    properties: etree._Element,
    habits: ContainerHabits,
) -> None:
    """Append what is signed: a Reference to each document, then the one to the signed properties."""
    for place, document in enumerate(documents):
        identifier = habits.reference(signature_id, place)
        reference = append_child(signed_info, ds("Reference"), Id=identifier, URI=document.uri)
        _append_digest(reference, base64_text(document.digest))
    reference = append_child(signed_info, ds("Reference"), Type=SIGNED_PROPERTIES, URI=f"#{properties.get('Id')}")
    method = C14N  # which is meant where none is named (XMLDSIG §4.4.3.2)
    if habits.transforms_properties:
        method = C14N11
        append_child(append_child(reference, ds("Transforms")), ds("Transform"), Algorithm=method)
    _append_digest(reference, base64_text(compute_hash("sha256", canonicalise(properties, method))))


def _append_signed_properties(
    signature: etree._Element,
    signer: XmlSigner,
    documents: Sequence[Document],
    now: datetime,
    habits: ContainerHabits,
) -> etree._Element:
    """Append the qualifying properties (EN 319 132-1 §4.3) and return those that are signed."""
    signature_id = signature.get("Id", "")
    holder = append_child(signature, ds("Object"))
    qualifying = append_child(holder, xades("QualifyingProperties"), Target=f"#{signature_id}")
    properties = append_child(qualifying, xades("SignedProperties"), Id=f"{signature_id}-SignedProperties")
    of_signature = append_child(properties, xades("SignedSignatureProperties"))
    claimed = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    append_child(of_signature, xades("SigningTime"), claimed)  # EN 319 132-1 §5.2.1
    if habits.states_old_certificate:
        edoc.append_signing_certificate(of_signature, signer)
    else:
        certificate = append_child(
            append_child(of_signature, xades("SigningCertificateV2")), xades("Cert")
        )  # EN 319 132-1 §5.2.2
        _append_digest(append_child(certificate, xades("CertDigest")), signer.certificate_digest)
        append_child(certificate, xades("IssuerSerialV2"), signer.issuer_serial)
    if habits.states_empty_claims:
        edoc.append_empty_claims(of_signature)
    of_documents = append_child(properties, xades("SignedDataObjectProperties"))
    for place, document in enumerate(documents):
        reference = f"#{habits.reference(signature_id, place)}"
        form = append_child(of_documents, xades("DataObjectFormat"), ObjectReference=reference)  # EN 319 132-1 §5.2.4
        append_child(form, xades("MimeType"), document.media_type)
    return properties


def _append_digest(parent: etree._Element, digest: str) -> None:
    append_child(parent, ds("DigestMethod"), Algorithm=SHA256)
    append_child(parent, ds("DigestValue"), digest)
