"""Original and tail as qpdf reads them: slower than our own reader, and at home in every corner of the format.

qpdf tells what each object is, not where it stands: whether anything hides between objects is asked elsewhere.
"""

import hashlib
from binascii import unhexlify
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from io import BytesIO
from mmap import mmap
from typing import Any

import pikepdf

from worker.verification.pades.crossref import ObjectPlace, Placed
from worker.verification.pades.gaps import Gap
from worker.verification.pades.syntax import Name, Reference, Stream, Value
from worker.verification.pades.tail import Revision, Tail
from worker.verification.refusal import require

_MAX_OBJECTS = 50_000
_MAX_DEPTH = 60
_MAX_CONTENT = 20_000_000
_MAX_UNPACKED = 150_000_000
_NO_MEMORY = "bad_alloc"
_UNKNOWN = 0


class QpdfDocument:
    """One state of a document. Raises pikepdf's errors where qpdf cannot read it, and ValueError beyond limits.

    Raises MemoryError where there is too little memory for all of it.
    """

    def __init__(self, content: bytes) -> None:
        # Nothing may be mended or made explicit: what is not in the file is not to be judged.
        self._pdf = pikepdf.open(
            BytesIO(content), attempt_recovery=False, inherit_page_attributes=False, suppress_warnings=True
        )
        if len(self._pdf.objects) > _MAX_OBJECTS or len(content) > _MAX_CONTENT:
            raise ValueError("the file is too large for a second reading")
        self._objects: dict[Reference, Value] = {}
        self._unpacked = 0
        self.carriers: set[int] = set()
        """The numbers of its object streams and cross-reference streams."""
        self.texts = dict(self._texts())
        """The hash of what each object says, in one spelling: objects of the same text are the same."""
        # qpdf takes an object for null that it has no memory left to read, and only warns.
        if any(_NO_MEMORY in str(warning) for warning in self._pdf.get_warnings()):
            raise MemoryError

    def _texts(self) -> Iterator[tuple[Reference, bytes]]:
        found: set[int] = set()
        for one in self._pdf.objects:
            if isinstance(one, pikepdf.Object):
                found.add(one.objgen[0])
                is_stream = isinstance(one, pikepdf.Stream)
                if is_stream and one.get("/Type") in ("/ObjStm", "/XRef"):
                    self.carriers.add(one.objgen[0])
                else:
                    text: bytes = one.unparse(resolved=True)
                    yield Reference(*one.objgen), _hash(text, one.read_raw_bytes() if is_stream else b"")
        # Numbers, booleans and null come without saying which object they are.
        for number in set(range(1, int(self._pdf.trailer["/Size"]))) - found:
            value = self._pdf.get_object(number, 0)
            if value is not None:
                yield Reference(number, 0), _hash(repr(value).encode())

    @cached_property
    def trailer(self) -> Mapping[str, Value]:
        """The newest trailer."""
        converted = _convert(self._pdf.trailer, 0)
        return dict((converted.entries if isinstance(converted, Stream) else converted).items())

    def place(self, number: int) -> ObjectPlace | None:
        """A place for each object there is; where it stands qpdf does not say."""
        generations = (one.generation for one in self.texts if one.number == number)
        return next((Placed(_UNKNOWN, generation) for generation in generations), None)

    def object(self, reference: Reference) -> Value:
        """The object, None where there is none. Raises ValueError beyond limits."""
        if reference not in self._objects:
            found = self._pdf.get_object(*reference) if reference in self.texts else None
            value = _convert(found, 0, is_top=True)
            self._objects[reference] = self._unpack(found, value) if isinstance(found, pikepdf.Stream) else value
        return self._objects[reference]

    def _unpack(self, found: pikepdf.Stream, stream: Stream) -> Stream:
        """The stream, decoded where our own reader could not do it. Raises ValueError where all are too much."""
        try:
            self._unpacked += len(stream.decode())
        except ValueError:
            try:
                decoded = found.read_bytes()
            except pikepdf.PikepdfError:
                return stream
            self._unpacked += len(decoded)
            stored = {key: one for key, one in stream.entries.items() if key not in {"Filter", "DecodeParms"}}
            stream = Stream(stored, decoded)
        if self._unpacked > _MAX_UNPACKED:
            raise ValueError("the file unpacks to too much for a second reading")
        return stream

    def require_unmentioned(self, numbers: Iterable[int]) -> None:
        """Nothing that can be reached from the trailer refers to one of these objects. Raises Rejected."""
        waiting: list[Value] = [self.trailer.get("Root"), self.trailer.get("Info")]
        seen: set[Reference] = set()
        while waiting:
            value = waiting.pop()
            if isinstance(value, Reference):
                if value not in seen:
                    seen.add(value)
                    waiting.append(self.object(value))
                continue
            entries = value.entries if isinstance(value, Stream) else value
            if isinstance(entries, dict):
                waiting.extend(entries.values())
            elif isinstance(entries, list):
                waiting.extend(entries)
        filled = {reference.number for reference in seen} & frozenset(numbers)
        require(not filled, f"what was appended fills the original's references to nothing: {sorted(filled)}")


def read_qpdf_tail(content: mmap, size: int) -> Tail:
    """What follows the original's `size` bytes, up to each new signature and to the end, as qpdf reads it.

    Raises Rejected, ValueError, and pikepdf's errors.
    """
    original = QpdfDocument(content[:size])
    whole = QpdfDocument(content[:])
    signed = [whole.object(reference) for reference in whole.texts.keys() - original.texts.keys()]
    ends = {sum(one["ByteRange"][2:]) for one in signed if isinstance(one, dict) and "ByteRange" in one}
    before, revisions = original, []
    for end in sorted({*ends, len(content)}):
        after = whole if end == len(content) else QpdfDocument(content[:end])
        revisions.append(_revision(content, before, after, end))
        before = after
    return Tail(original, tuple(revisions))


def _revision(content: mmap, before: QpdfDocument, after: QpdfDocument, end: int) -> Revision:
    gone = before.texts.keys() - after.texts.keys()
    require(not gone, f"the sealed file deletes objects: {sorted(one.number for one in gone)}")
    changed = [one for one, text in after.texts.items() if before.texts.get(one) != text]
    objects = {reference: after.object(reference) for reference in changed}
    gaps = {reference: gap for reference, value in objects.items() if (gap := _gap(content, value))}
    return Revision(
        end=content.rfind(b"%%EOF", 0, end) + len(b"%%EOF"),
        limit=end,
        trailer=after.trailer,
        objects=objects,
        places={reference.number: Placed(_UNKNOWN, reference.generation) for reference in objects},
        carriers=frozenset(after.carriers - before.carriers),
        gaps=gaps,
    )


def _hash(*parts: bytes) -> bytes:
    """Kept instead of what it is of: several states of a large document are in memory at a time."""
    return hashlib.sha256(b"".join(parts)).digest()


def _gap(content: mmap, value: Value) -> Gap | None:
    """Where the signature's value stands, by its own byte range."""
    if not isinstance(value, dict) or "ByteRange" not in value:
        return None
    _, begin, end, _ = value["ByteRange"]
    text = content[begin:end]
    whole = text[:1] + text[-1:] == b"<>" and unhexlify(text[1:-1]) == value.get("Contents")
    return Gap(begin, end, value["Contents"]) if whole else None


def _convert(value: Any, depth: int, *, is_top: bool = False) -> Value:
    """One of qpdf's values as ours."""
    if depth > _MAX_DEPTH:
        raise ValueError("objects are nested too deeply")
    found: Value
    match value:
        case None | bool() | int():
            found = value
        case pikepdf.Object() if value.is_indirect and depth and not is_top:
            found = Reference(*value.objgen)
        case pikepdf.Name():
            found = Name(str(value)[1:])
        case pikepdf.String():
            found = bytes(value)
        case pikepdf.Array():
            found = [_convert(one, depth + 1) for one in value]
        case pikepdf.Stream():
            found = Stream(_entries(value, depth), value.read_raw_bytes())
        case pikepdf.Dictionary():
            found = _entries(value, depth)
        case pikepdf.Object():
            raise ValueError("a PDF operator stands where an object should")
        case _:
            found = float(value)
    return found


def _entries(value: pikepdf.Object, depth: int) -> dict[str, Value]:
    entries: Any = value.stream_dict if isinstance(value, pikepdf.Stream) else value
    # `items()` follows no reference, so that what is indirect is known to be.
    pairs = ((key[1:], _convert(one, depth + 1)) for key, one in entries.items())
    return {Name(key): one for key, one in pairs if one is not None}
