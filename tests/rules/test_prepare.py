import asyncio

import pytest

from jobs.approve import renew
from jobs.model.documents import Document, Profile
from jobs.model.errors import NotEnrolled, Permanent, Retryable, Uncertain
from jobs.model.lifecycle import State
from jobs.model.reasons import Reason
from jobs.model.records import Abandoned
from jobs.prepare import prepare
from tests.support.builders import a_document_id, documents
from tests.support.house import House
from tests.support.small import MemorySeals


async def test_digests_are_recorded_in_the_vendors_response_order() -> None:
    house = House()
    history = await house.prepared(*documents(3))
    assert history.state is State.PREPARED
    assert [item.document for item in history.prepared.documents] == [d.id for d in reversed(documents(3))]


async def test_all_digests_are_asked_for_in_one_call() -> None:
    house = House()
    await house.prepared(*documents(20))
    assert house.vendor.calls.count("digests") == 1
    assert house.vendor.calls.count("open_sessions") == 1


async def test_a_document_refused_at_upload_is_set_aside_and_the_others_go_on() -> None:
    house = House()
    house.vendor.refused_at_upload = {a_document_id(2)}
    prepared = (await house.prepared(*documents(3))).prepared
    assert [(refusal.document, refusal.reason) for refusal in prepared.refused] == [
        (a_document_id(2), Reason.TOO_LARGE)
    ]
    assert len(prepared.documents) == 2


async def test_a_document_that_spoils_the_set_is_found_and_set_aside() -> None:
    house = House()
    house.vendor.unsealable = {a_document_id(5)}
    prepared = (await house.prepared(*documents(8))).prepared
    assert [refusal.document for refusal in prepared.refused] == [a_document_id(5)]
    assert len(prepared.documents) == 7


async def test_when_no_document_is_left_the_batch_ends_in_quarantine() -> None:
    house = House()
    house.vendor.refused_at_upload = {a_document_id(1), a_document_id(2)}
    history = await house.prepared(*documents(2))
    assert history.state is State.ABANDONED
    assert set((await house.quarantine.reasons()).values()) == {Reason.TOO_LARGE}
    assert await house.ledger.unclosed() == ()


async def test_while_the_seal_is_not_enrolled_the_batch_stays_gathered() -> None:
    house = House(seals=MemorySeals())
    batch = await house.gathered(*documents(1))
    with pytest.raises(NotEnrolled):
        await prepare(batch, house.tools)
    assert (await house.ledger.read(batch)).state is State.GATHERED
    assert house.vendor.calls == []


async def test_bad_weather_leaves_the_batch_as_it_was() -> None:
    house = House()
    batch = await house.gathered(*documents(2))
    house.vendor.faults = {"open_sessions": Retryable("503")}
    with pytest.raises(Retryable):
        await prepare(batch, house.tools)
    assert (await house.ledger.read(batch)).state is State.GATHERED


async def test_a_prepared_batch_is_left_alone() -> None:
    house = House()
    history = await house.prepared(*documents(1))
    assert await prepare(history.batch, house.tools) == history


async def test_a_lapsed_batch_gets_new_digests_in_its_old_sessions() -> None:
    house = House()
    lapsed = await renew(await house.prepared(*documents(3)), house.tools, "stale")
    again = await prepare(lapsed.batch, house.tools)
    assert house.vendor.calls.count("upload") == 3
    assert {i.session for i in again.prepared.documents} == {i.session for i in lapsed.prepared.documents}
    assert again.prepared.summary != lapsed.prepared.summary


async def test_sessions_that_the_vendor_let_go_are_opened_anew() -> None:
    house = House()
    lapsed = await renew(await house.prepared(*documents(2)), house.tools, "stale")
    house.vendor.sessions.clear()
    again = await prepare(lapsed.batch, house.tools)
    assert again.state is State.PREPARED
    assert house.vendor.calls.count("upload") == 4


async def test_a_fault_of_the_seal_blames_no_document() -> None:
    house = House()
    house.vendor.unsealable = {document.id for document in documents(4)}
    batch = await house.gathered(*documents(4))
    with pytest.raises(Permanent, match="every document"):
        await prepare(batch, house.tools)
    assert not (await house.ledger.read(batch)).has(Abandoned)


async def test_after_a_lost_upload_another_session_is_filled() -> None:
    house = House()
    batch = await house.gathered(*documents(3))
    lost = iter([True, False, False, False])
    upload = house.vendor.upload

    async def flaky(session: str, document: Document, profile: Profile) -> None:
        if next(lost):
            raise Uncertain("reset")
        await upload(session, document, profile)

    house.vendor.upload = flaky  # type: ignore[method-assign]
    history = await prepare(batch, house.tools)
    assert len(history.prepared.documents) == 3
    assert len(house.vendor.sessions) == 4


async def test_when_one_upload_fails_no_other_goes_on_behind_the_storys_back() -> None:
    house = House()
    batch = await house.gathered(*documents(5))
    house.vendor.faults = {"upload": Retryable("503")}
    with pytest.raises(Retryable):
        await prepare(batch, house.tools)
    calls = len(house.vendor.calls)
    await asyncio.sleep(0)
    assert len(house.vendor.calls) == calls == 6
