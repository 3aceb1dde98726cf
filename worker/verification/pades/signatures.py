"""Signatures inside the appended revisions: where each stands, and that it covers the file as it should."""

from dataclasses import dataclass, field

from worker.verification.pades.gaps import Gap
from worker.verification.pades.syntax import Reference
from worker.verification.pades.tail import PdfState, Tail
from worker.verification.refusal import refused, require

_SEAL = "ETSI.CAdES.detached"
_TIMESTAMP = "ETSI.RFC3161"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature: the revision it closes, its padded CMS, and what it covers: all but the gap, up to `end`."""

    index: int
    reference: Reference
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
    found: list[Signature] = []
    for index, revision in enumerate(tail.revisions):
        for reference, value in revision.objects.items():
            if not isinstance(value, dict) or "ByteRange" not in value:
                continue
            gap, ranges = revision.gaps.get(reference), value["ByteRange"]
            if gap is None:
                raise refused("the signature leaves out more, or something else, than its own value")
            end = gap.end + ranges[3]
            require(ranges == [0, gap.begin, gap.end, ranges[3]], "the signature leaves out more than its own value")
            require(revision.end <= end <= revision.limit, "the signature does not cover its whole revision")
            found.append(Signature(index, reference, str(value.get("SubFilter")), value["Contents"], gap, end))
    require(found, "no new signature was found in the sealed file")
    require(found[0].kind == _SEAL, f"the signature is {found[0].kind} and not {_SEAL}")
    require(all(later.kind == _TIMESTAMP for later in found[1:]), "the sealed file has more signatures than one")
    indexes = {one.index for one in found}
    require(len(indexes) == len(found), "a revision of the sealed file has several signatures")
    return Signatures(found[0], tuple(found[1:]))


def require_shown(newest: PdfState, signatures: Signatures, fields: frozenset[Reference]) -> None:
    """Each new field has one of these signatures as its value, and each signature its field. Raises Rejected."""
    values = [newest.dictionary(reference).get("V") for reference in fields]
    signed = {signatures.seal.reference, *(one.reference for one in signatures.timestamps)}
    require(signed <= set(values), "the signature belongs to no field of the document")
    require(len(values) == len(signed), "sealing added a field that nobody signed")
