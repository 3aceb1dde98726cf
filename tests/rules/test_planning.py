"""When waiting documents become a batch, how many of them, and what is said of it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from jobs.gather import gather
from jobs.model.documents import Limits
from jobs.model.freeze import Freeze
from jobs.model.names import BatchId, RouteName, batch_id, batch_route
from jobs.model.records import Abandoned, Lapsed
from jobs.model.standstill import Cause, Standstill
from jobs.planning.looking import look, look_at_open_batches, look_back
from jobs.planning.pace import Asked, Pace
from jobs.planning.report import report_route
from jobs.planning.rule import Cut, Hold, decide, find_largest
from jobs.planning.standing import Situation, explain_batch
from jobs.planning.times import describe_length, describe_moment
from jobs.planning.turns import AT_ONCE, find_turns, take_turns
from jobs.planning.view import RouteNow
from jobs.ports import Story
from jobs.prepare import prepare
from jobs.seal import seal
from tests.support.builders import INVOICES, NOON, a_document, a_route, age_at, documents, limits
from tests.support.memory_app import MemoryApp
from tests.support.planning import a_view
from worker.queue.backoff import Backoff
from worker.queue.sweep import sweep

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
SOME_BATCH = batch_id(INVOICES, 7)

seconds = st.integers(0, 4000).map(lambda count: count * SECOND)
paces = st.builds(
    Pace,
    prepared=st.none() | st.floats(0.01, 100),
    signed=st.none() | st.floats(0.01, 100),
    delivered=st.none() | st.floats(0.01, 100),
    longest_approval=st.none() | seconds,
    life=st.none() | seconds.map(lambda length: length + MINUTE),
)
bounds = st.tuples(st.integers(1, 5000), st.integers(0, 3600), st.integers(0, 3600)).map(
    lambda given: Limits.model_validate(
        {"max_documents": given[0], "max_wait": max(given[1:]), "least_pause": min(given[1:])}
    )
)


@st.composite
def views(draw: st.DrawFn) -> RouteNow:
    """Any route at noon, whose documents come as they like."""
    ages = draw(st.lists(st.integers(0, 4000), min_size=1, max_size=12))
    waiting = [a_document(number, age=age) for number, age in enumerate(ages)]
    return replace(
        a_view(waiting, draw(bounds), age_at(NOON)),
        pace=draw(paces),
        asked=Asked(None, draw(st.none() | st.just(SOME_BATCH))),
        since_asked=draw(st.none() | seconds),
        learned=draw(st.none() | st.integers(1, 5000)),
        token_life=draw(st.none() | seconds),
    )


@given(views())
def test_no_document_waits_longer_than_it_may(view: RouteNow) -> None:
    decision, left = decide(view), view.limits.max_wait - view.waiting.waited
    if isinstance(decision, Hold):
        assert decision.until is not None
        assert view.now < decision.until <= view.now + left
    else:
        assert decision.documents >= 1


@given(views())
def test_no_batch_is_larger_than_any_limit(view: RouteNow) -> None:
    largest, decision = find_largest(view), decide(view)
    assert 1 <= largest.documents <= view.limits.max_documents
    assert view.learned is None or largest.documents <= view.learned
    assert isinstance(decision, Hold) or decision.documents <= largest.documents


@given(views())
def test_nothing_is_begun_that_cannot_be_finished_in_time(view: RouteNow) -> None:
    count, pace = find_largest(view).documents, view.pace
    if count == 1:
        return
    if view.token_life is not None and pace.signed is not None:
        assert count / pace.signed <= view.token_life.total_seconds()
    if pace.life is not None and pace.prepared is not None and pace.delivered is not None:
        assert count / pace.prepared + count / pace.delivered <= pace.life.total_seconds()


@given(views())
def test_without_a_least_pause_nothing_but_the_old_limits_decides(view: RouteNow) -> None:
    view = replace(view, limits=view.limits.model_copy(update={"least_pause": timedelta(0)}), learned=None, pace=Pace())
    is_full = view.waiting.documents >= view.limits.max_documents
    assert isinstance(decide(view), Cut) is (is_full or view.waiting.waited >= view.limits.max_wait)


PAUSE = Limits.model_validate({"max_wait": 3600, "least_pause": 900})


def pausing(*ages: float, since: timedelta | None = None, batch: BatchId | None = None) -> Cut | Hold:
    """What is decided with a least pause of a quarter of an hour, an hour at most, and documents of these ages."""
    waiting = [a_document(number, age=age) for number, age in enumerate(ages)]
    return decide(replace(a_view(waiting, PAUSE, age_at(NOON)), since_asked=since, asked=Asked(None, batch)))


def test_after_the_pause_people_are_asked_once_what_comes_together_is_there() -> None:
    assert pausing(40, 3) == (NOON + 7 * SECOND, "Waits until no more documents come for a moment: 2 of 100.")
    assert pausing(40, 10) == (100, "Nobody was asked for 15 min, and no more documents come just now.")
    assert isinstance(pausing(900, *range(1, 20)), Cut), "a stream that never stops is not waited out"


def test_within_the_pause_nobody_is_asked_again() -> None:
    held = pausing(600, 20, since=5 * MINUTE)
    assert held.why == "Waits 10 min more for company: 2 of 100. People are asked at most every 15 min."
    assert isinstance(held, Hold)
    assert held.until == NOON + 10 * MINUTE
    assert isinstance(pausing(600, 20, since=15 * MINUTE), Cut)
    assert isinstance(pausing(3600, 20, since=SECOND), Cut), "what waits is promised more than the people"


def test_while_a_batch_waits_for_its_person_others_gather_company() -> None:
    held = pausing(1800, 20, since=HOUR, batch=SOME_BATCH)
    told = "Waits 30 min more for company: 2 of 100. Batch invoices-000007 waits for a person already, or soon will."
    assert held == (NOON + 30 * MINUTE, told)


def test_a_pause_that_the_promise_does_not_allow_is_refused() -> None:
    with pytest.raises(ValidationError, match="raise max_wait"):
        Limits(max_wait=MINUTE, least_pause=2 * MINUTE)


def test_a_decision_tells_its_reason() -> None:
    view = a_view(documents(3), limits(max_documents=3), age_at(NOON))
    assert decide(view).why == "A batch is full: 3 documents."
    view = a_view(documents(312), limits(max_documents=1000, max_wait=40), age_at(NOON))
    told = "Waits 40 s more for company: 312 of 1\u00a0000. The last approval took 2 min."
    assert decide(replace(view, pace=Pace(last_approval=2 * MINUTE))).why == told
    view = a_view([a_document(age=30)], limits(max_wait=30), age_at(NOON))
    assert decide(view).why == "The first document has waited for company as long as it may: 30 s."
    view = a_view(documents(2), limits(), age_at(NOON), collected=NOON - HOUR)
    assert decide(view).why == "Collected until 2026-11-24 12:00, or until a batch is full: 2 of 100."
    assert decide(a_view([], limits(), age_at(NOON))).why == "No documents wait."


@pytest.mark.parametrize(
    ("facts", "most", "words"),
    [
        ({"learned": 40}, 40, "eParaksts took no more at once"),
        ({"pace": Pace(signed=2.0), "token_life": MINUTE}, 60, "before the consent ends"),
        ({"pace": Pace(prepared=1.0, delivered=1.0, life=2 * MINUTE)}, 30, "would not keep more"),
    ],
)
def test_what_bounds_a_batch_is_told_with_it(facts: dict[str, Any], most: int, words: str) -> None:
    decision = decide(a_view(documents(90), limits(), age_at(NOON), **facts))
    assert isinstance(decision, Cut)
    assert decision.documents == most
    assert words in decision.why


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(1, 50)), unique=True))
def test_no_route_is_held_up_by_the_flood_of_another(given_batches: list[tuple[str, int]]) -> None:
    oldest_first = [batch_id(RouteName(route), number) for route, number in given_batches]
    turns = take_turns(oldest_first)
    assert sorted(turns) == sorted(oldest_first)
    for place, batch in enumerate(turns):
        own = [one for one in turns if batch_route(one) == batch_route(batch)]
        assert own == [one for one in oldest_first if batch_route(one) == batch_route(batch)]
        assert place < (own.index(batch) + 1) * 4


async def test_of_a_flood_no_more_batches_ask_to_be_prepared_than_go_at_once() -> None:
    app = MemoryApp(route=a_route(max_documents=1))
    app.shelf.admit(*documents(20))
    batches = await gather(app.route, app.tools)
    assert app.doorbell.rings == [(Story.PREPARE, batch) for batch in batches[:AT_ONCE]]
    app.doorbell.rings.clear()
    backoff = Backoff()
    backoff.extend(batches[0], app.time)
    await sweep(app.tools, backoff)
    assert app.doorbell.rings == [(Story.PREPARE, batch) for batch in batches[1 : AT_ONCE + 1]]


async def test_batches_that_nobody_approved_in_time_are_prepared_anew_in_their_turn_like_all_others() -> None:
    app = MemoryApp(route=a_route(max_documents=1))
    expired = [(await app.prepared(a_document(number))).batch for number in range(1, AT_ONCE + 4)]
    app.later(25 * 3600)
    app.doorbell.rings.clear()
    backoff = Backoff()
    backoff.extend(expired[0], app.time)
    await sweep(app.tools, backoff)
    assert app.doorbell.rings == [(Story.RECOVER, batch) for batch in expired[1 : AT_ONCE + 1]]
    turns = find_turns(await look_at_open_batches(app.tools), app.age)
    assert "Waits for its turn" in await explained(app, expired[-1], turns=turns)
    assert "Is being prepared" in await explained(app, expired[1], turns=turns)


def test_what_came_to_its_end_may_be_done_again_however_long_it_had_waited_for_its_turn() -> None:
    crowded = Pace(prepared=0.01, delivered=0.01, life=HOUR, proven=80)
    assert find_largest(a_view(documents(3), limits(max_documents=100), age_at(NOON), pace=crowded)).documents == 80


async def test_the_pace_is_learned_from_the_records_of_the_newest_batches() -> None:
    app = MemoryApp()
    app.shelf.admit(*documents(40))
    (batch,) = await gather(app.route, app.tools, at_once=True)
    app.later(20)
    history = await prepare(batch, app.tools)
    app.later(120)
    await seal(app.consent(history), app.tools)
    (glance,) = await look_back(INVOICES, app.tools)
    pace = Pace.of([glance])
    assert (pace.prepared, pace.last_approval) == (2.0, 2 * MINUTE)
    assert pace.life == 24 * HOUR
    app.later(60)
    view = await look(app.route, documents(1), app.tools)
    assert (view.since_asked, view.asked.batch) == (MINUTE, None)


async def test_what_is_learned_of_a_batch_that_is_over_is_read_once() -> None:
    app = MemoryApp()
    batch = await app.gathered(*documents(1))
    tools = app.tools
    await app.ledger.append(await app.ledger.read(batch), Abandoned(at=app.time, why="nothing is left"))
    found = await look_back(INVOICES, tools)
    app.ledger.entries[batch] = []
    assert await look_back(INVOICES, tools) == found


async def test_a_route_tells_what_is_in_its_way_before_anything_else() -> None:
    app = MemoryApp()
    app.shelf.admit(a_document())
    away = Standstill(subject=INVOICES, cause=Cause.DISK_FULL, since=NOON, next_try=NOON + 30 * SECOND)
    report = await report_route(app.route, app.tools, Situation(NOON, standing=[away]))
    assert report.why.startswith("Is left alone for 30 s after a failure. A disk is full")
    report = await report_route(app.route, app.tools, Situation(NOON))
    assert report.why == report.decision.why == "Waits 30 s more for company: 1 of 100."


async def explained(app: MemoryApp, batch: BatchId, **situation: object) -> str:
    circle = Situation(app.time, {INVOICES: app.route}, **situation)  # type: ignore[arg-type]
    return explain_batch(await app.ledger.glance(batch), circle)


async def test_each_open_batch_tells_what_it_waits_for() -> None:
    app = MemoryApp()
    history = await app.prepared(*documents(2))
    batch = history.batch
    assert (
        await explained(app, batch) == "Waits for approval since 12:00. Its digests are made anew at 2026-11-24 12:00."
    )
    freeze = Freeze(at=NOON, by="root", reason="an audit")
    assert await explained(app, batch, freezes=[freeze]) == "root froze all sealing: an audit"
    four_eyes = app.route.model_copy(update={"four_eyes": True})
    told = explain_batch(history.glance, Situation(app.time, {INVOICES: four_eyes}))
    assert told == "Waits for somebody to release it, since 12:00."
    await app.ledger.append(history, Lapsed(at=app.time, why="refused", is_stopped=True))
    assert "“Ask again”" in await explained(app, batch)


async def test_a_batch_tells_behind_which_other_it_waits_for_its_turn() -> None:
    app = MemoryApp(route=a_route(max_documents=1))
    app.shelf.admit(*documents(AT_ONCE + 1))
    *before, last = await gather(app.route, app.tools)
    turns = find_turns(await look_at_open_batches(app.tools), app.age)
    assert await explained(app, before[0], turns=turns) == "Is being prepared since 12:00."
    assert await explained(app, last, turns=turns) == f"Waits for its turn to be prepared, behind batch {before[-1]}."
    away = Standstill(subject=last, cause=Cause.VENDOR_AWAY, since=NOON, next_try=NOON + 30 * SECOND)
    assert "left alone for 30 s" in await explained(app, last, turns=turns, standing=[away])
    assert away.advice in await explained(app, last, turns=turns, standing=[away])
    away = Standstill(subject=last, cause=Cause.NO_WORKER, since=NOON)
    assert "No worker is running" in await explained(app, last, turns=turns, standing=[away])


@pytest.mark.parametrize(
    ("length", "told"),
    [(40 * SECOND, "40 s"), (119 * SECOND, "119 s"), (2 * MINUTE, "2 min"), (HOUR, "1 h"), (65 * MINUTE, "1 h 5 min")],
)
def test_lengths_are_told_shortly(length: timedelta, told: str) -> None:
    assert describe_length(length) == told
    assert describe_length(72 * HOUR) == "3 d"


def test_a_moment_of_another_day_is_told_with_it() -> None:
    riga = ZoneInfo("Europe/Riga")
    assert describe_moment(NOON, NOON, riga) == "14:00"
    assert describe_moment(NOON + 10 * HOUR, NOON, riga) == "2026-11-24 00:00"
