"""What happened to a batch so far, in plain words. Pure."""

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
    Released,
    Sealed,
    Signed,
    Signing,
)
from jobs.model.text import Text
from worker.desk.formats import quantity


def renewal_reason(history: History) -> str:
    """Why a person is asked for an approval again; empty where nobody could have been asked before."""
    if history.state is not State.PREPARED:
        return ""
    before = history.records[-2]
    return before.why if isinstance(before, Lapsed) else ""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened, and when."""

    at: datetime
    text: str


def timeline(history: History, viewer: PersonalCode) -> tuple[TimelineEntry, ...]:
    """Everything that happened to the batch, oldest first."""
    return tuple(TimelineEntry(record.at, _describe_record(record, viewer)) for record in history.records)


def _describe_record(record: Record, viewer: PersonalCode) -> str:  # noqa: C901, PLR0911  one sentence for each kind
    match record:
        case Gathered():
            return f"{quantity(len(record.documents))} became this batch. Nothing is added or changed any more."
        case Prepared():
            ready = quantity(len(record.documents))
            before = f" {quantity(len(record.delivered))} sealed before." if record.delivered else ""
            return f"Digests of {ready} are ready for approval.{_put_aside(len(record.refused))}{before}"
        case Released():
            who = _person(record.releaser, viewer)
            return Text("{who} released it; its digests are made fresh for the approval.", who=who)
        case Signing():
            return f"{_person(record.approver, viewer)} approved; the digests go to be signed."
        case Signed():
            return f"{quantity(len(record.values), 'signature value')} came back, each verified against its document."
        case Finalizing():
            return "eParaksts was asked to put the values into the documents."
        case Archiving():
            return "eParaksts was asked for archive timestamps."
        case Sealed() | Archived():
            done = sum(result.error is None for result in record.results)
            return f"eParaksts {record.kind} {done} of {quantity(len(record.results))}."
        case Delivered():
            refused = sum(isinstance(outcome, Refusal) for outcome in record.outcomes)
            return f"{quantity(len(record.outcomes) - refused)} verified and delivered.{_put_aside(refused)}"
        case Lapsed() if record.by is not None:
            return f"{_person(record.by, viewer)} had it prepared and asked for again."
        case Lapsed():
            begun = "It stopped" if record.is_stopped else "Preparation began anew"
            return f"{begun}: {record.why}.{'' if record.is_doubtful else ' Nothing was sealed by it.'}"
        case Abandoned():
            return f"{_person(record.by, viewer)} cancelled the batch." if record.by else f"Given up: {record.why}."


def _put_aside(count: int) -> str:
    return f" {quantity(count)} put aside." if count else ""


def _person(code: PersonalCode, viewer: PersonalCode) -> str:
    return "You" if code == viewer else f"The person {code}"
