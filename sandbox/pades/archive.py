"""Keeping a seal verifiable beyond the life of its certificates: a document timestamp, which makes level B-LTA."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import find_cms_attribute_iter
from pyhanko.sign.validation import EmbeddedPdfSignature

from sandbox.pades.prepared import NotSealable
from sandbox.pades.revision import PdfObject
from sandbox.pades.room import TO_BE_FILLED, leave_room
from sandbox.pades.writer import Writer
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
    sealed = _read_sealed(document)
    try:
        if sealed.archived:
            document = _prove(document, sealed.proofs, authority, now, WRITERS[writer])
        return _stamp_document(document, authority, now, WRITERS[writer])
    except NotSealable as cause:
        raise NotArchivable(cause.reason) from cause


def _read_sealed(document: bytes) -> _Sealed:
    try:
        reader = PdfFileReader(BytesIO(document), strict=False)
        _require_long_term(reader)
        return _Sealed(_proofs(reader), bool(reader.embedded_timestamp_signatures))
    except NotArchivable:
        raise
    except Exception as cause:  # whatever a foreign file makes the parser raise, the file is what is wrong
        raise NotArchivable("it is no sound PDF") from cause


def _require_long_term(reader: PdfFileReader) -> None:
    signatures = reader.embedded_regular_signatures
    if not signatures:
        raise NotArchivable("it holds no signature")
    # What somebody signed before is theirs; the newest signature is the seal that is to be kept.
    if "/DSS" not in reader.root or not _is_stamped(signatures[-1]):
        raise NotArchivable("its newest signature is not at level B-LT")


def _is_stamped(signature: EmbeddedPdfSignature) -> bool:
    unsigned = signature.signer_info["unsigned_attrs"]
    return any(find_cms_attribute_iter(unsigned, "signature_time_stamp_token"))


def _proofs(reader: PdfFileReader) -> frozenset[bytes]:
    store = reader.root["/DSS"]
    kinds = (store[key] for key in ("/Certs", "/OCSPs", "/CRLs") if key in store)
    return frozenset(proof.get_object().data for kind in kinds for proof in kind)


def _prove(document: bytes, present: AbstractSet[bytes], authority: Authority, now: datetime, writer: Writer) -> bytes:
    """Append to the store what proves our timestamps good at this moment, and is not there yet."""
    proofs = authority.timestamp_validation_data(now)
    kinds = (proofs.certificates, proofs.ocsp_responses, proofs.crls)
    missing = [tuple(proof for proof in kind if proof not in present) for kind in kinds]
    return writer.store(document, ValidationData(*missing), b"", now) if any(missing) else document


def _stamp_document(document: bytes, authority: Authority, now: datetime, writer: Writer) -> bytes:
    plan = writer.plan(document, FIELD, now)
    timestamp = PdfObject(plan.signature_number, 0, DOCUMENT_TIMESTAMP)
    update = plan.lay_out([*plan.objects, timestamp])
    stamped, room = leave_room(document, update, timestamp)
    token = authority.timestamp(compute_hash("sha256", *room.around(stamped)), "sha256", now)
    return room.fill(stamped, token.der)
