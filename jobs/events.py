"""Which events a history has. Nothing is stored for it: the same records give the same events, with the same ids."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from jobs.model.documents import Document
from jobs.model.events import DocumentEnd, Event, EventKind, SealedAs
from jobs.model.freeze import Freeze, LiftedFreeze
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.prompt import Prompt
from jobs.model.records import Abandoned, Delivered, Delivery, Lapsed, Outcome, Prepared, Record, Released
from jobs.model.roles import Action
from jobs.model.seals import Seal
from jobs.settle import known_outcomes

SEAL_ENDS = tuple(timedelta(days=days) for days in (0, 1, 7, 30))
"""So long before a certificate ends it is told, and when it has ended."""
_UNAPPROVED = frozenset({State.PREPARED, State.SPLIT, State.RELEASED, State.LAPSED})
_TIME = "%Y%m%dT%H%M%SZ"


def batch_events(history: History, after: int = 0) -> tuple[Event, ...]:
    """What the records behind the first `after` mean to others: the batch's own events, then those of documents."""
    numbers = range(after + 1, len(history.records) + 1)
    own = [event for number in numbers if (event := _batch_event(history, number))]
    is_new_end = history.is_over and numbers
    outcomes = known_outcomes(history) if is_new_end else {}
    return (*own, *(_document_event(history, history.documents[one], outcomes[one]) for one in outcomes))


def batch_event_id(history: History, number: int) -> str:
    """The id of what that record means to others.

    With its time: after a restore of an older copy another batch may get the name of one that was told of before.
    """
    record = history.records[number - 1]
    return f"{history.batch}.{record.kind}.{number}.{record.at.astimezone(UTC):{_TIME}}"


def _batch_event(history: History, number: int) -> Event | None:
    record = history.records[number - 1]
    kind = _kind_of(record, history.records[: number - 1])
    if kind is None:
        return None
    documents, refused = len(history.documents), None
    if isinstance(record, Prepared):
        documents = len(record.documents)
    elif isinstance(record, Delivered | Abandoned):
        outcomes = known_outcomes(history).values()
        documents = sum(isinstance(outcome, Delivery) for outcome in outcomes)
        refused = len(outcomes) - documents
    return Event(
        id=batch_event_id(history, number),
        kind=kind,
        at=record.at,
        route=history.gathered.route,
        batch=history.batch,
        documents=documents,
        refused=refused,
        why=getattr(record, "why", ""),
    )


def _kind_of(record: Record, before: Sequence[Record]) -> EventKind | None:
    """What the record means to others. That digests are renewed which nobody has approved means nothing to them."""
    match record:
        case Delivered():
            return EventKind.BATCH_DONE
        case Abandoned():
            return EventKind.BATCH_ABANDONED
        case Lapsed(is_stopped=True):
            return EventKind.BATCH_STOPPED
        case Lapsed() if before[-1].kind not in {State.PREPARED, State.SPLIT, State.LAPSED}:
            return EventKind.BATCH_LAPSED
        case Prepared() if not _is_renewal(before):
            return EventKind.BATCH_WAITING
        case _:
            return None


def _is_renewal(before: Sequence[Record]) -> bool:
    """Whether only digests lapsed since a person was asked last, and no approval."""
    end = next(record for record in reversed(before) if not isinstance(record, Lapsed) or record.is_stopped)
    return isinstance(end, Prepared)


def _document_event(history: History, document: Document, outcome: Outcome) -> Event:
    about = DocumentEnd(id=document.id, name=document.name, sha256=document.sha256.hex, metadata=document.metadata)
    if isinstance(outcome, Delivery):
        kind = EventKind.DOCUMENT_SEALED
        sealed = SealedAs(name=outcome.name, sha256=outcome.sha256.hex, size=outcome.size, level=outcome.level)
        about = about.model_copy(update={"sealed": sealed})
    else:
        kind = EventKind.DOCUMENT_QUARANTINED
        about = about.model_copy(update={"reason": outcome.reason, "detail": outcome.detail})
    return Event(
        id=f"{document.id}.{kind.rpartition('.')[2]}",
        kind=kind,
        at=history.since,
        route=document.route,
        batch=history.batch,
        document=about,
    )


def seal_events(seals: Sequence[Seal], now: datetime) -> Iterator[Event]:
    """What is to be told of certificates that end: of each seal the nearest of `SEAL_ENDS` that has come, if any."""
    for seal in seals:
        before = next((time for time in SEAL_ENDS if seal.ends_within(time, now)), None)
        if before is not None and seal.expires_at is not None:
            label = sha256(seal.label.encode()).hexdigest()[:12]
            yield Event(
                id=f"seal.{label}.{seal.expires_at.astimezone(UTC):%Y%m%d}.{before.days}",
                kind=EventKind.SEAL_ENDING,
                at=seal.expires_at - before,
                seal=seal.label,
                ends_at=seal.expires_at,
            )


def is_current(event: Event, history: History) -> bool:
    """Say whether what people are asked to do by an event of this batch is still to be done.

    It is, too, while digests are made anew: that takes a moment, and nobody is told of it once more.
    """
    match event.kind:
        case EventKind.BATCH_WAITING | EventKind.BATCH_REQUEST | EventKind.BATCH_REMINDER | EventKind.BATCH_ESCALATION:
            is_released = event.action is Action.RELEASE and history.has(Released)
            return history.state in _UNAPPROVED and not history.is_stopped and not is_released
        case EventKind.BATCH_STOPPED:
            return history.is_stopped
        case _:
            return True


def prompt_event(prompt: Prompt, history: History) -> Event:
    """That people are asked for something in a batch, reminded of it, or stand in for others."""
    return Event(
        id=f"{prompt.batch}.{prompt.action}-{prompt.kind}.{prompt.at.astimezone(UTC):{_TIME}}",
        kind=EventKind(f"batch.{prompt.kind}"),
        at=prompt.at,
        route=history.gathered.route,
        batch=prompt.batch,
        documents=len(history.prepared.documents),
        people=tuple(sorted(prompt.people)),
        action=prompt.action,
    )


def freeze_events(holding: Iterable[Freeze], lifted: Iterable[LiftedFreeze]) -> Iterator[Event]:
    """That sealing was frozen, and that it goes on; who did that is nobody's business outside."""
    past = tuple(lifted)
    for freeze in (*holding, *(each.freeze for each in past)):
        yield Event(
            id=_freeze_id(freeze), kind=EventKind.SEALING_FROZEN, at=freeze.at, route=freeze.route, why=freeze.reason
        )
    for each in past:
        route, id_ = each.freeze.route, f"{_freeze_id(each.freeze)}.lifted"
        yield Event(id=id_, kind=EventKind.SEALING_RESUMED, at=each.at, route=route)


def _freeze_id(freeze: Freeze) -> str:
    where = "all" if freeze.route is None else f"route-{freeze.route}"
    return f"freeze.{where}.{freeze.at.astimezone(UTC):{_TIME}}"
