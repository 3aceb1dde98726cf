import pytest

from jobs.deliver import deliver
from jobs.lapse import MOST_APPROVALS, ask_again
from jobs.model.errors import ConsentVoid, CredentialsRefused, NotApprovable, Permanent, Uncertain
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.records import Lapsed
from jobs.ports import Story
from jobs.prepare import prepare
from jobs.recover import next_story
from jobs.seal import seal
from tests.support.builders import ANNA, a_document_id, a_seal, documents
from tests.support.memory_app import MemoryApp
from worker.queue.backoff import Backoff
from worker.queue.sweep import sweep


async def a_refused_batch(app: MemoryApp) -> History:
    app.vendor.errors_at_finalize = {document.id: "signing:certificateRevoked" for document in documents(2)}
    return await deliver((await app.signed(*documents(2))).batch, app.tools)


async def test_after_a_refusal_for_good_the_reason_is_told_and_nobody_is_asked_again() -> None:
    app = MemoryApp()
    history = await a_refused_batch(app)
    assert history.is_stopped
    assert "signing:certificateRevoked" in history.last(Lapsed).why
    app.doorbell.rings.clear()
    await sweep(app.tools, Backoff())
    assert app.doorbell.rings == []
    assert await prepare(history.batch, app.tools) == history


async def test_a_signature_call_that_is_refused_for_good_is_not_asked_for_again() -> None:
    app = MemoryApp()
    prepared = await app.prepared(*documents(1))
    app.vendor.faults = {"sign": Permanent("403: the seal was revoked")}
    assert (await seal(app.consent(prepared), app.tools)).is_stopped


async def test_a_finalize_that_is_refused_as_a_whole_asks_nobody_again_and_tells_the_vendors_reason() -> None:
    app = MemoryApp()
    signed = await app.signed(*documents(2))
    app.vendor.faults = {"finalize": Permanent("finalize: the vendor answered 400 (signing:certificateRevoked)")}
    history = await deliver(signed.batch, app.tools)
    assert history.is_stopped
    assert "certificateRevoked" in history.last(Lapsed).why
    assert app.vendor.calls.count("finalize") == 1


async def test_a_finalize_that_our_own_credentials_were_refused_for_goes_on_with_the_same_consent() -> None:
    app = MemoryApp()
    signed = await app.signed(*documents(2))
    app.vendor.faults = {"finalize": CredentialsRefused("403")}
    with pytest.raises(CredentialsRefused):
        await deliver(signed.batch, app.tools)
    app.vendor.faults = {}
    app.later(61)
    assert (await deliver(signed.batch, app.tools)).state is State.DELIVERED
    assert app.vendor.calls.count("sign") == 1


async def test_a_refusal_of_some_documents_holds_nothing() -> None:
    app = MemoryApp()
    app.vendor.errors_at_finalize = {a_document_id(1): "signing:finalize"}
    assert (await deliver((await app.signed(*documents(2))).batch, app.tools)).state is State.DELIVERED


@pytest.mark.parametrize("error", [Uncertain("reset"), ConsentVoid("invalid_grant")])
async def test_three_approvals_that_come_to_nothing_are_the_last_that_is_asked_for(error: Exception) -> None:
    app = MemoryApp()
    history = await app.prepared(*documents(1))
    app.vendor.faults = {"sign": error}
    for number in range(1, MOST_APPROVALS + 1):
        history = await seal(app.consent(history, f"code-{number}"), app.tools)
        assert history.is_stopped is (number == MOST_APPROVALS)
        history = await prepare(history.batch, app.tools)
    assert history.is_stopped
    assert "3 approvals came to nothing" in history.last(Lapsed).why


async def test_a_vendor_that_lets_go_of_every_signed_batch_is_approved_for_three_times_at_most() -> None:
    app = MemoryApp()
    history = await app.prepared(*documents(1))
    for number in range(1, MOST_APPROVALS + 1):
        await seal(app.consent(history, f"code-{number}"), app.tools)
        app.vendor.sessions.clear()
        history = await deliver(history.batch, app.tools)
        assert history.is_stopped is (number == MOST_APPROVALS)
        history = await prepare(history.batch, app.tools)
    assert history.is_stopped


async def test_a_person_may_have_it_asked_again_and_gets_three_approvals_more() -> None:
    app = MemoryApp()
    history = await ask_again((await a_refused_batch(app)).batch, ANNA, app.tools)
    assert next_story(history.glance, app.age) is Story.PREPARE
    app.vendor.errors_at_finalize = {}
    history = await prepare(history.batch, app.tools)
    history = await seal(app.consent(history, "code-2"), app.tools)
    assert (await deliver(history.batch, app.tools)).state is State.DELIVERED


async def test_what_goes_on_by_itself_need_not_be_asked_for() -> None:
    app = MemoryApp()
    with pytest.raises(NotApprovable):
        await ask_again((await app.prepared(*documents(1))).batch, ANNA, app.tools)


async def test_a_renewed_seal_lets_a_held_batch_go_on_by_itself() -> None:
    app = MemoryApp()
    history = await a_refused_batch(app)
    await app.seals.save(a_seal().model_copy(update={"certificate": "bmV3"}))
    app.doorbell.rings.clear()
    await sweep(app.tools, Backoff())
    assert app.doorbell.rings == [(Story.PREPARE, history.batch)]
    assert (await prepare(history.batch, app.tools)).state is State.PREPARED
