"""What happened to a batch, record by record, in plain words. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.names import PersonalCode
from jobs.model.records import (
    Abandoned,
    Archived,
    Archiving,
    Delivered,
    Finalizing,
    Gathered,
    Lapsed,
    Prepared,
    Record,
    Refusal,
    Sealed,
    Signed,
    Signing,
)
from worker.desk.formats import counted


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened, and when."""

    at: datetime
    text: str


def lines(history: History, viewer: PersonalCode) -> tuple[Line, ...]:
    """Everything that happened to the batch, oldest first."""
    return tuple(Line(record.at, _told(record, viewer)) for record in history.records)


def _told(record: Record, viewer: PersonalCode) -> str:  # noqa: PLR0911  one sentence for each kind of record
    match record:
        case Gathered():
            return f"{counted(len(record.documents))} became this batch. Nothing is added or changed any more."
        case Prepared():
            return (
                f"Digests of {counted(len(record.documents))} are ready for approval.{_put_aside(len(record.refused))}"
            )
        case Signing():
            return f"{_who(record.approver, viewer)} approved; the digests go to be signed."
        case Signed():
            return f"{counted(len(record.values), 'signature value')} came back, each verified against its document."
        case Finalizing() | Archiving():
            return f"eParaksts was asked {_ASKED[record.kind]}."
        case Sealed() | Archived():
            done = sum(result.error is None for result in record.results)
            return f"eParaksts {record.kind} {done} of {counted(len(record.results))}."
        case Delivered():
            refused = sum(isinstance(outcome, Refusal) for outcome in record.outcomes)
            return f"{counted(len(record.outcomes) - refused)} verified and delivered.{_put_aside(refused)}"
        case Lapsed():
            return f"Preparation began anew: {record.why}. Nothing was sealed."
        case Abandoned():
            return f"{_who(record.by, viewer)} cancelled the batch." if record.by else f"Given up: {record.why}."


_ASKED: Mapping[State, str] = {
    State.FINALIZING: "to put the values into the documents",
    State.ARCHIVING: "for archive timestamps",
}


def _put_aside(count: int) -> str:
    return f" {counted(count)} put aside." if count else ""


def _who(code: PersonalCode, viewer: PersonalCode) -> str:
    return "You" if code == viewer else f"The person {code}"
