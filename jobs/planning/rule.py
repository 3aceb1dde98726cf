"""When waiting documents become a batch, and how many: the one rule, for who gathers, who explains and who simulates.

`max_wait` is a promise: no document that asks for a batch waits longer, whatever else is weighed. Pure.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from jobs.model.text import Text
from jobs.planning.times import describe_length, describe_moment
from jobs.planning.view import RouteNow, Window

LULL = timedelta(seconds=10)
"""When nothing came for so long, what came together is there."""
_MARGIN = 0.5
"""Of a life that measured rates may fill: the next batch may be slower than those before."""


class Cut(NamedTuple):
    """Make a batch now, of so many documents at most, the oldest first: `max_bytes` may allow fewer."""

    documents: int
    why: Text


class Hold(NamedTuple):
    """Make none before that moment, unless something else happens; None where no moment ends it."""

    until: datetime | None
    why: Text


Decision = Cut | Hold


def decide(view: RouteNow) -> Decision:
    """Say what is to be done about a route's waiting documents, and why."""
    waiting, most = view.waiting, find_largest(view)
    if not waiting.asking:
        alone = Text("A checkpoint of the ledger waits for company: nobody is asked for it alone.")
        return Hold(None, alone if waiting.documents else Text("No documents wait."))
    if waiting.documents >= most.documents:
        return most
    if waiting.size >= view.limits.max_bytes:
        return Cut(most.documents, Text("A batch is full: its documents have as many bytes as it may hold."))
    if view.window is not None:
        return _collect(view, view.window, most)
    if waiting.waited >= view.limits.max_wait:
        length = describe_length(view.limits.max_wait)
        why = Text("The first document has waited for company as long as it may: {length}.", length=length)
        return Cut(most.documents, why)
    return _weigh_pause(view, most) if view.limits.least_pause else _wait_for_company(view, most)


def find_largest(view: RouteNow) -> Cut:
    """The largest batch that can be made and finished, with what bounds it.

    What takes longer than a consent can be used, or than the vendor keeps its sessions, at the pace measured lately, is
    not begun. One document always is: nobody could do less.
    """
    pace, sizes = view.pace, [_full(view.limits.max_documents)]
    if view.learned is not None:
        why = Text.counted(
            "{count} document: eParaksts took no more at once. `zimogs limits` tells since when; with --forget, more "
            "is tried again.",
            "{count} documents: eParaksts took no more at once. `zimogs limits` tells since when; with --forget, more "
            "is tried again.",
            view.learned,
        )
        sizes.append(Cut(view.learned, why))
    if view.token_life is not None and pace.signed is not None:
        count = _count_within(view.token_life, pace.signed)
        why = Text.counted(
            "{count} document: as fast as it went lately, more could not be signed before the consent ends.",
            "{count} documents: as fast as it went lately, more could not be signed before the consent ends.",
            count,
        )
        sizes.append(Cut(count, why))
    if pace.life is not None and pace.prepared is not None and pace.delivered is not None:
        together = 1 / (1 / pace.prepared + 1 / pace.delivered)
        # The person's part is not made shorter by smaller batches, whatever it takes.
        approval = min(pace.longest_approval or timedelta(0), pace.life / 2)
        # In a flood batches wait for their turn, which no rate tells from work: what was done can be done again.
        count = max(pace.proven, _count_within(pace.life - approval, together))
        why = Text.counted(
            "{count} document: as fast as it went lately, eParaksts would not keep more until they are sealed.",
            "{count} documents: as fast as it went lately, eParaksts would not keep more until they are sealed.",
            count,
        )
        sizes.append(Cut(count, why))
    return min(sizes, key=lambda size: size.documents)


def _full(count: int) -> Cut:
    return Cut(count, Text.counted("A batch is full: {count} document.", "A batch is full: {count} documents.", count))


def _count_within(life: timedelta, rate: float) -> int:
    """How many documents are surely done within the life; `rate` in documents a second."""
    return max(1, int(life.total_seconds() * rate * _MARGIN))


def _collect(view: RouteNow, window: Window, most: Cut) -> Decision:
    if view.waiting.first is not None and view.waiting.first <= window.last:
        until = describe_moment(window.last, view.now, view.zone)
        return Cut(most.documents, Text("Documents were collected until {until}.", until=until))
    until, count = describe_moment(window.next, view.now, view.zone), view.waiting.documents
    why = Text(
        "Collected until {until}, or until a batch is full: {count} of {most}.",
        until=until,
        count=count,
        most=most.documents,
    )
    return Hold(window.next, why)


def _wait_for_company(view: RouteNow, most: Cut) -> Hold:
    left = view.limits.max_wait - view.waiting.waited
    why = Text(
        "Waits {left} more for company: {count} of {most}.",
        left=describe_length(left),
        count=view.waiting.documents,
        most=most.documents,
    )
    return Hold(view.now + left, Text.of_sentences(why, *_tell_of_people(view)))


def _weigh_pause(view: RouteNow, most: Cut) -> Decision:
    """With a `least_pause`, people who had that pause are asked as soon as what comes together is there."""
    limits, waiting = view.limits, view.waiting
    if view.asked.batch is not None:
        # Whoever sits down finds that batch, and what came by then in as few others as can be.
        return _wait_for_company(view, most)
    pause = timedelta(0) if view.since_asked is None else limits.least_pause - view.since_asked
    # A stream without a lull must not wait for one.
    lull = min(LULL - waiting.quiet, limits.least_pause - waiting.waited)
    left = max(pause, lull)
    if left <= timedelta(0):
        length = describe_length(limits.least_pause)
        why = Text("Nobody was asked for {length}, and no more documents come just now.", length=length)
        return Cut(most.documents, why)
    if left >= limits.max_wait - waiting.waited:
        return _wait_for_company(view, most)
    until, count = view.now + left, waiting.documents
    if pause >= lull:
        why = Text(
            "Waits {left} more for company: {count} of {most}. People are asked at most every {pause}.",
            left=describe_length(left),
            count=count,
            most=most.documents,
            pause=describe_length(limits.least_pause),
        )
        return Hold(until, why)
    why = Text("Waits until no more documents come for a moment: {count} of {most}.", count=count, most=most.documents)
    return Hold(until, why)


def _tell_of_people(view: RouteNow) -> tuple[Text, ...]:
    if view.asked.batch is not None:
        return (Text("Batch {batch} waits for a person already, or soon will.", batch=view.asked.batch),)
    if view.pace.last_approval is not None:
        return (Text("The last approval took {length}.", length=describe_length(view.pace.last_approval)),)
    return ()
