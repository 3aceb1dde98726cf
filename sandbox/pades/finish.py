"""The second half of a seal: signature value, timestamp and proofs go into the file, which then is PAdES B-LT."""

from datetime import datetime

from cryptography import x509

from sandbox.pades.prepared import PreparedPdf
from sandbox.pades.writer import Known
from sandbox.pades.writers import WRITERS
from sandbox.pki import Authority
from sandbox.pki.cms import DATA, attribute, signed_data, signer_of
from sandbox.pki.der import oid, sequence
from sandbox.pki.keys import compute_hash

SIGNATURE_TIME_STAMP = oid("1.2.840.113549.1.9.16.2.14")  # ETSI EN 319 122-1 §5.3


def finish(
    prepared: PreparedPdf, signature_value: bytes, authority: Authority, certificate: x509.Certificate, now: datetime
) -> bytes:
    """Return the sealed PDF at level B-LT (ETSI EN 319 142-1 §6.3). The signature value is taken as it is.

    Raises `ValueError` when the document was prepared for another certificate, or the CMS outgrows its placeholder, and
    `NotIssuedHere` when the authority cannot answer for the certificate.
    """
    empty, signer = prepared.signature, signer_of(certificate)
    if empty.certificates[0] != signer.certificate_der:
        raise ValueError("the document was prepared for another certificate")
    token = authority.timestamp(compute_hash("sha256", signature_value), "sha256", now)
    stamped = attribute(SIGNATURE_TIME_STAMP, token.der)
    signer_info = signer.signer_info(empty.signed_attributes, signature_value, stamped)
    cms = signed_data(sequence(DATA), signer.hash_name, empty.certificates, signer_info)
    proofs = authority.validation_data(certificate, now)
    known = Known(empty.tail, empty.catalogue) if empty.catalogue else None
    sealed, contents = empty.placeholder.fill(prepared.document, cms), empty.placeholder.pad(cms)
    return WRITERS[empty.writer].store(sealed, proofs, contents, now, known)
