"""Which events a history has: the same each time, none twice, and nothing of what concerns nobody outside."""

import json
from datetime import timedelta

import pytest

from jobs.abandon import abandon
from jobs.approve import renew
from jobs.deliver import deliver
from jobs.events import batch_event_id, batch_events, freeze_events, is_current, prompt_event, seal_events
from jobs.lapse import ask_again
from jobs.model.errors import Permanent, Uncertain
from jobs.model.events import DocumentEnd, Event, EventKind
from jobs.model.freeze import Freeze, LiftedFreeze
from jobs.model.history import History
from jobs.model.metadata import Metadata
from jobs.model.prompt import Prompt, PromptKind
from jobs.model.reasons import Reason
from jobs.model.records import Released
from jobs.model.roles import Action
from jobs.prepare import prepare
from jobs.seal import seal
from tests.support.builders import ANNA, INVOICES, JANIS, NOON, a_document, a_document_id, a_seal, documents
from tests.support.memory_app import MemoryApp
from worker.notices.payload import encode_event
from worker.notices.target import Channel, Target


def told(history: History, after: int = 0) -> list[tuple[str, str]]:
    return [(event.id, event.kind) for event in batch_events(history, after)]


async def test_a_batch_that_waits_for_a_person_is_told_with_its_number_of_documents() -> None:
    history = await MemoryApp().prepared(*documents(3))
    (event,) = batch_events(history)
    assert (event.id, event.kind) == ("invoices-000001.prepared.2.20261123T120000Z", EventKind.BATCH_WAITING)
    assert (event.route, event.batch, event.documents) == (INVOICES, history.batch, 3)


async def test_a_batch_that_got_the_name_of_another_after_a_restore_is_told_by_ids_of_its_own() -> None:
    before, after = MemoryApp(), MemoryApp()
    after.later(300)
    lost, anew = await before.prepared(a_document(1)), await after.prepared(a_document(2))
    assert lost.batch == anew.batch
    assert {event.id for event in batch_events(lost)}.isdisjoint(event.id for event in batch_events(anew))


async def test_the_end_of_a_batch_tells_of_itself_and_of_each_document() -> None:
    app = MemoryApp()
    app.vendor.errors_at_finalize = {a_document_id(2): "signing:finalize"}
    about = Metadata(number="R-17", customer="SIA Ķekava")
    first = a_document(1).model_copy(update={"metadata": about})
    history = await deliver((await app.signed(first, a_document(2))).batch, app.tools)
    done, *ends = batch_events(history)[1:]
    assert (done.kind, done.documents, done.refused) == (EventKind.BATCH_DONE, 1, 1)
    sealed, refused = ends
    assert sealed.id == f"{a_document_id(1)}.sealed"
    assert sealed.document is not None
    assert sealed.document.sealed is not None
    assert sealed.document.sealed.name == "invoice-1.pdf"
    assert sealed.document.metadata == about
    assert refused.id == f"{a_document_id(2)}.quarantined"
    assert refused.document is not None
    assert refused.document.reason is Reason.NOT_FINALIZED


async def test_the_same_records_give_the_same_events_and_none_is_left_out_between_two_looks() -> None:
    app = MemoryApp()
    history = await deliver((await app.signed(*documents(2))).batch, app.tools)
    whole = told(history)
    assert told(history) == whole
    assert len({id_ for id_, _ in whole}) == len(whole)
    for after in range(len(history.records) + 1):
        earlier = History(batch=history.batch, records=history.records[:after]) if after else None
        before = told(earlier) if earlier else []
        assert before + told(history, after) == whole


async def test_that_digests_are_renewed_before_anybody_approved_is_told_to_nobody() -> None:
    app = MemoryApp()
    history = await app.prepared(*documents(1))
    history = await prepare((await renew(history, app.tools, "too old")).batch, app.tools)
    assert [kind for _, kind in told(history)] == [EventKind.BATCH_WAITING]


async def test_an_approval_that_came_to_nothing_is_told_and_that_it_is_asked_for_again() -> None:
    app = MemoryApp()
    history = await app.prepared(*documents(1))
    app.vendor.faults = {"sign": Uncertain("reset")}
    history = await prepare((await seal(app.consent(history), app.tools)).batch, app.tools)
    assert told(history, 2) == [
        (batch_event_id(history, 4), EventKind.BATCH_LAPSED),
        (batch_event_id(history, 5), EventKind.BATCH_WAITING),
    ]


async def test_a_batch_that_stopped_is_told_and_waits_anew_when_a_person_wants_it() -> None:
    app = MemoryApp()
    signed = await app.signed(*documents(1))
    app.vendor.faults = {"finalize": Permanent("no")}
    stopped = await deliver(signed.batch, app.tools)
    (event,) = batch_events(stopped, len(stopped.records) - 1)
    assert event.kind is EventKind.BATCH_STOPPED
    assert is_current(event, stopped)
    again = await prepare((await ask_again(stopped.batch, ANNA, app.tools)).batch, app.tools)
    assert [kind for _, kind in told(again, len(stopped.records))] == [EventKind.BATCH_WAITING]
    assert not is_current(event, again)


async def test_a_cancelled_batch_tells_where_its_documents_are() -> None:
    app = MemoryApp()
    history = await abandon((await app.prepared(*documents(2))).batch, ANNA, app.tools)
    assert [kind for _, kind in told(history, 2)] == [
        EventKind.BATCH_ABANDONED,
        EventKind.DOCUMENT_QUARANTINED,
        EventKind.DOCUMENT_QUARANTINED,
    ]


async def test_nobody_is_called_for_a_batch_that_was_approved_meanwhile() -> None:
    app = MemoryApp()
    history = await app.prepared(*documents(1))
    (event,) = batch_events(history)
    assert is_current(event, history)
    history = await renew(history, app.tools, "too old")
    assert is_current(event, history), "it is asked for again in a moment, and that is told to nobody"
    history = await prepare(history.batch, app.tools)
    assert not is_current(event, await seal(app.consent(history, "code-2"), app.tools))


@pytest.mark.parametrize(("days", "told_at"), [(31, None), (29, 30), (6.5, 7), (0.5, 1), (-3, 0)])
def test_a_seal_is_told_once_for_each_time_that_it_is_nearer_to_its_end(days: float, told_at: int | None) -> None:
    seal_ = a_seal().model_copy(update={"expires_at": NOON + timedelta(days=days)})
    events = [event.id.rpartition(".")[2] for event in seal_events([seal_], NOON)]
    assert events == ([] if told_at is None else [str(told_at)])
    assert [*seal_events([seal_], NOON)] == [*seal_events([seal_], NOON + timedelta(hours=1))]


def a_notice(history: History, kind: PromptKind, action: Action = Action.APPROVE) -> Event:
    prompt = Prompt(kind=kind, action=action, batch=history.batch, people=frozenset({ANNA}), at=NOON)
    return prompt_event(prompt, history)


async def test_a_reminder_is_for_the_people_whom_the_rules_name() -> None:
    event = a_notice(await MemoryApp().prepared(*documents(1)), PromptKind.REMINDER)
    assert (event.id, event.kind) == ("invoices-000001.approve-reminder.20261123T120000Z", EventKind.BATCH_REMINDER)
    assert [a_target(people=frozenset(who)).wants(event) for who in ((), (ANNA,), (JANIS,))] == [True, True, False]


@pytest.mark.parametrize("kind", PromptKind)
async def test_everything_that_rules_want_told_is_an_event(kind: PromptKind) -> None:
    assert a_notice(await MemoryApp().prepared(*documents(1)), kind).kind == f"batch.{kind}"


async def test_nobody_is_asked_to_release_what_was_released_meanwhile() -> None:
    app = MemoryApp()
    history = await app.prepared(*documents(1))
    asked, other = a_notice(history, PromptKind.REQUEST, Action.RELEASE), a_notice(history, PromptKind.REQUEST)
    assert is_current(asked, history)
    history = await app.tools.ledger.append(history, Released(at=NOON, releaser=JANIS))
    history = await prepare(history.batch, app.tools)
    assert not is_current(asked, history)
    assert is_current(other, history)


def test_a_freeze_and_its_end_are_told_by_what_is_kept_of_them_and_not_who_did_it() -> None:
    freeze = Freeze(route=INVOICES, at=NOON, by="Jānis", reason="rēķini jāpārbauda")
    lifted = LiftedFreeze(freeze=freeze, at=NOON + timedelta(hours=1), by="Jānis")
    (begun,) = freeze_events([freeze], [])
    assert next(freeze_events([], [lifted])) == begun
    assert [event.kind for event in freeze_events([], [lifted])] == [
        EventKind.SEALING_FROZEN,
        EventKind.SEALING_RESUMED,
    ]
    assert (begun.route, begun.why) == (INVOICES, "rēķini jāpārbauda")
    assert all("Jānis" not in encode_event(event).decode() for event in freeze_events([], [lifted]))
    assert len({event.id for event in freeze_events([freeze.model_copy(update={"route": None})], [lifted])}) == 3


def a_target(**given: object) -> Target:
    return Target(
        **{  # type: ignore[arg-type]
            "channel": Channel.WEBHOOK,
            "name": "t",
            "routes": frozenset(),
            "kinds": frozenset(EventKind),
            **given,
        }
    )


def test_a_target_is_told_of_its_routes_and_kinds_alone() -> None:
    event = Event(id="x.done.1", kind=EventKind.BATCH_DONE, at=NOON, route=INVOICES)
    assert a_target().wants(event)
    assert not a_target(kinds=frozenset({EventKind.BATCH_WAITING})).wants(event)
    assert not a_target(routes=frozenset({"orders"})).wants(event)
    about = DocumentEnd(id=a_document_id(1), name="stray.pdf", sha256="")
    stray = event.model_copy(update={"route": None, "document": about})
    assert a_target().wants(stray)
    assert not a_target(routes=frozenset({INVOICES})).wants(stray)


def test_a_freeze_of_everything_is_told_to_those_who_look_after_one_route() -> None:
    (frozen,) = freeze_events([Freeze(at=NOON, by="Jānis", reason="x")], [])
    assert a_target(routes=frozenset({INVOICES})).wants(frozen)


async def test_programs_get_what_happened_in_one_form_and_no_person() -> None:
    app = MemoryApp()
    history = await deliver((await app.signed(*documents(1))).batch, app.tools)
    for event in (*batch_events(history), a_notice(history, PromptKind.ESCALATION)):
        body = json.loads(encode_event(event))
        assert body.keys() == {"id", "type", "timestamp", "data"}
        assert (body["id"], body["type"], body["timestamp"]) == (event.id, event.kind, "2026-11-23T12:00:00Z")
        assert ANNA.encode() not in encode_event(event)
    *_, sealed = batch_events(history)
    data = json.loads(encode_event(sealed))["data"]
    assert (data["route"], data["batch"]) == (INVOICES, history.batch)
    assert data["document"]["sealed"].keys() == {"name", "sha256", "size", "level"}
