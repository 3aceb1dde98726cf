from typing import Any

import pytest

from jobs.deliver import deliver
from jobs.model.documents import Profile, SealFormat, Validation
from jobs.model.errors import Permanent, Retryable, Uncertain
from jobs.model.lifecycle import State
from jobs.model.reasons import Reason
from jobs.model.records import Delivered, Delivery, Refusal
from jobs.ports import Story
from tests.support.builders import ANNA, INVOICES, a_document, a_document_id, a_route, a_seal, documents
from tests.support.memory_app import MemoryApp


async def test_signed_documents_end_in_the_outbox() -> None:
    app = MemoryApp()
    history = await deliver((await app.signed(*documents(3))).batch, app.tools)
    assert history.state is State.DELIVERED
    assert {name for _, name in app.outbox.taken} == {document.name for document in documents(3)}
    assert set(app.originals.retired) == {document.id for document in documents(3)}
    assert await app.ledger.open_batches() == ()
    assert app.vendor.sessions == {}


async def test_finalize_is_called_once() -> None:
    app = MemoryApp()
    batch = (await app.signed(*documents(3))).batch
    await deliver(batch, app.tools)
    await deliver(batch, app.tools)
    assert app.vendor.calls.count("finalize") == 1


async def test_after_a_lost_answer_we_look_and_do_not_finalize_again() -> None:
    app = MemoryApp()
    batch = (await app.signed(*documents(3))).batch
    app.vendor.faults = {"finalize": Uncertain("504")}
    app.vendor.after_work = {"finalize"}
    assert (await deliver(batch, app.tools)).state is State.DELIVERED
    assert app.vendor.calls.count("finalize") == 1


async def test_while_the_vendor_may_still_be_working_nothing_is_decided() -> None:
    app = MemoryApp()
    batch = (await app.signed(*documents(2))).batch
    app.vendor.faults = {"finalize": Uncertain("reset")}
    with pytest.raises(Retryable, match="2 of 2"):
        await deliver(batch, app.tools)
    assert (await app.ledger.read(batch)).state is State.FINALIZING


async def test_a_finalize_that_ends_late_is_found_by_a_later_look() -> None:
    app = MemoryApp()
    history = await app.signed(*documents(2))
    app.vendor.faults = {"finalize": Uncertain("timeout")}
    with pytest.raises(Retryable):
        await deliver(history.batch, app.tools)
    app.vendor.finish_late()
    assert (await deliver(history.batch, app.tools)).state is State.DELIVERED


async def test_what_a_look_shows_untouched_is_finalized_with_the_same_values_and_nobody_is_asked_again() -> None:
    app = MemoryApp()
    batch = (await app.signed(*documents(3))).batch
    app.vendor.faults = {"finalize": Uncertain("never sent")}
    with pytest.raises(Retryable):
        await deliver(batch, app.tools)
    app.vendor.faults = {}
    app.later(61)
    history = await deliver(batch, app.tools)
    assert [record.kind for record in history.records].count(State.FINALIZING) == 2
    assert history.state is State.DELIVERED
    assert len(app.outbox.taken) == 3
    assert app.vendor.calls.count("sign") == 1


async def test_of_a_half_finalized_batch_only_what_is_untouched_is_finalized_again() -> None:
    app = MemoryApp()
    history = await app.signed(*documents(3))
    app.vendor.faults = {"finalize": Uncertain("never sent")}
    with pytest.raises(Retryable):
        await deliver(history.batch, app.tools)
    app.vendor.faults = {}
    gone, sealed, _ = history.prepared.documents
    values = {signed.document: signed.value for signed in history.signed.values}
    await app.vendor.finalize({sealed.session: values[sealed.document]}, history.prepared.seal)
    await app.vendor.close(gone.session)
    app.later(61)
    history = await deliver(history.batch, app.tools)
    assert len(app.outbox.taken) == 2
    assert list((await app.quarantine.reasons()).values()) == [Reason.SEALED_BEFORE]


async def test_a_first_finalize_that_ends_during_the_second_is_not_taken_for_a_refusal() -> None:
    app = MemoryApp()
    history = await app.signed(*documents(2))
    app.vendor.faults = {"finalize": Uncertain("timeout")}
    with pytest.raises(Retryable):
        await deliver(history.batch, app.tools)
    app.vendor.faults = {}
    finalize = app.vendor.finalize

    async def end_late(*args: Any) -> Any:
        app.vendor.finish_late()
        return await finalize(*args)

    app.vendor.finalize = end_late  # type: ignore[method-assign, assignment]
    app.later(61)
    assert (await deliver(history.batch, app.tools)).state is State.DELIVERED
    assert await app.quarantine.reasons() == {}


async def test_when_nothing_was_sealed_after_all_the_batch_lapses_and_its_sessions_are_closed() -> None:
    app = MemoryApp()
    batch = (await app.signed(*documents(2))).batch
    app.vendor.faults = {"finalize": Uncertain("reset")}
    for _ in range(3):
        with pytest.raises(Retryable):
            await deliver(batch, app.tools)
        app.later(61)
    assert (await deliver(batch, app.tools)).state is State.LAPSED
    assert app.vendor.sessions == {}
    assert app.doorbell.rings[-1] == (Story.PREPARE, batch)


async def test_a_batch_can_half_succeed() -> None:
    app = MemoryApp()
    app.vendor.errors_at_finalize = {a_document_id(2): "signing:finalize"}
    history = await deliver((await app.signed(*documents(3))).batch, app.tools)
    outcomes = history.last(Delivered).outcomes
    assert [type(outcome) for outcome in outcomes] == [Delivery, Refusal, Delivery]
    assert await app.quarantine.reasons() == {a_document_id(2): Reason.NOT_FINALIZED}


async def test_what_does_not_verify_is_not_delivered() -> None:
    app = MemoryApp()
    app.vendor.altered = {a_document_id(1)}
    await deliver((await app.signed(*documents(2))).batch, app.tools)
    assert await app.quarantine.reasons() == {a_document_id(1): Reason.NOT_VERIFIED}
    assert app.outbox.taken == {(INVOICES, "invoice-2.pdf")}


async def test_when_a_file_cannot_be_fetched_now_the_batch_stays_sealed() -> None:
    app = MemoryApp()
    batch = (await app.signed(*documents(2))).batch
    app.vendor.faults = {"download": Retryable("503")}
    with pytest.raises(Retryable):
        await deliver(batch, app.tools)
    assert (await app.ledger.read(batch)).state is State.SEALED
    app.vendor.faults = {}
    assert (await deliver(batch, app.tools)).state is State.DELIVERED


async def test_documents_refused_at_preparation_have_their_outcome_too() -> None:
    app = MemoryApp()
    app.vendor.refused_at_upload = {a_document_id(3)}
    history = await deliver((await app.signed(*documents(3))).batch, app.tools)
    assert [outcome.document for outcome in history.last(Delivered).outcomes] == [d.id for d in documents(3)]
    assert await app.quarantine.reasons() == {a_document_id(3): Reason.TOO_LARGE}


async def test_a_refusal_of_the_whole_call_is_believed_after_one_look() -> None:
    app = MemoryApp()
    batch = (await app.signed(*documents(1))).batch
    app.vendor.faults = {"finalize": Permanent("404")}
    assert (await deliver(batch, app.tools)).state is State.LAPSED
    assert app.vendor.calls.count("is_sealed") == 1


async def test_a_refusal_of_the_whole_call_behind_which_files_were_sealed_changes_nothing() -> None:
    app = MemoryApp()
    batch = (await app.signed(*documents(2))).batch
    app.vendor.faults, app.vendor.after_work = {"finalize": Permanent("413")}, {"finalize"}
    assert (await deliver(batch, app.tools)).state is State.DELIVERED


async def test_a_container_is_named_after_what_it_holds() -> None:
    app = MemoryApp(route=a_route(profile=Profile(format=SealFormat.EDOC)))
    await deliver((await app.signed(a_document(1, name="2026/līgums.docx"))).batch, app.tools)
    assert app.outbox.taken == {(INVOICES, "2026/līgums.docx.edoc")}


async def test_the_vendors_report_goes_along_where_the_route_asks_for_it() -> None:
    app = MemoryApp(route=a_route(profile=Profile(validation=Validation.VENDOR)))
    await deliver((await app.signed(*documents(2))).batch, app.tools)
    assert app.outbox.reports == {document.id: "{}" for document in documents(2)}


async def test_what_the_vendor_itself_objects_to_is_not_delivered() -> None:
    app = MemoryApp(route=a_route(profile=Profile(validation=Validation.VENDOR)))
    app.vendor.objected = {a_document_id(2)}
    await deliver((await app.signed(*documents(2))).batch, app.tools)
    assert await app.quarantine.reasons() == {a_document_id(2): Reason.NOT_VERIFIED}


async def test_the_vendor_is_not_asked_to_validate_where_no_route_wants_it() -> None:
    app = MemoryApp()
    await deliver((await app.signed(*documents(1))).batch, app.tools)
    assert "validation" not in app.vendor.calls


async def test_a_sealed_file_is_delivered_with_the_seal_and_the_approval_that_it_has() -> None:
    app = MemoryApp()
    history = await app.signed(*documents(1))
    await deliver(history.batch, app.tools)
    (sealed_by,) = app.outbox.sealed_by.values()
    assert sealed_by is not None
    assert (sealed_by.label, sealed_by.certificate) == (a_seal().label, a_seal().certificate)
    assert (sealed_by.approver, sealed_by.approved_at) == (ANNA, app.time)
