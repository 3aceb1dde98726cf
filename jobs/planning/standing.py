"""Why an open batch does not move, or what it waits for, in one sentence or two. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType

from jobs.model.documents import Route
from jobs.model.freeze import Freeze, select_freeze
from jobs.model.glance import Glance
from jobs.model.lifecycle import TO_PREPARE, State
from jobs.model.names import BatchId, RouteName, batch_route
from jobs.model.standstill import Cause, Standstill, select_standstills
from jobs.model.text import Text
from jobs.planning.times import describe_length, describe_moment
from jobs.planning.turns import AT_ONCE


@dataclass(frozen=True, slots=True)
class Situation:
    """What batches are held up by at one moment: what stands still, freezes, and whose turn it is to be prepared."""

    now: datetime
    routes: Mapping[RouteName, Route] = field(default_factory=lambda: MappingProxyType({}))
    standing: Sequence[Standstill] = ()
    freezes: Sequence[Freeze] = ()
    turns: Sequence[BatchId] = ()


def explain_batch(glance: Glance, situation: Situation) -> Text:
    """Say what the batch waits for."""
    if glance.is_stopped:
        return Text("Nobody is asked about it again until somebody presses “Ask again”, or its seal is enrolled again.")
    name = batch_route(glance.batch)
    held = select_standstills(situation.standing, glance.batch, name)
    held = tuple(each for each in held if each.cause not in {Cause.FROZEN, Cause.STOPPED})
    # One that nobody approved in time is among them too, and waits for nobody while its digests are made anew.
    if glance.state is State.PREPARED and glance.batch not in situation.turns:
        return _explain_asking(glance, situation)
    if held:
        return explain_standstill(held[0], situation)
    if glance.batch in situation.turns[AT_ONCE:]:
        before = situation.turns[situation.turns.index(glance.batch) - 1]
        return Text("Waits for its turn to be prepared, behind batch {batch}.", batch=before)
    return _explain_work(glance.state, _tell_moment(glance.since, situation, name))


def explain_standstill(standstill: Standstill, situation: Situation) -> Text:
    """Say what is in the way, and until when nothing is tried."""
    if standstill.next_try is None or standstill.next_try <= situation.now:
        return Text.of_sentences(standstill.meaning, standstill.advice)
    left = describe_length(standstill.next_try - situation.now)
    left_alone = Text("Is left alone for {left} after a failure.", left=left)
    return Text.of_sentences(left_alone, standstill.meaning, standstill.advice)


def _explain_asking(glance: Glance, situation: Situation) -> Text:
    name = batch_route(glance.batch)
    freeze, route = select_freeze(situation.freezes, name), situation.routes.get(name)
    if freeze is not None:
        return freeze.sentence
    since = _tell_moment(glance.since, situation, name)
    states = {passage.state for passage in glance.passages}
    if route is not None and route.four_eyes and State.RELEASED not in states:
        return Text("Waits for somebody to release it, since {since}.", since=since)
    until = _tell_moment(glance.prepared.expires_at, situation, name)
    return Text("Waits for approval since {since}. Its digests are made anew at {until}.", since=since, until=until)


def _explain_work(state: State, since: str) -> Text:
    if state in TO_PREPARE | {State.PREPARED}:
        return Text("Is being prepared since {since}.", since=since)
    match state:
        case State.SIGNING:
            return Text("Is being signed since {since}.", since=since)
        case State.SIGNED | State.FINALIZING:
            return Text("Is being sealed since {since}.", since=since)
        case State.SEALED | State.ARCHIVING | State.ARCHIVED:
            return Text("Is being fetched, verified and delivered since {since}.", since=since)
        case _:
            return Text("It is over; its last steps are being taken.")


def _tell_moment(at: datetime, situation: Situation, name: RouteName) -> str:
    route = situation.routes.get(name)
    return describe_moment(at, situation.now, UTC if route is None else route.asking.calendar.zone)
