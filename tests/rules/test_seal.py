import pytest

from jobs.model.errors import Permanent, Retryable, Uncertain
from jobs.model.lifecycle import State
from jobs.model.records import Lapsed
from jobs.ports import Story
from jobs.prepare import prepare
from jobs.seal import seal
from tests.support.builders import documents
from tests.support.house import House


async def test_one_consent_signs_the_whole_batch_with_one_call() -> None:
    house = House()
    history = await house.signed(*documents(20))
    assert history.state is State.SIGNED
    assert house.vendor.calls.count("sign") == 1
    assert house.doorbell.rings[-1] == (Story.DELIVER, history.batch)


async def test_each_value_stands_by_its_own_document() -> None:
    house = House()
    history = await house.signed(*documents(3))
    assert [signed.document for signed in history.signed.values] == [i.document for i in history.prepared.documents]


@pytest.mark.parametrize("error", [Retryable("429"), Permanent("invalid_grant"), Uncertain("reset")])
async def test_any_failure_lapses_the_consent_and_the_batch_is_prepared_again(error: Exception) -> None:
    house = House()
    prepared = await house.prepared(*documents(2))
    house.vendor.faults = {"sign": error}
    history = await seal(house.consent(prepared), house.tools)
    assert history.state is State.LAPSED
    assert house.doorbell.rings[-1] == (Story.PREPARE, history.batch)


async def test_a_signature_call_is_never_repeated() -> None:
    house = House()
    prepared = await house.prepared(*documents(2))
    house.vendor.faults = {"sign": Uncertain("reset")}
    house.vendor.after_work = {"sign"}
    await seal(house.consent(prepared), house.tools)
    assert house.vendor.calls.count("sign") == 1


async def test_a_value_that_does_not_verify_is_not_used() -> None:
    house = House()
    prepared = await house.prepared(*documents(2))
    original = house.vendor.sign

    async def swapped(*args: object) -> tuple[object, ...]:
        return tuple(reversed(await original(*args)))  # type: ignore[arg-type]

    house.vendor.sign = swapped  # type: ignore[method-assign, assignment]
    history = await seal(house.consent(prepared), house.tools)
    assert "does not fit" in history.last(Lapsed).why


async def test_a_consent_to_other_digests_does_nothing() -> None:
    house = House()
    prepared = await house.prepared(*documents(2))
    stale = house.consent(prepared).model_copy(update={"summary": "of yesterday"})
    assert (await seal(stale, house.tools)).state is State.PREPARED
    assert "sign" not in house.vendor.calls


async def test_a_consent_is_used_once() -> None:
    house = House()
    consent = house.consent(await house.prepared(*documents(2)))
    await seal(consent, house.tools)
    await seal(consent, house.tools)
    assert house.vendor.calls.count("sign") == 1


async def test_after_a_lapse_the_person_can_consent_again() -> None:
    house = House()
    prepared = await house.prepared(*documents(2))
    house.vendor.faults = {"sign": Permanent("invalid_grant")}
    lapsed = await seal(house.consent(prepared), house.tools)
    house.vendor.faults = {}
    again = await prepare(lapsed.batch, house.tools)
    assert (await seal(house.consent(again, "code-2"), house.tools)).state is State.SIGNED
