"""Who is to be told what of a batch that waits, and when: pure, and the same however often it is asked for."""

from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from jobs.model.asking import Asking
from jobs.model.calendar import Calendar
from jobs.model.documents import Route
from jobs.model.freeze import Freeze
from jobs.model.history import History
from jobs.model.names import personal_code
from jobs.model.prompt import Prompt, PromptKind
from jobs.model.records import Lapsed, Signing
from jobs.model.roles import Action
from jobs.prepare import prepare
from jobs.prompts import due_prompts, escalation_time
from jobs.release import release
from tests.support.builders import ANNA, JANIS, NOON, a_route, documents
from tests.support.memory_app import MemoryApp

HOUR = timedelta(hours=1)
PETERIS = personal_code("PNOLV-000123-00003")


def asking(**changed: object) -> Asking:
    """Reminded after one hour, then every two; deputies after six."""
    return Asking.model_validate(
        {"remind_after": HOUR, "remind_every": 2 * HOUR, "remind_at_most": 2, "escalate_after": 6 * HOUR} | changed
    )


def route(**changed: object) -> Route:
    return Route.model_validate(
        a_route().model_dump() | {"deputies": {PETERIS}, "asking": asking(), "approvers": {ANNA, JANIS}} | changed
    )


async def waiting(of: Route) -> tuple[MemoryApp, History]:
    app = MemoryApp(route=of)
    return app, await app.prepared(*documents(1))


def told(prompts: tuple[Prompt, ...]) -> list[tuple[PromptKind, float]]:
    return [(prompt.kind, (prompt.at - NOON) / HOUR) for prompt in prompts]


async def test_approvers_are_asked_reminded_so_often_and_then_their_deputies_are_told() -> None:
    _, history = await waiting(route())
    prompts = due_prompts(history, route(), NOON + timedelta(days=4), None)
    assert told(prompts) == [
        (PromptKind.REQUEST, 0),
        (PromptKind.REMINDER, 1),
        (PromptKind.REMINDER, 3),
        (PromptKind.ESCALATION, 6),
    ]
    assert [prompt.people for prompt in prompts] == [{ANNA, JANIS}, {ANNA, JANIS}, {ANNA, JANIS}, {PETERIS}]
    assert {prompt.action for prompt in prompts} == {Action.APPROVE}


async def test_after_the_escalation_deputies_are_reminded_too() -> None:
    late = route(asking=asking(escalate_after=2 * HOUR))
    _, history = await waiting(late)
    *_, reminder = due_prompts(history, late, NOON + timedelta(days=1), None)
    assert reminder.kind is PromptKind.REMINDER
    assert reminder.people == {ANNA, JANIS, PETERIS}


@given(st.timedeltas(timedelta(0), timedelta(days=3)), st.timedeltas(timedelta(0), timedelta(days=3)))
async def test_what_was_due_stays_due_and_nothing_is_due_before_its_time(early: timedelta, more: timedelta) -> None:
    _, history = await waiting(route())
    first = due_prompts(history, route(), NOON + early, None)
    assert due_prompts(history, route(), NOON + early + more, None)[: len(first)] == first
    assert all(prompt.at <= NOON + early for prompt in first)


async def test_digests_that_are_made_anew_ask_nobody_twice() -> None:
    app, history = await waiting(route())
    app.later(1800)
    history = await app.ledger.append(history, Lapsed(at=app.time, why="too old"))
    again = await prepare(history.batch, app.tools)
    assert told(due_prompts(again, route(), NOON + 2 * HOUR, None)) == [
        (PromptKind.REQUEST, 0),
        (PromptKind.REMINDER, 1),
    ]


async def test_after_an_approval_in_vain_people_are_asked_anew_and_deputies_keep_their_right() -> None:
    app, history = await waiting(route())
    app.later(7 * 3600)
    history = await app.ledger.append(history, Signing(at=app.time, approver=ANNA, attempt=1))
    history = await app.ledger.append(history, Lapsed(at=app.time, why="the code was spent"))
    again = await prepare(history.batch, app.tools)
    assert told(due_prompts(again, route(), app.time, None)) == [
        (PromptKind.REQUEST, 7),
        (PromptKind.ESCALATION, 7),
    ]
    assert escalation_time(again, route()) == NOON + 6 * HOUR


async def test_nobody_is_told_at_night_or_on_a_sunday() -> None:
    calendar = Calendar(zone=UTC, hours=(time(8), time(13)))
    monday, tuesday = datetime(2026, 11, 23, 13, tzinfo=UTC), datetime(2026, 11, 24, 8, tzinfo=UTC)
    quiet = route(asking=asking(calendar=calendar, remind_at_most=3))
    _, history = await waiting(quiet)
    at = [prompt.at for prompt in due_prompts(history, quiet, NOON + timedelta(days=9), None)]
    assert at[0] == NOON
    assert at[1] == tuesday, "what was due at the end of Monday's hours comes on Tuesday"
    assert not any(monday <= moment < tuesday for moment in at)
    assert all(8 <= moment.hour < 13 for moment in at)


async def test_who_released_is_not_asked_to_approve_what_they_released() -> None:
    eyes = route(four_eyes=True)
    app, history = await waiting(eyes)
    (asked,) = due_prompts(history, eyes, NOON, None)
    assert asked.action is Action.RELEASE
    assert asked.people == {ANNA, JANIS}
    assert escalation_time(history, eyes) is None
    app.later(7200)
    await release(history.batch, ANNA, app.tools)
    again = await prepare(history.batch, app.tools)
    (asked,) = due_prompts(again, eyes, app.time, None)
    assert (asked.action, asked.at) == (Action.APPROVE, app.time)
    assert asked.people == {JANIS}
    assert escalation_time(again, eyes) == app.time + 6 * HOUR


async def test_while_sealing_is_frozen_nobody_is_told() -> None:
    _, history = await waiting(route())
    freeze = Freeze(at=NOON, by="root", reason="an audit")
    assert due_prompts(history, route(), NOON + timedelta(days=9), freeze) == ()


async def test_of_a_batch_that_waits_for_nobody_nobody_is_told() -> None:
    app = MemoryApp()
    signed = await app.signed(*documents(1))
    assert due_prompts(signed, app.route, NOON + timedelta(days=9), None) == ()
