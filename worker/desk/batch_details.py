"""What happened to a batch so far, in plain words. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

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
    Split,
)
from jobs.model.text import Text, Written
from worker.desk.formats import quantity


def renewal_reason(history: History) -> str:
    """Why a person is asked for an approval again; empty where nobody could have been asked before."""
    if history.state is not State.PREPARED:
        return ""
    before = history.records[-2]
    return Written(before.why) if isinstance(before, Lapsed) else ""


StepRecord = Gathered | Split | Prepared | Signed | Finalizing | Sealed | Archiving | Archived | Delivered
"""What the machines record, when it went well."""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened, and when."""

    at: datetime
    text: Text


def timeline(
    history: History, viewer: PersonalCode, names: Mapping[PersonalCode, str] = MappingProxyType({})
) -> tuple[TimelineEntry, ...]:
    """Everything that happened to the batch, oldest first; people by name where `names` knows it."""
    return tuple(TimelineEntry(record.at, _describe_record(record, viewer, names)) for record in history.records)


def _describe_record(record: Record, viewer: PersonalCode, names: Mapping[PersonalCode, str]) -> Text:
    match record:
        case Released():
            person = names.get(record.releaser) or Text("The person {code}", code=record.releaser)
            they = Text("{person} released it; its digests are made fresh for the approval.", person=person)
            you = Text("You released it; its digests are made fresh for the approval.")
            return you if record.releaser == viewer else they
        case Signing():
            person = names.get(record.approver) or Text("The person {code}", code=record.approver)
            they = Text("{person} approved; the digests go to be signed.", person=person)
            return Text("You approved; the digests go to be signed.") if record.approver == viewer else they
        case Lapsed() if record.by is not None:
            person = names.get(record.by) or Text("The person {code}", code=record.by)
            they = Text("{person} had it prepared and asked for again.", person=person)
            return Text("You had it prepared and asked for again.") if record.by == viewer else they
        case Abandoned() if record.by is not None:
            person = names.get(record.by) or Text("The person {code}", code=record.by)
            they = Text("{person} cancelled the batch.", person=person)
            return Text("You cancelled the batch.") if record.by == viewer else they
        case Lapsed() | Abandoned():
            return _describe_end(record, Written(record.why))
        case _:
            return _describe_step(record)


def _describe_step(record: StepRecord) -> Text:  # noqa: PLR0911  one sentence for each kind
    match record:
        case Gathered():
            return _describe_beginning(record)
        case Split():
            return Text.counted(
                "{count} document goes on in batch {batch}: {why}.",
                "{count} documents go on in batch {batch}: {why}.",
                len(record.documents),
                batch=record.rest,
                why=Written(record.why),
            )
        case Prepared():
            return _describe_preparation(record)
        case Signed():
            return Text.counted(
                "{count} signature value came back, verified against its document.",
                "{count} signature values came back, each verified against its document.",
                len(record.values),
            )
        case Finalizing():
            return Text("eParaksts was asked to put the values into the documents.")
        case Archiving():
            return Text("eParaksts was asked for archive timestamps.")
        case Sealed():
            done = sum(result.error is None for result in record.results)
            return Text("eParaksts sealed {done} of {all}.", done=done, all=quantity(len(record.results)))
        case Archived():
            done = sum(result.error is None for result in record.results)
            return Text("eParaksts archived {done} of {all}.", done=done, all=quantity(len(record.results)))
        case Delivered():
            refused = sum(isinstance(outcome, Refusal) for outcome in record.outcomes)
            verified = Text.counted(
                "{count} document verified and delivered.",
                "{count} documents verified and delivered.",
                len(record.outcomes) - refused,
            )
            return Text.of_sentences(verified, *_put_aside(refused))


def _describe_beginning(record: Gathered) -> Text:
    if record.split_from is not None:
        return Text.counted(
            "{count} document of batch {batch}, which was too large for one approval, goes on as this batch.",
            "{count} documents of batch {batch}, which was too large for one approval, go on as this batch.",
            len(record.documents),
            batch=record.split_from,
        )
    return Text.counted(
        "{count} document became this batch. Nothing is added or changed any more.",
        "{count} documents became this batch. Nothing is added or changed any more.",
        len(record.documents),
    )


def _describe_preparation(record: Prepared) -> Text:
    ready = Text.counted(
        "The digest of {count} document is ready for approval.",
        "The digests of {count} documents are ready for approval.",
        len(record.documents),
    )
    before = Text.counted(
        "{count} document was sealed before.", "{count} documents were sealed before.", len(record.delivered)
    )
    return Text.of_sentences(ready, *_put_aside(len(record.refused)), *([before] if record.delivered else []))


def _describe_end(record: Lapsed | Abandoned, why: Written) -> Text:
    if isinstance(record, Abandoned):
        return Text("Given up: {why}.", why=why)
    begun = (
        Text("It stopped: {why}.", why=why) if record.is_stopped else Text("Preparation began anew: {why}.", why=why)
    )
    return begun if record.is_doubtful else Text.of_sentences(begun, Text("Nothing was sealed by it."))


def _put_aside(count: int) -> tuple[Text, ...]:
    return (Text.counted("{count} document put aside.", "{count} documents put aside.", count),) if count else ()
