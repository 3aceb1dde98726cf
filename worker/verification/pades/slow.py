"""The slow path: what our own reader does not understand is asked of two libraries, and only both together say sound.

qpdf reads original and sealed file, and the same allow-list judges what it finds different; pyHanko reads the
revisions and applies its own. A difference is an alteration; a library that stumbles, or sees it otherwise, means that
nobody can tell. No file is sound here that holds a byte which belongs to no object.
"""

import re
from io import BytesIO
from mmap import mmap

from pyhanko.pdf_utils.generic import Reference
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, DiffResult, ModificationLevel, StandardDiffPolicy

from jobs.model.documents import Profile
from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from worker.verification.pades.changes import require_sealing_only
from worker.verification.pades.meaning import Comparison
from worker.verification.pades.preflight.packed import unpack
from worker.verification.pades.qpdf import read_qpdf_tail
from worker.verification.pades.signatures import find_signatures
from worker.verification.pades.structure import Structure
from worker.verification.pades.syntax import Stream, Value, read_body
from worker.verification.pades.tail import Tail
from worker.verification.pades.tail_reading import MAX_PACKED
from worker.verification.refusal import require

_OBJECT = re.compile(rb"(?<![0-9])[0-9]+[\0\t\n\f\r ]+[0-9]+[\0\t\n\f\r ]+obj(?![^\0\t\n\f\r ()<>\[\]{}/%])")
_ENDOBJ = b"endobj"
_POLICY = StandardDiffPolicy(
    DEFAULT_DIFF_POLICY.global_rules, DEFAULT_DIFF_POLICY.form_rule, reject_object_freeing=False
)
"""Writers call free what was never there, or their own index (ISO 32000-2 §7.5.8.3); that no object went, qpdf sees."""
_BETWEEN = re.compile(
    rb"(?:[\0\t\n\f\r ]|%[^\r\n]*[\r\n])*"
    rb"(?:xref[\0\t\n\f\r 0-9nf]*trailer[^\0]{0,4096}?)?"
    rb"(?:startxref\s+\d+\s+%%EOF\s*)?"
)
"""What may stand between objects, and behind the last of a revision."""


def judge_slowly(content: mmap, size: int, profile: Profile, doubt: Exception) -> Structure:
    """Judge a sealed file that the fast reader stumbled over with `doubt`. Raises Rejected: altered, or cannot tell."""
    try:
        _require_small(content, size)
        tail = read_qpdf_tail(content, size)
        signatures = find_signatures(tail)
        stores = require_sealing_only(tail, signatures, profile)
        _require_agreement(content, size, tail)
    except (Rejected, MemoryError):
        raise
    except Exception as error:
        # Libraries stumble in any way they like over what they do not know; what they cannot read nobody can judge.
        raise _unknowable(f"{doubt}; and on second reading: {error!r}") from error
    return Structure(signatures, tuple(stores))


def _require_small(content: mmap, size: int) -> None:
    """What was appended unpacks to little, for libraries unpack and keep it all. Raises ValueError."""
    try:
        for _ in unpack(content[size:], MAX_PACKED):
            pass
    except Rejected as error:
        raise ValueError(error.detail) from error


def _require_agreement(content: mmap, size: int, tail: Tail) -> None:
    """PyHanko finds the same objects changed to the same, and what came after the seal lawful; no byte is left over.

    Its analysis begins at a signature: of the sealing revision itself it can judge none that brings the first form.
    Raises Rejected: cannot tell.
    """
    reader, original = (PdfFileReader(BytesIO(one), strict=False) for one in (content[:], content[:size]))
    base, count = original.xrefs.total_revisions - 1, reader.xrefs.total_revisions
    starts = [one.xrefs.get_startxref_for_revision(base) for one in (reader, original)]
    require(starts[0] == starts[1], "what was appended does not continue the original's newest revision")
    listed = {(one.idnum, one.generation) for at in range(base + 1, count) for one in _find_written(reader, at)}
    unlisted = {tuple(one) for revision in tail.revisions for one in revision.objects} - listed
    seal = max(reader.embedded_regular_signatures, key=lambda one: one.signed_revision)
    review = _POLICY.review_file(reader, seal.signed_revision)
    lawful = isinstance(review, DiffResult) and review.modification_level <= ModificationLevel.LTA_UPDATES
    if unlisted or not lawful:
        raise _unknowable(f"two readers see it differently: {unlisted or review}")
    # Libraries differ over a key that stands twice, over two entries of an index, and over what an object stream holds
    # where (qpdf goes by the object's number, pyHanko by its rank), and so do the programs that people read with.
    newest = tail.newest
    comparison = Comparison(newest, newest)
    for reference in {one for revision in tail.revisions for one in revision.objects}:
        if not comparison.is_same(newest.object(reference), _reread(reader, Reference(*reference, reader))):
            raise _unknowable(f"two readers see object {reference.number} differently")
    _require_accounted(content, size, reader, base)


def _reread(reader: PdfFileReader, reference: Reference) -> Value:
    """What pyHanko has read of the object, as one of our values; a stream's bytes are decoded."""
    found = reader.get_object(reference)  # type: ignore[no-untyped-call]
    written = BytesIO()
    found.write_to_stream(written, None)
    value, _ = read_body(written.getvalue() + b"\nendobj ", 0)
    if isinstance(value, Stream):
        entries = {key: one for key, one in value.entries.items() if key not in {"Filter", "DecodeParms"}}
        return Stream(entries, found.data)
    return value


def _find_written(reader: PdfFileReader, revision: int) -> set[Reference]:
    written: set[Reference] = reader.xrefs.explicit_refs_in_revision(revision)
    return written


def _require_accounted(content: mmap, size: int, reader: PdfFileReader, base: int) -> None:
    """Whatever looks like an object is one, and nothing stands between objects. Raises Rejected: cannot tell."""
    offsets: set[int] = set()
    for revision in range(base + 1, reader.xrefs.total_revisions):
        places = (reader.xrefs.get_historical_ref(one, revision) for one in _find_written(reader, revision))
        offsets.update(place for place in places if isinstance(place, int))
        offsets.add(reader.xrefs.get_startxref_for_revision(revision))
    begins = [found.start() for found in _OBJECT.finditer(content, size)]
    if not set(begins) <= offsets:
        raise _unknowable("something in the sealed file looks like an object and is in no index")
    ends = [
        content.rfind(_ENDOBJ, begin, limit) for begin, limit in zip(begins, [*begins[1:], len(content)], strict=True)
    ]
    gaps = zip([size, *(end + len(_ENDOBJ) for end in ends)], [*begins, len(content)], strict=True)
    if -1 in ends or not all(_BETWEEN.fullmatch(content, *gap) for gap in gaps):
        raise _unknowable("bytes of the sealed file belong to no object")


def _unknowable(why: str) -> Rejected:
    return Rejected(Reason.CANNOT_TELL, why)
