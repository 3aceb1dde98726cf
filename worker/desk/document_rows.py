"""The documents of a batch as its page lists them, by what becomes of them, and what they amount to. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from jobs.model.documents import Document
from jobs.model.history import History
from jobs.model.metadata import Metadata
from jobs.model.names import DocumentId
from jobs.model.reasons import ADVICE, Reason
from jobs.model.records import Delivery, Outcome, Refusal
from jobs.model.remarks import EXPLANATION
from jobs.model.text import Text, Written
from jobs.settle import known_outcomes
from worker.desk.batch_status import Tone
from worker.desk.marks import Surroundings, list_marks, name_attachments
from worker.desk.sums import Totals
from worker.preview import Fault, file_to_picture

PER_PAGE = 50
"""Rows of a list that are shown at once: half of what one approval can stand for, and about eight screens."""
_NOTHING_KNOWN = Metadata()
NO_PICTURE: dict[Fault, Text] = {
    Fault.UNREADABLE: Text("No picture: it cannot be read here."),
    Fault.TOO_SLOW: Text("No picture: drawing it takes too long."),
    Fault.TOO_LARGE: Text("No picture: drawing it takes too much memory."),
}


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file of a document; `number` from 0 is its place in the addresses of the pages."""

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """One document of a batch. `words` says what became of it, `advice` what a person can do.

    `data_files` are a folder's files, and empty for a file. `remarks` are what whoever approves it should know.
    """

    id: DocumentId
    name: str
    size: int
    sha256: str
    words: str
    tone: Tone
    advice: str
    detail: str
    data_files: tuple[FileRow, ...]
    marks: tuple[str, ...]
    """What sets it apart from the others."""
    remarks: tuple[str, ...]
    metadata: Metadata
    has_picture: bool
    """Whether it is of a kind that is pictured."""
    without_picture: str
    """Why there is no picture; empty where there is one, or nobody has looked yet."""


@dataclass(frozen=True, slots=True)
class DocumentLists:
    """The documents of a batch in their frozen order: those it seals, or sealed; those sealed before it; the rest.

    `sealing` is exactly what an approval stands for while one is asked for.
    """

    sealing: tuple[DocumentRow, ...]
    sealed_before: tuple[DocumentRow, ...]
    put_aside: tuple[DocumentRow, ...]
    totals: Totals = field(init=False)

    def __post_init__(self) -> None:
        """Add up what is sealed."""
        object.__setattr__(self, "totals", Totals.of(row.metadata for row in self.sealing))

    @classmethod
    def of(cls, history: History, around: Surroundings) -> Self:
        """Sort them by what is known of their end."""
        outcomes = known_outcomes(history)
        lists: tuple[list[DocumentRow], ...] = ([], [], [])
        for document in history.documents.values():
            outcome = outcomes.get(document.id)
            which = 2 if isinstance(outcome, Refusal) else int(outcome is not None and not history.is_over)
            lists[which].append(_row(document, outcome, around))
        return cls(*map(tuple, lists))

    @property
    def pages(self) -> int:
        """How many pages the longest list takes."""
        longest = max(map(len, (self.sealing, self.sealed_before, self.put_aside)))
        return max(1, -(-longest // PER_PAGE))

    def page_of(self, document: str) -> int:
        """The page on which the document stands in its list, from 1; the first for one that is in none."""
        for rows in (self.sealing, self.sealed_before, self.put_aside):
            for place, row in enumerate(rows):
                if row.id == document:
                    return place // PER_PAGE + 1
        return 1


@dataclass(frozen=True, slots=True)
class PageOfRows:
    """Some rows of a list, and their places in it, from 1."""

    rows: Sequence[DocumentRow]
    first: int
    last: int


def cut_page(rows: Sequence[DocumentRow], page: int) -> PageOfRows:
    """The rows on that page, from 1; a shorter list may have none there."""
    begin = (page - 1) * PER_PAGE
    shown = rows[begin : begin + PER_PAGE]
    return PageOfRows(shown, begin + 1, begin + len(shown))


def _row(document: Document, outcome: Outcome | None, around: Surroundings) -> DocumentRow:
    words, tone, advice, detail = _describe_outcome(outcome)
    pictured = file_to_picture(document)
    look = None if pictured is None else around.looks.get(pictured.sha256.hex)
    return DocumentRow(
        id=document.id,
        name=document.name,
        size=document.size,
        sha256=document.sha256.hex,
        words=words,
        tone=tone,
        advice=advice,
        detail=detail,
        data_files=tuple(FileRow(number, file.name) for number, file in enumerate(document.data_files)),
        marks=list_marks(document, around),
        remarks=(*(EXPLANATION[remark] for remark in document.remarks), *name_attachments(document, around)),
        metadata=document.metadata or _NOTHING_KNOWN,
        has_picture=pictured is not None,
        without_picture=NO_PICTURE[look.fault] if look and look.fault else "",
    )


def _describe_outcome(outcome: Outcome | None) -> tuple[str, Tone, str, str]:
    match outcome:
        case None:
            return "", Tone.BUSY, "", ""
        case Delivery():
            words = Text("Sealed ({level}) as {name}", level=outcome.level, name=outcome.name)
            return words, Tone.GOOD, "", ""
        case Refusal(reason=Reason.ABANDONED):
            # Of a batch that was given up its status says why, once for all of them.
            return Text("Put aside"), Tone.BAD, "", ""
        case Refusal():
            return Text("Put aside"), Tone.BAD, ADVICE[outcome.reason], Written(outcome.detail)
