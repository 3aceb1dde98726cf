"""What becomes of each document of a batch, in plain words. Pure."""

from dataclasses import dataclass

from jobs.model.documents import Document
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.names import DocumentId
from jobs.model.reasons import ADVICE, Reason
from jobs.model.records import Abandoned, Delivered, Delivery, Outcome, Prepared, Refusal
from worker.desk.presenting import Tone


@dataclass(frozen=True, slots=True)
class Row:
    """One document of a batch. `words` says what became of it, `advice` what a person can do.

    `data_files` are the names of a folder's files, and empty for a file.
    """

    name: str
    size: int
    sha256: str
    words: str = ""
    tone: Tone = Tone.BUSY
    advice: str = ""
    detail: str = ""
    data_files: tuple[str, ...] = ()


def rows(history: History) -> tuple[Row, ...]:
    """Every document with what is known of its end: first those that were put aside, each part in its frozen order."""
    known = _outcomes(history)
    told = (_row(document, known.get(document.id)) for document in history.documents.values())
    return tuple(sorted(told, key=lambda row: row.tone is not Tone.BAD))


def _row(document: Document, outcome: Outcome | None) -> Row:
    names = tuple(file.name for file in document.data_files)
    return Row(document.name, document.size, document.sha256.hex, *_ending(outcome), data_files=names)


def _outcomes(history: History) -> dict[DocumentId, Outcome]:
    known: tuple[Outcome, ...] = ()
    if history.state is State.DELIVERED:
        known = history.last(Delivered).outcomes
    elif history.state is State.ABANDONED:
        known = _given_up(history)
    elif history.has(Prepared):
        known = history.prepared.refused
    return {outcome.document: outcome for outcome in known}


def _given_up(history: History) -> tuple[Refusal, ...]:
    record = history.last(Abandoned)
    known = {refusal.document: refusal for refusal in record.refused}
    return tuple(
        known.get(document) or Refusal(document=document, reason=Reason.ABANDONED, detail=record.why)
        for document in history.documents
    )


def _ending(outcome: Outcome | None) -> tuple[str, Tone, str, str]:
    match outcome:
        case None:
            return "", Tone.BUSY, "", ""
        case Delivery():
            return f"Sealed ({outcome.level}) as {outcome.name}", Tone.GOOD, "", ""
        case Refusal(reason=Reason.ABANDONED):
            return "Put aside", Tone.BAD, "", ""
        case Refusal():
            return "Put aside", Tone.BAD, ADVICE[outcome.reason], outcome.detail
