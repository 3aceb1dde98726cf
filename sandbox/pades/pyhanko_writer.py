"""The first hand: pyHanko reads somebody's PDF as far as its next revision needs it, and adds an empty field."""

import secrets
from collections.abc import Callable
from datetime import datetime
from functools import partial
from io import BytesIO
from typing import Any, TypeVar

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, ensure_sig_flags, prepare_sig_field
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.validation import read_certification_data

from sandbox.pades.dss import Catalogue, EarlierStore, store_objects
from sandbox.pades.numbering import next_free_number
from sandbox.pades.prepared import NotSealable
from sandbox.pades.revision import PdfObject, Tail, revision
from sandbox.pades.writer import Known, Plan
from sandbox.pki import ValidationData

PDF_2 = (2, 0)

T = TypeVar("T")


class PyHankoWriter:
    """Writes changed objects and nothing else; a `Writer`."""

    def plan(self, document: bytes, field: str, now: datetime) -> Plan:
        """Return what a new signature changes; raises `NotSealable`."""
        del now
        return _read(document, lambda writer: _plan(document, writer, field))

    def store(
        self, document: bytes, proofs: ValidationData, signature: bytes, now: datetime, known: Known | None = None
    ) -> bytes:
        """Return the PDF with these proofs in its store, which does not say which signature they are for."""
        del signature, now
        known = known or _read(document, partial(_locate, document))
        return document + revision(known.tail, store_objects(known.catalogue, known.tail, proofs)).appended


def _read(document: bytes, read: Callable[[IncrementalPdfFileWriter], T]) -> T:
    if not document.startswith(b"%PDF-"):
        raise NotSealable("this is not a PDF")
    try:
        return read(IncrementalPdfFileWriter(BytesIO(document), prev=_reader(document)))
    except NotSealable:
        raise
    except Exception as cause:  # whatever a foreign file makes the parser raise, the file is what is wrong
        raise NotSealable("this PDF is damaged") from cause


def _plan(document: bytes, writer: IncrementalPdfFileWriter, field: str) -> Plan:
    signature = _with_signature_field(writer, field)
    objects = tuple(
        PdfObject(number, generation, _serialise(value)) for (generation, number), value in writer.objects.items()
    )
    tail = _tail(document, writer, signature.idnum + 1)
    return Plan(objects, signature.idnum, partial(revision, tail), _catalogue(writer))


def _locate(document: bytes, writer: IncrementalPdfFileWriter) -> Known:
    """Return the tail and the catalogue, for a revision that signs nothing."""
    return Known(_tail(document, writer, writer.prev.trailer["/Size"]), _catalogue(writer))


def _tail(document: bytes, writer: IncrementalPdfFileWriter, next_number: int) -> Tail:
    startxref = writer.prev.last_startxref
    if startxref is None:
        raise NotSealable("this PDF has no cross-reference")
    return Tail(
        length=len(document),
        startxref=startxref,
        next_number=next_number,
        uses_streams=writer.prev.has_xref_stream,
        trailer=_trailer(writer.prev),
    )


def _reader(document: bytes) -> PdfFileReader:
    # Files in the wild are seldom strictly right, and the vendor seals them all the same.
    reader = PdfFileReader(BytesIO(document), strict=False)
    if reader.encrypted:
        raise NotSealable("this PDF is encrypted")
    certification = read_certification_data(reader)
    if certification and certification.permission is MDPPerm.NO_CHANGES:
        raise NotSealable("this PDF is certified against every change, a seal included")
    # New objects are numbered from /Size on; where it is too low they would replace pages of the original, and where
    # the original refers to what is not there, they would give it a meaning.
    size = next_free_number(document, max(reader.trailer["/Size"], _highest_number(reader) + 1))
    reader.trailer["/Size"] = generic.NumberObject(size)  # type: ignore[no-untyped-call]
    return reader


def _highest_number(reader: PdfFileReader) -> int:
    revisions = map(reader.xrefs.explicit_refs_in_revision, range(reader.xrefs.total_revisions))
    return max(reference.idnum for revision in revisions for reference in revision)


def _with_signature_field(writer: IncrementalPdfFileWriter, name: str) -> generic.IndirectObject:
    """Add a field without extent to the first page and return the reference that its signature shall have."""
    _, field = prepare_sig_field(_free_name(writer.root, name), writer.root, update_writer=writer)
    # Every field has an appearance in PDF/A-1 (ISO 19005-1 §6.9), one that shows nothing included.
    field.get_object()["/AP"] = generic.DictionaryObject({"/N": writer.add_object(_empty_appearance())})  # type: ignore[no-untyped-call]
    ensure_sig_flags(writer=writer)
    if writer.output_version < PDF_2:
        writer.register_extension(ESIC_EXTENSION_1)
    signature = writer.allocate_placeholder()
    field.get_object()["/V"] = signature
    return signature


def _empty_appearance() -> generic.StreamObject:
    nowhere = generic.ArrayObject(map(generic.NumberObject, (0, 0, 0, 0)))
    kind = {"/Type": "/XObject", "/Subtype": "/Form"}
    entries = {key: generic.NameObject(value) for key, value in kind.items()}
    return generic.StreamObject({**entries, "/BBox": nowhere}, stream_data=b"")


def _free_name(root: generic.DictionaryObject, name: str) -> str:
    fields = _entry(_entry(root, "/AcroForm"), "/Fields") or []
    taken = {_entry(fields[index], "/T") for index in range(len(fields))}  # iterating would not follow references
    number = 1
    while f"{name}{number}" in taken:
        number += 1
    return f"{name}{number}"


def _catalogue(writer: IncrementalPdfFileWriter) -> Catalogue:
    reference = writer.root_ref
    entries = _entries(writer.root, {"/DSS"})
    return Catalogue(reference.idnum, reference.generation, entries, _earlier_store(writer.root))


def _earlier_store(root: generic.DictionaryObject) -> EarlierStore:
    store = _entry(root, "/DSS")
    vri = b" /VRI " + _serialise(store.raw_get("/VRI")) if _entry(store, "/VRI") else b""
    return EarlierStore(_items(store, "/Certs"), _items(store, "/OCSPs"), _items(store, "/CRLs"), vri)


def _items(store: Any, key: str) -> bytes:
    array = _entry(store, key) or generic.ArrayObject()
    return b"".join(_serialise(array.raw_get(index)) + b" " for index in range(len(array)))


def _entry(container: Any, key: str) -> Any:
    """Return what a dictionary's key leads to, or None; anything but a dictionary has no entries."""
    return container[key] if isinstance(container, generic.DictionaryObject) and key in container else None


def _trailer(reader: PdfFileReader) -> bytes:
    """Return the entries that every trailer repeats; only the second half of `/ID` changes (ISO 32000-1 §14.4)."""
    entries = reader.trailer.flatten()
    fresh = b"<%b>" % secrets.token_hex(16).encode("ascii")
    lasting = _serialise(entries["/ID"].raw_get(0)) if "/ID" in entries else fresh
    return b"%b /ID [%b %b]" % (_entries(entries, {"/ID", "/Size", "/Prev"}), lasting, fresh)


def _entries(dictionary: generic.DictionaryObject, without: set[str]) -> bytes:
    return b"".join(
        b" %b %b" % (_serialise(key), _serialise(value)) for key, value in dictionary.items() if key not in without
    )


def _serialise(value: Any) -> bytes:
    """Write a value as it was meant: left to itself, pyHanko respells UTF-16, and writes small numbers as `1E-7`."""
    match value:
        case generic.StreamObject():
            return _dump(value)
        case generic.DictionaryObject():
            return b"<<%b>>" % _entries(value, set())
        case generic.ArrayObject():
            return b"[%b]" % b" ".join(map(_serialise, value))
        case generic.FloatObject():
            return format(value, "f").encode("ascii")
        case generic.TextStringObject():
            value.force_output_encoding = value.autodetected_encoding
    return _dump(value)


def _dump(value: Any) -> bytes:
    stream = BytesIO()
    value.write_to_stream(stream, None)
    return stream.getvalue()
