"""What happened to one document, from the drop to its end, in plain words. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from jobs.model.names import BatchId, DocumentId
from jobs.model.records import (
    Abandoned,
    Archived,
    Delivered,
    Delivery,
    Gathered,
    Lapsed,
    Outcome,
    Prepared,
    Record,
    Refusal,
    Sealed,
    Signed,
    Signing,
)
from jobs.model.remarks import EXPLANATION
from jobs.model.text import Text, Written
from worker.desk.batch_status import Tone
from worker.desk.document_facts import DocumentFacts, DocumentStanding
from worker.desk.reader import Reader
from worker.desk.reason_titles import TITLES


@dataclass(frozen=True, slots=True)
class DocumentEvent:
    """One thing that happened, when, and the address of the page that tells more of it; empty where none does."""

    at: datetime
    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class DocumentStatus:
    """How a document stands: a few words, a sentence, and how that feels."""

    label: Text
    sentence: Text
    tone: Tone


_GOES_ON = Text("It goes on with its batch.")
STATUS = {
    DocumentStanding.TAKEN_IN: DocumentStatus(
        Text("Being taken in"), Text("It is being looked at, and will wait for its batch in a moment."), Tone.BUSY
    ),
    DocumentStanding.WAITING: DocumentStatus(
        Text("Waits for its batch"), Text("It was looked at and can be sealed; its batch is not made yet."), Tone.BUSY
    ),
    DocumentStanding.AWAITS_TWIN: DocumentStatus(
        Text("Waits for a sealed file"),
        Text("The same content came before; once that is sealed, its sealed file is delivered for this one, too."),
        Tone.BUSY,
    ),
    DocumentStanding.SKIPPED: DocumentStatus(
        Text("Not sealed again"),
        Text("The same content came before, and its route seals that once only. A note in the outbox tells of it."),
        Tone.MIXED,
    ),
    DocumentStanding.IN_BATCH: DocumentStatus(Text("In a batch"), _GOES_ON, Tone.BUSY),
    DocumentStanding.DELIVERED: DocumentStatus(
        Text("Sealed and delivered"), Text("Its seal was verified before it was delivered."), Tone.GOOD
    ),
    DocumentStanding.REFUSED: DocumentStatus(
        Text("Put aside"), Text("It goes to quarantine as soon as its batch is over."), Tone.BAD
    ),
    DocumentStanding.QUARANTINED: DocumentStatus(
        Text("In quarantine"), Text("It was not delivered. The original is kept, unchanged."), Tone.BAD
    ),
    DocumentStanding.DISMISSED: DocumentStatus(
        Text("Put aside for good"),
        Text("Nobody is asked about it any more. The original is kept, unchanged."),
        Tone.MIXED,
    ),
    DocumentStanding.SENT_AGAIN: DocumentStatus(
        Text("Sent again"), Text("It was sent through again, and goes on as a new document."), Tone.MIXED
    ),
    DocumentStanding.ASTRAY: DocumentStatus(
        Text("Astray"), Text("Its original is here, but nothing leads it on any more."), Tone.BAD
    ),
}
"""How a document stands, wherever it does."""


def document_events(facts: DocumentFacts, reader: Reader) -> tuple[DocumentEvent, ...]:
    """Everything that happened to the document, oldest first."""
    events = [*_arrival(facts), *_batch_events(facts, reader), *_quarantine_events(facts, reader)]
    # What has the same time stays in this order: the sort is stable.
    return tuple(sorted(events, key=lambda event: event.at))


def _arrival(facts: DocumentFacts) -> Iterator[DocumentEvent]:
    if facts.origin is not None:
        before = facts.origin.explanation.document
        text = Text("It was sent again from quarantine; before that it was document {document}.", document=before)
        yield DocumentEvent(facts.origin.at, text, f"/documents/{before}")
    if facts.received_at is not None:
        yield DocumentEvent(facts.received_at, Text("It was taken in: a copy of our own was made and hashed."))
    if facts.received is not None:
        remarks = facts.received.remarks
        for remark in remarks:
            yield DocumentEvent(facts.received.received_at, EXPLANATION[remark])
        if not remarks:
            yield DocumentEvent(facts.received.received_at, Text("It was looked at: nothing in it stands in the way."))


def _batch_events(facts: DocumentFacts, reader: Reader) -> Iterator[DocumentEvent]:
    if facts.history is None:
        return
    batch = facts.history.batch
    for record in facts.history.records:
        if text := _describe(record, facts.document, batch, reader):
            yield DocumentEvent(record.at, text, f"/batches/{batch}" if isinstance(record, Gathered) else "")


def _describe(record: Record, document: DocumentId, batch: BatchId, reader: Reader) -> Text | None:  # noqa: PLR0911  one each
    match record:
        case Gathered():
            return Text("It became part of batch {batch}.", batch=batch)
        case Prepared():
            is_ready = any(one.document == document for one in record.documents)
            settled = _outcome(document, (*record.refused, *record.delivered))
            return Text("Its digest was calculated, ready for approval.") if is_ready else settled
        case Signing():
            theirs = Text("{person} approved.", person=reader.name(record.approver))
            return reader.tell(record.approver, Text("You approved."), theirs)
        case Signed() if any(one.document == document for one in record.values):
            return Text("Its signature value came back and was verified.")
        case Sealed() | Archived():
            return _result(record, document)
        case Lapsed():
            return Text("It had to be prepared anew: {why}.", why=Written(record.why))
        case Delivered():
            return _outcome(document, record.outcomes)
        case Abandoned():
            return _outcome(document, (*record.refused, *record.delivered)) or _given_up(record, reader)
        case _:
            return None


def _result(record: Sealed | Archived, document: DocumentId) -> Text | None:
    result = next((one for one in record.results if one.document == document), None)
    if result is None:
        return None
    if result.error is not None:
        return Text("eParaksts could not complete it: {why}", why=result.error)
    if isinstance(record, Archived):
        return Text("eParaksts added the archive timestamp.")
    return Text("eParaksts put the seal into it.")


def _given_up(record: Abandoned, reader: Reader) -> Text:
    if record.by is None:
        return Text("Its batch was given up: {why}.", why=Written(record.why))
    theirs = Text("{person} cancelled the batch.", person=reader.name(record.by))
    return reader.tell(record.by, Text("You cancelled the batch."), theirs)


def _outcome(document: DocumentId, outcomes: tuple[Outcome, ...]) -> Text | None:
    match next((one for one in outcomes if one.document == document), None):
        case Delivery(name=name, level=level):
            return Text("The sealed file was verified ({level}) and delivered as {name}.", level=level, name=name)
        case Refusal(reason=reason):
            return Text("It was refused. {reason}.", reason=TITLES[reason])
        case None:
            return None


def _quarantine_events(facts: DocumentFacts, reader: Reader) -> Iterator[DocumentEvent]:
    if facts.sidecar is not None:
        sealed = facts.sidecar.sealed
        text = Text(
            "The sealed file was verified ({level}) and delivered as {name}.", level=sealed.level, name=sealed.name
        )
        yield DocumentEvent(sealed.sealed_at, text)
    if facts.explanation is not None:
        text = Text("It went to quarantine. {reason}.", reason=TITLES[facts.explanation.reason])
        yield DocumentEvent(facts.explanation.quarantined_at, text)
    if facts.entry is not None and (dismissal := facts.entry.dismissal):
        yours = Text("You put it aside for good: {why}", why=dismissal.why)
        theirs = Text("{person} put it aside for good: {why}", person=dismissal.name, why=dismissal.why)
        yield DocumentEvent(dismissal.at, reader.tell(dismissal.by, yours, theirs))
    if facts.resent is not None and facts.entry is None:
        became = facts.resent.became
        text = Text("It was sent through again, as document {document}.", document=became)
        yield DocumentEvent(facts.resent.at, text, f"/documents/{became}")
