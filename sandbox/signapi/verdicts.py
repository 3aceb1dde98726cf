"""What pyHanko says about the signatures in a PDF, judged from the file alone and the sandbox's root."""

import io
from datetime import datetime

from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import find_cms_attribute_iter
from pyhanko.sign.validation import (
    DocumentSecurityStore,
    EmbeddedPdfSignature,
    validate_pdf_signature,
)
from pyhanko.sign.validation.errors import NoDSSFoundError, SignatureValidationError
from pyhanko_certvalidator import ValidationContext

from sandbox.pki import Authority
from sandbox.verdict import Indication, Verdict


class Unrecognised(ValueError):
    """The file is no PDF, or carries no signature."""


def verdicts(document: bytes, name: str, authority: Authority, now: datetime) -> list[Verdict]:
    """Return a verdict on each signature of a PDF of this name; raises `Unrecognised`. It takes tens of ms."""
    try:
        reader = PdfFileReader(io.BytesIO(document))
        signatures = reader.embedded_regular_signatures
    except (PdfError, ValueError, TypeError) as cause:
        raise Unrecognised("Document format not recognized") from cause
    if not signatures:
        raise Unrecognised("Document is not signed")
    return [_verdict(reader, signature, name, authority, now) for signature in signatures]


def _verdict(
    reader: PdfFileReader, signature: EmbeddedPdfSignature, name: str, authority: Authority, now: datetime
) -> Verdict:
    stamped = _stamped_at(signature)
    store = _security_store(reader)
    names = signature.signer_cert.subject.native
    return Verdict(
        indication=_indication(signature, _context(store, authority, stamped or now)),
        format=_format(store, stamped),
        common_name=names.get("common_name", ""),
        organisation_id=names.get("organization_identifier", ""),
        serial_number=names.get("serial_number", ""),
        signed_at=stamped,
        scopes=(name,),
    )


def _indication(signature: EmbeddedPdfSignature, context: ValidationContext) -> Indication:
    try:
        passed = validate_pdf_signature(signature, context).bottom_line
    except (SignatureValidationError, PdfError, ValueError):
        return Indication.FAILED
    return Indication.PASSED if passed else Indication.FAILED


def _context(store: DocumentSecurityStore | None, authority: Authority, moment: datetime) -> ValidationContext:
    """Trust the sandbox's root alone, at the time of the timestamp, and fetch nothing."""
    root = asn1_x509.Certificate.load(authority.root.certificate.public_bytes(Encoding.DER))
    if store is None:
        return ValidationContext(trust_roots=[root], allow_fetching=False, moment=moment)
    return store.as_validation_context({"trust_roots": [root], "allow_fetching": False, "moment": moment})


def _security_store(reader: PdfFileReader) -> DocumentSecurityStore | None:
    try:
        return DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        return None


def _stamped_at(signature: EmbeddedPdfSignature) -> datetime | None:
    """Return the time in the signature's timestamp (RFC 3161 §2.4.2), whoever stamped it."""
    for token in find_cms_attribute_iter(signature.signer_info["unsigned_attrs"], "signature_time_stamp_token"):
        moment: datetime = token["content"]["encap_content_info"]["content"].parsed["gen_time"].native
        return moment
    return None


def _format(store: DocumentSecurityStore | None, stamped: datetime | None) -> str:
    if stamped is None:
        return "PAdES_BASELINE_B"
    return "PAdES_BASELINE_LT" if store else "PAdES_BASELINE_T"
