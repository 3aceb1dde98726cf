"""Keeping a seal verifiable beyond the life of its certificates: a document timestamp, which makes level B-LTA."""

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import find_cms_attribute_iter

from sandbox.pades.placeholder import TO_BE_FILLED, leave_placeholder
from sandbox.pades.prepared import NotSealable
from sandbox.pades.revision import PdfObject
from sandbox.pades.writers import WRITERS
from sandbox.pki import Authority, ValidationData
from sandbox.pki.keys import compute_hash
from sandbox.variants.signapi import PdfWriter

FIELD = "Timestamp"
DOCUMENT_TIMESTAMP = b"<</Type /DocTimeStamp /Filter /Adobe.PPKLite /SubFilter /ETSI.RFC3161 %b>>" % TO_BE_FILLED


class NotArchivable(ValueError):
    """This PDF cannot be raised to level B-LTA."""


@dataclass(frozen=True, slots=True)
class _Sealed:
    """What a PDF at level B-LT holds already: its proofs in DER, and whether it was archived before."""

    proofs: frozenset[bytes]
    archived: bool


def archive(document: bytes, authority: Authority, now: datetime, *, writer: PdfWriter = PdfWriter.PYHANKO) -> bytes:
    """Return the PDF with one more document timestamp over all of it (ETSI EN 319 142-1 §5.4.3, level B-LTA §6.3).

    Before it go the proofs for the document timestamps that are there already, since nothing else vouches for them.
    Raises `NotArchivable` for what is no sound PDF, holds no signature, or as its newest one below level B-LT.
    """
    sealed, hand = _read_sealed(document), WRITERS[writer]
    try:
        if sealed.archived:
            # To the store goes what proves our timestamps good at this moment, and is not there yet.
            data = authority.timestamp_validation_data(now)
            kinds = (data.certificates, data.ocsp_responses, data.crls)
            missing = [tuple(proof for proof in kind if proof not in sealed.proofs) for kind in kinds]
            document = hand.store(document, ValidationData(*missing), b"", now) if any(missing) else document
        plan = hand.plan(document, FIELD, now)
        timestamp = PdfObject(plan.signature_number, 0, DOCUMENT_TIMESTAMP)
        update = plan.lay_out([*plan.objects, timestamp])
    except NotSealable as cause:
        raise NotArchivable(cause.reason) from cause
    stamped, placeholder = leave_placeholder(document, update, timestamp)
    token = authority.timestamp(compute_hash("sha256", *placeholder.around(stamped)), "sha256", now)
    return placeholder.fill(stamped, token.der)


def _read_sealed(document: bytes) -> _Sealed:
    try:
        reader = PdfFileReader(BytesIO(document), strict=False)
        _require_long_term(reader)
        store = reader.root["/DSS"]
        kinds = (store[key] for key in ("/Certs", "/OCSPs", "/CRLs") if key in store)
        proofs = frozenset(proof.get_object().data for kind in kinds for proof in kind)
        return _Sealed(proofs, bool(reader.embedded_timestamp_signatures))
    except NotArchivable:
        raise
    except Exception as cause:  # whatever a foreign file makes the parser raise, the file is what is wrong
        raise NotArchivable("it is no sound PDF") from cause


def _require_long_term(reader: PdfFileReader) -> None:
    signatures = reader.embedded_regular_signatures
    if not signatures:
        raise NotArchivable("it holds no signature")
    # What somebody signed before is theirs; the newest signature is the seal that is to be kept.
    unsigned = signatures[-1].signer_info["unsigned_attrs"]
    is_stamped = any(find_cms_attribute_iter(unsigned, "signature_time_stamp_token"))
    if "/DSS" not in reader.root or not is_stamped:
        raise NotArchivable("its newest signature is not at level B-LT")
