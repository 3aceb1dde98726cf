"""The first hand: pyHanko reads somebody's PDF as far as its next revision needs it, and adds an empty field."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from io import BytesIO
from itertools import count
from typing import Any

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
from sandbox.pades.writer import Known, RevisionPlan
from sandbox.pki import ValidationData

PDF_2 = (2, 0)


class PyHankoWriter:
    """Writes changed objects and nothing else; a `Writer`."""

    def plan(self, document: bytes, field: str, now: datetime) -> RevisionPlan:
        """Return what a new signature changes; raises `NotSealable`."""
        del now
        with _opened(document) as writer:
            signature = _add_signature_field(writer, field)
            objects = tuple(
                PdfObject(number, generation, _serialise(value))
                for (generation, number), value in writer.objects.items()
            )
            tail = _tail(document, writer, signature.idnum + 1)
            return RevisionPlan(objects, signature.idnum, partial(revision, tail), _catalogue(writer))

    def store(
        self, document: bytes, proofs: ValidationData, signature: bytes, now: datetime, known: Known | None = None
    ) -> bytes:
        """Return the PDF with these proofs in its store, which does not say which signature they are for."""
        del signature, now
        if known is None:
            with _opened(document) as writer:
                known = Known(_tail(document, writer, writer.prev.trailer["/Size"]), _catalogue(writer))
        return document + revision(known.tail, store_objects(known.catalogue, known.tail, proofs)).appended


@contextmanager
def _opened(document: bytes) -> Iterator[IncrementalPdfFileWriter]:
    """Read a PDF, and whatever the block asks of it; raises `NotSealable`."""
    if not document.startswith(b"%PDF-"):
        raise NotSealable("this is not a PDF")
    try:
        yield IncrementalPdfFileWriter(BytesIO(document), prev=_reader(document))
    except NotSealable:
        raise
    except Exception as cause:  # whatever a foreign file makes the parser raise, the file is what is wrong
        raise NotSealable("this PDF is damaged") from cause


def _tail(document: bytes, writer: IncrementalPdfFileWriter, next_number: int) -> Tail:
    startxref = writer.prev.last_startxref
    if startxref is None:
        raise NotSealable("this PDF has no cross-reference")
    # The entries that every trailer repeats; only the second half of `/ID` changes (ISO 32000-1 §14.4).
    entries = writer.prev.trailer.flatten()
    fresh = b"<%b>" % secrets.token_hex(16).encode("ascii")
    lasting = _serialise(entries["/ID"].raw_get(0)) if "/ID" in entries else fresh
    return Tail(
        length=len(document),
        startxref=startxref,
        next_number=next_number,
        uses_streams=writer.prev.has_xref_stream,
        trailer=b"%b /ID [%b %b]" % (_entries(entries, {"/ID", "/Size", "/Prev"}), lasting, fresh),
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
    revisions = map(reader.xrefs.explicit_refs_in_revision, range(reader.xrefs.total_revisions))
    highest = max(reference.idnum for references in revisions for reference in references)
    size = next_free_number(document, max(reader.trailer["/Size"], highest + 1))
    reader.trailer["/Size"] = generic.NumberObject(size)  # type: ignore[no-untyped-call]
    return reader


def _add_signature_field(writer: IncrementalPdfFileWriter, name: str) -> generic.IndirectObject:
    """Add a field without extent to the first page and return the reference that its signature shall have."""
    fields = _entry(_entry(writer.root, "/AcroForm"), "/Fields") or []
    taken = {_entry(fields[index], "/T") for index in range(len(fields))}  # iterating would not follow references
    free_name = next(f"{name}{number}" for number in count(1) if f"{name}{number}" not in taken)
    _, field = prepare_sig_field(free_name, writer.root, update_writer=writer)
    # Every field has an appearance in PDF/A-1 (ISO 19005-1 §6.9), one that shows nothing included.
    nowhere = generic.ArrayObject(map(generic.NumberObject, (0, 0, 0, 0)))
    kind = {"/Type": "/XObject", "/Subtype": "/Form"}
    entries = {key: generic.NameObject(value) for key, value in kind.items()}
    appearance = generic.StreamObject({**entries, "/BBox": nowhere}, stream_data=b"")
    field.get_object()["/AP"] = generic.DictionaryObject({"/N": writer.add_object(appearance)})  # type: ignore[no-untyped-call]
    ensure_sig_flags(writer=writer)
    if writer.output_version < PDF_2:
        writer.register_extension(ESIC_EXTENSION_1)
    signature = writer.allocate_placeholder()
    field.get_object()["/V"] = signature
    return signature


def _catalogue(writer: IncrementalPdfFileWriter) -> Catalogue:
    reference = writer.root_ref
    store = _entry(writer.root, "/DSS")
    vri = b" /VRI " + _serialise(store.raw_get("/VRI")) if _entry(store, "/VRI") else b""
    earlier = EarlierStore(_items(store, "/Certs"), _items(store, "/OCSPs"), _items(store, "/CRLs"), vri)
    return Catalogue(reference.idnum, reference.generation, _entries(writer.root, {"/DSS"}), earlier)


def _items(store: Any, key: str) -> bytes:
    array = _entry(store, key) or generic.ArrayObject()
    return b"".join(_serialise(array.raw_get(index)) + b" " for index in range(len(array)))


def _entry(container: Any, key: str) -> Any:
    """Return what a dictionary's key leads to, or None; anything but a dictionary has no entries."""
    return container[key] if isinstance(container, generic.DictionaryObject) and key in container else None


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
