"""What pyHanko says about the signatures in a PDF, judged from the file alone and the sandbox's root."""

import io
from datetime import datetime
from pathlib import Path

from asn1crypto import cms, ocsp
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
from sandbox.verdict import Indication, SignatureVerdict, stamped_imprint, time_of_answer


class Unrecognised(ValueError):
    """The file is no PDF, or carries no signature."""


def verdicts(path: Path, name: str, authority: Authority, now: datetime) -> list[SignatureVerdict]:
    """Return a verdict on each signature of a PDF that has this name; raises `Unrecognised`. It takes tens of ms."""
    try:
        reader = PdfFileReader(io.BytesIO(path.read_bytes()))
        signatures = reader.embedded_regular_signatures
    except (PdfError, ValueError, TypeError) as cause:
        # Whatever a foreign file makes the parser raise, the file is what is wrong.
        raise Unrecognised("Document format not recognized") from cause
    if not signatures:
        raise Unrecognised("Document is not signed")
    try:
        store = DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        # Level B or T: judged by what the signature itself carries.
        store = None
    return [_verdict(reader, store, signature, name, authority=authority, now=now) for signature in signatures]


def _verdict(
    reader: PdfFileReader,
    store: DocumentSecurityStore | None,
    signature: EmbeddedPdfSignature,
    name: str,
    *,
    authority: Authority,
    now: datetime,
) -> SignatureVerdict:
    # The signature's own timestamp (RFC 3161), whoever stamped it.
    tokens = find_cms_attribute_iter(signature.signer_info["unsigned_attrs"], "signature_time_stamp_token")
    token = next((one["content"] for one in tokens), None)
    stamped = _time_of(token) if token else None
    names = signature.signer_cert.subject.native
    archives = reader.embedded_timestamp_signatures
    holds = is_intact(signature, _context(store, authority, stamped or now)) and all(
        is_archive_intact(one, _context(store, authority, _time_of(one.signed_data))) for one in archives
    )
    return SignatureVerdict(
        indication=Indication.PASSED if holds else Indication.FAILED,
        format=f"PAdES_BASELINE_{level(store, stamped, archives)}",
        common_name=names.get("common_name", ""),
        organisation_id=names.get("organization_identifier", ""),
        serial_number=names.get("serial_number", ""),
        signed_at=stamped,
        scopes=(name,),
        imprint=stamped_imprint(token) if token else b"",
        answered_at=_time_of_answer(store, signature.signer_cert.serial_number) if store else None,
    )


def _time_of_answer(store: DocumentSecurityStore, serial_number: int) -> datetime | None:
    try:
        responses = [ocsp.OCSPResponse.load(one.get_object().data) for one in store.ocsps]
        return time_of_answer(responses, serial_number)
    except (PdfError, ValueError, TypeError):
        # A store of somebody else's making: the verdict says whether the signature holds, this is only told beside it.
        return None


def is_intact(signature: EmbeddedPdfSignature, context: ValidationContext) -> bool:
    """Say whether a signature is intact, valid and trusted in this context."""
    try:
        return bool(validate_pdf_signature(signature, context).bottom_line)
    except (SignatureValidationError, PdfError, ValueError):
        # pyHanko raises where it cannot judge at all: a report has no other word for that than "does not hold".
        return False


def is_archive_intact(timestamp: EmbeddedPdfSignature, context: ValidationContext) -> bool:
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
    # A later answer says as much of the moment (EN 319 102-1 §5.2.5).
    settings = {"trust_roots": [root], "allow_fetching": False, "moment": moment, "retroactive_revinfo": True}
    return store.as_validation_context(settings)


def _time_of(token: cms.SignedData) -> datetime:
    """Return the time a timestamp token tells (RFC 3161 §2.4.2)."""
    moment: datetime = token["encap_content_info"]["content"].parsed["gen_time"].native
    return moment


def level(store: DocumentSecurityStore | None, stamped: datetime | None, archives: list[EmbeddedPdfSignature]) -> str:
    """Return the PAdES baseline level by what is there (ETSI EN 319 142-1 §6.3)."""
    if stamped is None:
        return "B"
    if store is None:
        return "T"
    return "LTA" if archives else "LT"
