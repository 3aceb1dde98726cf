"""The second half of a seal: value, timestamp and proofs go into the signature file, which then is XAdES B-LT."""

from dataclasses import replace
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from sandbox.asice.edoc import carry_issuer
from sandbox.asice.habits import HABITS
from sandbox.asice.prepare import PreparedSignature
from sandbox.asice.xml import C14N11, append_child, base64_text, canonicalise, ds, parse, serialise, xades
from sandbox.pki import Authority, ValidationData
from sandbox.pki.keys import compute_hash

IMPRINT = "sha256"


def finish(
    prepared: PreparedSignature,
    signature_value: bytes,
    authority: Authority,
    certificate: x509.Certificate,
    now: datetime,
) -> bytes:
    """Return the signature file at level B-LT (ETSI EN 319 132-1 §6.3): timestamp, certificates, OCSP and CRL.

    The value comes as PKCS#1 v1.5 or as DER of ECDSA. Raises `ValueError` for one that is neither and for another
    certificate than the prepared one, and `NotIssuedHere` when the authority cannot answer for the certificate.
    """
    if certificate.public_bytes(Encoding.DER) != prepared.certificate_der:
        raise ValueError("the documents were prepared for another certificate")
    root = parse(prepared.xml)
    signature = root[0]
    value = signature[1]
    value.text = base64_text(prepared.signer.encode_value(signature_value))
    unsigned = append_child(
        append_child(signature[-1][0], xades("UnsignedProperties")), xades("UnsignedSignatureProperties")
    )
    proofs = authority.validation_data(certificate, now)
    stamp = append_child(
        unsigned, xades("SignatureTimeStamp")
    )  # of the canonical SignatureValue element, EN 319 132-1 §5.3
    fill_timestamp(stamp, compute_hash(IMPRINT, canonicalise(value)), authority, now)
    if HABITS[prepared.writer].carries_chain:
        append_certificates(unsigned, proofs, known=prepared.signer.certificates)
    else:
        answers = tuple(carry_issuer(one, authority.issuing.certificate) for one in proofs.ocsp_responses)
        proofs = replace(proofs, ocsp_responses=answers)
    append_revocations(unsigned, proofs)
    return serialise(root)


def fill_timestamp(stamp: etree._Element, imprint: bytes, authority: Authority, now: datetime) -> None:
    """Put a token over a SHA-256 imprint into a timestamp property (EN 319 132-1 §5.1.4.3, XAdESTimeStampType)."""
    token = authority.timestamp(imprint, IMPRINT, now)
    append_child(stamp, ds("CanonicalizationMethod"), Algorithm=C14N11)
    append_child(stamp, xades("EncapsulatedTimeStamp"), base64_text(token.der))


def append_certificates(parent: etree._Element, proofs: ValidationData, known: tuple[str, ...] = ()) -> None:
    """Append CertificateValues (EN 319 132-1 §5.4.1) with the certificates not in KeyInfo already."""
    values = append_child(parent, xades("CertificateValues"))
    for certificate in map(base64_text, proofs.certificates):
        if certificate not in known:
            append_child(values, xades("EncapsulatedX509Certificate"), certificate)


def append_revocations(parent: etree._Element, proofs: ValidationData) -> None:
    """Append RevocationValues (EN 319 132-1 §5.4.2); the schema wants lists before responses."""
    values = append_child(parent, xades("RevocationValues"))
    lists = append_child(values, xades("CRLValues"))
    for revoked in proofs.crls:
        append_child(lists, xades("EncapsulatedCRLValue"), base64_text(revoked))
    responses = append_child(values, xades("OCSPValues"))
    for response in proofs.ocsp_responses:
        append_child(responses, xades("EncapsulatedOCSPValue"), base64_text(response))
