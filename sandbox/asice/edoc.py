"""What signatures hold in the shape of LVRTC's Java library: properties of XAdES 1.3.2 (ETSI TS 101 903 V1.4.2)."""

from asn1crypto import ocsp
from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from sandbox.asice.signer import XmlSigner
from sandbox.asice.xml import DIGEST, append_child, ds, xades


def append_signing_certificate(of_signature: etree._Element, signer: XmlSigner) -> None:
    """Append SigningCertificate (TS 101 903 §7.2.2), by SHA-256: unlike ESSCertID, it never was bound to SHA-1."""
    stated = append_child(append_child(of_signature, xades("SigningCertificate")), xades("Cert"))
    digest = append_child(stated, xades("CertDigest"))
    append_child(digest, ds("DigestMethod"), Algorithm=DIGEST["sha256"])
    append_child(digest, ds("DigestValue"), signer.certificate_digest)
    serial = append_child(stated, xades("IssuerSerial"))
    append_child(serial, ds("X509IssuerName"), signer.issuer_name)
    append_child(serial, ds("X509SerialNumber"), str(signer.serial_number))


def append_empty_claims(of_signature: etree._Element) -> None:
    """Append a place and a role that say nothing, as the library does where its user left both fields open."""
    append_child(of_signature, xades("SignatureProductionPlace"))
    role = append_child(append_child(of_signature, xades("SignerRole")), xades("ClaimedRoles"))
    append_child(role, xades("ClaimedRole"))


def carry_issuer(response: bytes, issuer: x509.Certificate) -> bytes:
    """Return the OCSP response with the issuing CA beside its responder (RFC 6960 §4.2.1: certs are not signed)."""
    answer = ocsp.OCSPResponse.load(response)
    basic = answer["response_bytes"]["response"].parsed
    carried = [*basic["certs"], Certificate.load(issuer.public_bytes(Encoding.DER))]
    again = ocsp.BasicOCSPResponse({**{name: basic[name] for name in basic}, "certs": carried})
    body = {"response_type": "basic_ocsp_response", "response": again}
    return bytes(ocsp.OCSPResponse({"response_status": "successful", "response_bytes": body}).dump())
