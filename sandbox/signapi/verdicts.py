"""What pyHanko says about the signatures in a PDF, judged from the file alone and the sandbox's root."""

import io
from datetime import datetime

from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import find_cms_attribute_iter
from pyhanko.sign.validation import (
    DocumentSecurityStore,
    EmbeddedPdfSignature,
    validate_pdf_signature,
    validate_pdf_timestamp,
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
    archives = reader.embedded_timestamp_signatures
    sound = _holds(signature, _context(store, authority, stamped or now)) and all(
        _archive_holds(one, _context(store, authority, _made_at(one.signed_data))) for one in archives
    )
    return Verdict(
        indication=Indication.PASSED if sound else Indication.FAILED,
        format=f"PAdES_BASELINE_{_level(store, stamped, archives)}",
        common_name=names.get("common_name", ""),
        organisation_id=names.get("organization_identifier", ""),
        serial_number=names.get("serial_number", ""),
        signed_at=stamped,
        scopes=(name,),
    )


def _holds(signature: EmbeddedPdfSignature, context: ValidationContext) -> bool:
    try:
        return bool(validate_pdf_signature(signature, context).bottom_line)
    except (SignatureValidationError, PdfError, ValueError):
        return False


def _archive_holds(timestamp: EmbeddedPdfSignature, context: ValidationContext) -> bool:
    """Say whether a document timestamp (ETSI EN 319 142-1 §5.4.3) still covers what it was made over."""
    try:
        status = validate_pdf_timestamp(timestamp, context)
    except (SignatureValidationError, PdfError, ValueError):
        return False
    return bool(status.intact and status.valid and status.trusted)


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
        return _made_at(token["content"])
    return None


def _made_at(token: cms.SignedData) -> datetime:
    moment: datetime = token["encap_content_info"]["content"].parsed["gen_time"].native
    return moment


def _level(store: DocumentSecurityStore | None, stamped: datetime | None, archives: list[EmbeddedPdfSignature]) -> str:
    if stamped is None:
        return "B"
    if store is None:
        return "T"
    return "LTA" if archives else "LT"
