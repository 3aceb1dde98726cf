"""Signatures inside the appended revisions: where each stands, and that it covers the file as it should."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from worker.verification.pades.gaps import Gap
from worker.verification.pades.syntax import Reference, Value
from worker.verification.pades.tail import Tail
from worker.verification.refusal import refused, require

_SEAL = "ETSI.CAdES.detached"
_TIMESTAMP = "ETSI.RFC3161"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature: the revision it closes, its padded CMS, and what it covers: all but the gap, up to `end`."""

    index: int
    kind: str
    contents: bytes = field(repr=False)
    gap: Gap
    end: int


@dataclass(frozen=True, slots=True)
class Signatures:
    """The seal, and any document timestamps that came after it."""

    seal: Signature
    timestamps: tuple[Signature, ...]


def find_signatures(tail: Tail) -> Signatures:
    """Find what was signed behind the original: first a seal, then timestamps only. Raises Rejected for all else."""
    found = sorted(_found(tail), key=lambda signature: signature.index)
    require(found, "no new signature was found in the sealed file")
    require(found[0].kind == _SEAL, f"the signature is {found[0].kind} and not {_SEAL}")
    require(all(later.kind == _TIMESTAMP for later in found[1:]), "the sealed file has more signatures than one")
    return Signatures(found[0], tuple(found[1:]))


def _found(tail: Tail) -> Iterator[Signature]:
    for index, revision in enumerate(tail.revisions):
        for reference, value in revision.objects.items():
            if isinstance(value, dict) and "ByteRange" in value:
                yield _read(tail, index, reference, value)


def _read(tail: Tail, index: int, reference: Reference, value: dict[str, Value]) -> Signature:
    revision = tail.revisions[index]
    gap = revision.gaps.get(reference)
    if gap is None:
        raise refused("the signature leaves out more, or something else, than its own value")
    require(_is_shown(tail, index, reference), "the signature belongs to no field of the document")
    ranges = value["ByteRange"]
    end = gap.end + ranges[3]
    require(ranges == [0, gap.begin, gap.end, ranges[3]], "the signature leaves out more than its own value")
    require(revision.end <= end <= revision.limit, "the signature does not cover its whole revision")
    return Signature(index, str(value.get("SubFilter")), value["Contents"], gap, end)


def _is_shown(tail: Tail, index: int, signature: Reference) -> bool:
    """Whether a field of the form, as it stands in the newest revision, has this signature as its value."""
    fields = [
        reference
        for reference, value in tail.revisions[index].objects.items()
        if isinstance(value, dict) and value.get("FT") == "Sig" and value.get("V") == signature
    ]
    count = len(tail.revisions)
    catalogue = tail.object(tail.trailer(count)["Root"], count)
    form = tail.resolved(catalogue.get("AcroForm"), count) or {}
    shown = tail.resolved(form.get("Fields"), count) or []
    return any(_top(tail, field, count) in shown for field in fields)


def _top(tail: Tail, reference: Reference, count: int) -> Reference:
    """The field's oldest ancestor, which the form itself names."""
    for _ in range(10):
        parent = tail.object(reference, count).get("Parent")
        if not isinstance(parent, Reference):
            break
        reference = parent
    return reference
