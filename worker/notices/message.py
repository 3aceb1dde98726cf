"""What people are told, in one message for all that has happened: how many batches and documents, and where to go.

No names of documents or of people stand in it: it passes through other people's servers.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from jobs.model.events import Event, EventKind
from jobs.model.text import Text

_MOST_NAMED = 5
"""Batches that are named; of more only the number is told."""


class Message(NamedTuple):
    """A message to people: one line, and some more."""

    title: Text
    lines: tuple[Text, ...]


def compose(events: Sequence[Event], desk: str) -> Message:
    """Tell of the events; `desk` is the address of its pages."""
    waiting = _of(events, EventKind.BATCH_REQUEST, EventKind.BATCH_WAITING)
    title = Text("News from zimogs")
    if waiting:
        title = Text.counted("{count} batch waits for you", "{count} batches wait for you", len(waiting))
    return Message(title, (*_lines(events), Text("Open the desk: {address}", address=desk)))


def _lines(events: Sequence[Event]) -> Iterator[Text]:
    if found := _of(events, EventKind.BATCH_REQUEST, EventKind.BATCH_WAITING):
        yield Text.counted(
            "{count} batch waits for you: {documents}.",
            "{count} batches wait for you: {documents}.",
            len(found),
            documents=_documents(found),
        )
    if found := _of(events, EventKind.BATCH_REMINDER):
        yield Text.counted(
            "{count} batch still waits for an approval: {batches}.",
            "{count} batches still wait for an approval: {batches}.",
            len(found),
            batches=_batches(found),
        )
    if found := _of(events, EventKind.BATCH_ESCALATION):
        yield Text.counted(
            "{count} batch has waited too long for an approval: {batches}. Somebody else has to look at it.",
            "{count} batches have waited too long for an approval: {batches}. Somebody else has to look at them.",
            len(found),
            batches=_batches(found),
        )
    if found := _of(events, EventKind.BATCH_STOPPED):
        yield Text.counted(
            "{count} batch has stopped and needs a person: {batches}.",
            "{count} batches have stopped and need a person: {batches}.",
            len(found),
            batches=_batches(found),
        )
    if found := _of(events, EventKind.BATCH_LAPSED):
        yield Text.counted(
            "{count} approval came to nothing and is asked for again: {batches}.",
            "{count} approvals came to nothing and are asked for again: {batches}.",
            len(found),
            batches=_batches(found),
        )
    yield from _ends(events)
    yield from _surroundings(events)


def _ends(events: Sequence[Event]) -> Iterator[Text]:
    if found := _of(events, EventKind.BATCH_DONE):
        yield Text.counted(
            "{count} batch is done; sealed: {documents}.",
            "{count} batches are done; sealed: {documents}.",
            len(found),
            documents=_documents(found),
        )
    if found := _of(events, EventKind.BATCH_ABANDONED):
        yield Text.counted(
            "{count} batch was given up: {batches}.",
            "{count} batches were given up: {batches}.",
            len(found),
            batches=_batches(found),
        )
    if found := _of(events, EventKind.DOCUMENT_SEALED):
        yield Text.counted("{count} document was sealed.", "{count} documents were sealed.", len(found))
    if found := _of(events, EventKind.DOCUMENT_QUARANTINED):
        yield Text.counted(
            "{count} document was put into quarantine: the desk says why.",
            "{count} documents were put into quarantine: the desk says why.",
            len(found),
        )


def _surroundings(events: Sequence[Event]) -> Iterator[Text]:
    for event in events:
        match event.kind:
            case EventKind.SEAL_ENDING if event.ends_at is not None:
                date = f"{event.ends_at:%Y-%m-%d}"
                yield Text(
                    "The certificate of the seal “{seal}” ends on {date}: it has to be renewed.",
                    seal=event.seal,
                    date=date,
                )
            case EventKind.SEALING_FROZEN if event.route is not None:
                yield Text(
                    "Sealing in route {route} was stopped by a person: nothing is sealed there until that ends.",
                    route=event.route,
                )
            case EventKind.SEALING_FROZEN:
                yield Text("Sealing was stopped by a person: nothing is sealed until it is allowed again.")
            case EventKind.SEALING_RESUMED if event.route is not None:
                yield Text("Sealing in route {route} is allowed again.", route=event.route)
            case EventKind.SEALING_RESUMED:
                yield Text("Sealing is allowed again.")


def _of(events: Sequence[Event], *kinds: EventKind) -> Sequence[Event]:
    """Those of these kinds; of a batch the newest one alone."""
    found: dict[str, Event] = {}
    for event in events:
        if event.kind in kinds:
            found[event.id if event.document or not event.batch else event.batch] = event
    return tuple(found.values())


def _documents(events: Sequence[Event]) -> Text:
    count = sum(event.documents or 0 for event in events)
    return Text.counted("{count} document", "{count} documents", count)


def _batches(events: Sequence[Event]) -> str:
    names = [event.batch or "" for event in events]
    return ", ".join(names[:_MOST_NAMED]) + (" …" if len(names) > _MOST_NAMED else "")
