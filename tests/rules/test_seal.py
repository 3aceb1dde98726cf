import pytest

from jobs.deliver import deliver
from jobs.model.errors import ConsentRefused, ConsentVoid, NotApprovable, Permanent, Retryable, Uncertain
from jobs.model.freeze import Freeze
from jobs.model.lifecycle import State
from jobs.model.records import Lapsed
from jobs.model.seals import Seal
from jobs.ports import Story
from jobs.prepare import prepare
from jobs.seal import seal
from tests.support.builders import INVOICES, JANIS, documents
from tests.support.memory_app import MemoryApp


async def test_one_consent_signs_the_whole_batch_with_one_call() -> None:
    app = MemoryApp()
    history = await app.signed(*documents(20))
    assert history.state is State.SIGNED
    assert app.vendor.calls.count("sign") == 1
    assert app.doorbell.rings[-1] == (Story.DELIVER, history.batch)


async def test_each_value_stands_by_its_own_document() -> None:
    app = MemoryApp()
    history = await app.signed(*documents(3))
    assert [signed.document for signed in history.signed.values] == [i.document for i in history.prepared.documents]


@pytest.mark.parametrize("error", [Retryable("429"), Permanent("invalid_grant"), Uncertain("reset")])
async def test_any_failure_lapses_the_consent_and_the_batch_is_prepared_again(error: Exception) -> None:
    app = MemoryApp()
    prepared = await app.prepared(*documents(2))
    app.vendor.faults = {"sign": error}
    history = await seal(app.consent(prepared), app.tools)
    assert history.state is State.LAPSED
    assert app.doorbell.rings[-1] == (Story.PREPARE, history.batch)


async def test_a_signature_call_is_never_repeated() -> None:
    app = MemoryApp()
    prepared = await app.prepared(*documents(2))
    app.vendor.faults = {"sign": Uncertain("reset")}
    app.vendor.after_work = {"sign"}
    await seal(app.consent(prepared), app.tools)
    assert app.vendor.calls.count("sign") == 1


async def test_a_value_that_does_not_verify_is_not_used() -> None:
    app = MemoryApp()
    prepared = await app.prepared(*documents(2))
    original = app.vendor.sign

    async def swapped(*args: object) -> tuple[object, ...]:
        return tuple(reversed(await original(*args)))  # type: ignore[arg-type]

    app.vendor.sign = swapped  # type: ignore[method-assign, assignment]
    history = await seal(app.consent(prepared), app.tools)
    assert "does not fit" in history.last(Lapsed).why


async def test_a_consent_to_other_digests_does_nothing() -> None:
    app = MemoryApp()
    prepared = await app.prepared(*documents(2))
    stale = app.consent(prepared).model_copy(update={"summary": "of yesterday"})
    assert (await seal(stale, app.tools)).state is State.PREPARED
    assert "sign" not in app.vendor.calls


async def test_a_consent_is_used_once() -> None:
    app = MemoryApp()
    consent = app.consent(await app.prepared(*documents(2)))
    await seal(consent, app.tools)
    await seal(consent, app.tools)
    assert app.vendor.calls.count("sign") == 1


async def test_after_a_lapse_the_person_can_consent_again() -> None:
    app = MemoryApp()
    prepared = await app.prepared(*documents(2))
    app.vendor.faults = {"sign": ConsentVoid("invalid_grant")}
    lapsed = await seal(app.consent(prepared), app.tools)
    app.vendor.faults = {}
    again = await prepare(lapsed.batch, app.tools)
    assert (await seal(app.consent(again, "code-2"), app.tools)).state is State.SIGNED


async def test_a_consent_of_somebody_who_is_no_approver_of_the_route_is_not_used() -> None:
    app = MemoryApp()
    prepared = await app.prepared(*documents(2))
    with pytest.raises(NotApprovable):
        await seal(app.consent(prepared).model_copy(update={"approver": JANIS}), app.tools)
    assert (await app.ledger.read(prepared.batch)).state is State.PREPARED
    assert "sign" not in app.vendor.calls


async def test_who_is_told_to_consent_again_is_told_why() -> None:
    app = MemoryApp()
    prepared = await app.prepared(*documents(2))
    app.vendor.faults = {"sign": ConsentRefused("Another person consented.")}
    history = await seal(app.consent(prepared), app.tools)
    assert history.last(Lapsed).why == "Another person consented."


async def test_a_consent_that_comes_while_sealing_is_frozen_is_not_used_and_asked_for_again() -> None:
    app = MemoryApp()
    consent = app.consent(await app.prepared(*documents(2)))
    await app.freezes.begin(Freeze(at=app.time, by="root", reason="an audit"))
    history = await seal(consent, app.tools)
    assert (history.state, history.last(Lapsed).why) == (State.LAPSED, "sealing was frozen when the consent came")
    assert app.doorbell.rings[-1] == (Story.PREPARE, history.batch)
    assert "sign" not in app.vendor.calls
    history = await prepare(history.batch, app.tools)
    await app.freezes.lift(None, at=app.time, by="root")
    assert (await seal(app.consent(history), app.tools)).state is State.SIGNED


async def test_what_is_frozen_between_all_looks_and_the_signature_is_not_signed() -> None:
    app = MemoryApp()
    consent = app.consent(await app.prepared(*documents(2)))
    find = app.seals.find

    async def find_and_freeze(label: str) -> Seal:
        await app.freezes.begin(Freeze(route=INVOICES, at=app.time, by="root", reason="just now"))
        return await find(label)

    app.seals.find = find_and_freeze  # type: ignore[method-assign]
    assert (await seal(consent, app.tools)).state is State.LAPSED
    assert "sign" not in app.vendor.calls


async def test_what_is_signed_goes_on_to_its_end_while_sealing_is_frozen() -> None:
    app = MemoryApp()
    history = await app.signed(*documents(2))
    await app.freezes.begin(Freeze(at=app.time, by="root", reason="an audit"))
    assert (await deliver(history.batch, app.tools)).state is State.DELIVERED
