import asyncio

import pytest

from jobs.approve import renew
from jobs.model.documents import Document, Profile
from jobs.model.errors import NotEnrolled, Permanent, Retryable, SealExpired, SealRefused, Uncertain
from jobs.model.lifecycle import State
from jobs.model.names import DocumentId
from jobs.model.reasons import Reason
from jobs.model.records import Abandoned
from jobs.model.seals import Seal
from jobs.prepare import prepare
from tests.support.builders import NOON, a_document_id, a_seal, documents
from tests.support.memory_app import MemoryApp
from tests.support.small import MemorySeals


async def test_digests_are_recorded_in_the_vendors_response_order() -> None:
    app = MemoryApp()
    history = await app.prepared(*documents(3))
    assert history.state is State.PREPARED
    assert [item.document for item in history.prepared.documents] == [d.id for d in reversed(documents(3))]


async def test_all_digests_are_asked_for_in_one_call() -> None:
    app = MemoryApp()
    await app.prepared(*documents(20))
    assert app.vendor.calls.count("digests") == 1
    assert app.vendor.calls.count("open_sessions") == 1


async def test_a_document_refused_at_upload_is_set_aside_and_the_others_go_on() -> None:
    app = MemoryApp()
    app.vendor.refused_at_upload = {a_document_id(2)}
    prepared = (await app.prepared(*documents(3))).prepared
    assert [(refusal.document, refusal.reason) for refusal in prepared.refused] == [
        (a_document_id(2), Reason.TOO_LARGE)
    ]
    assert len(prepared.documents) == 2


async def test_a_document_that_spoils_the_set_is_found_and_set_aside() -> None:
    app = MemoryApp()
    app.vendor.unsealable = {a_document_id(5)}
    prepared = (await app.prepared(*documents(8))).prepared
    assert [refusal.document for refusal in prepared.refused] == [a_document_id(5)]
    assert len(prepared.documents) == 7


async def test_when_no_document_is_left_the_batch_ends_in_quarantine() -> None:
    app = MemoryApp()
    app.vendor.refused_at_upload = {a_document_id(1), a_document_id(2)}
    history = await app.prepared(*documents(2))
    assert history.state is State.ABANDONED
    assert set((await app.quarantine.reasons()).values()) == {Reason.TOO_LARGE}
    assert await app.ledger.open_batches() == ()


async def test_while_the_seal_is_not_enrolled_the_batch_stays_gathered() -> None:
    app = MemoryApp(seals=MemorySeals())
    batch = await app.gathered(*documents(1))
    with pytest.raises(NotEnrolled):
        await prepare(batch, app.tools)
    assert (await app.ledger.read(batch)).state is State.GATHERED
    assert app.vendor.calls == []


async def test_bad_weather_leaves_the_batch_as_it_was() -> None:
    app = MemoryApp()
    batch = await app.gathered(*documents(2))
    app.vendor.faults = {"open_sessions": Retryable("503")}
    with pytest.raises(Retryable):
        await prepare(batch, app.tools)
    assert (await app.ledger.read(batch)).state is State.GATHERED


async def test_a_prepared_batch_is_left_alone() -> None:
    app = MemoryApp()
    history = await app.prepared(*documents(1))
    assert await prepare(history.batch, app.tools) == history


async def test_a_lapsed_batch_gets_new_digests_in_its_old_sessions() -> None:
    app = MemoryApp()
    lapsed = await renew(await app.prepared(*documents(3)), app.tools, "stale")
    again = await prepare(lapsed.batch, app.tools)
    assert app.vendor.calls.count("upload") == 3
    assert {i.session for i in again.prepared.documents} == {i.session for i in lapsed.prepared.documents}
    assert again.prepared.summary != lapsed.prepared.summary


async def test_sessions_that_the_vendor_let_go_are_opened_anew() -> None:
    app = MemoryApp()
    lapsed = await renew(await app.prepared(*documents(2)), app.tools, "stale")
    app.vendor.sessions.clear()
    again = await prepare(lapsed.batch, app.tools)
    assert again.state is State.PREPARED
    assert app.vendor.calls.count("upload") == 4


async def test_a_fault_of_the_seal_blames_no_document() -> None:
    app = MemoryApp()
    app.vendor.unsealable = {document.id for document in documents(4)}
    batch = await app.gathered(*documents(4))
    with pytest.raises(Permanent, match="every document"):
        await prepare(batch, app.tools)
    assert not (await app.ledger.read(batch)).has(Abandoned)


async def test_after_a_lost_upload_another_session_is_filled() -> None:
    app = MemoryApp()
    batch = await app.gathered(*documents(3))
    lost = iter([True, False, False, False])
    upload = app.vendor.upload

    async def flaky(session: str, document: Document, profile: Profile) -> None:
        if next(lost):
            raise Uncertain("reset")
        await upload(session, document, profile)

    app.vendor.upload = flaky  # type: ignore[method-assign]
    history = await prepare(batch, app.tools)
    assert len(history.prepared.documents) == 3
    assert len(app.vendor.sessions) == 3


async def test_when_one_upload_fails_no_other_goes_on_behind_the_storys_back() -> None:
    app = MemoryApp()
    batch = await app.gathered(*documents(5))
    app.vendor.faults = {"upload": Retryable("503")}
    with pytest.raises(Retryable):
        await prepare(batch, app.tools)
    calls = len(app.vendor.calls)
    await asyncio.sleep(0)
    assert len(app.vendor.calls) == calls == 6


def poison(app: MemoryApp, *bad: DocumentId) -> None:
    """Let the vendor answer 500 whenever it is sent one of these."""
    upload = app.vendor.upload

    async def fail_on_bad(session: str, document: Document, profile: Profile) -> None:
        if document.id in bad:
            raise Uncertain("500")
        await upload(session, document, profile)

    app.vendor.upload = fail_on_bad  # type: ignore[method-assign]


async def test_a_document_that_the_vendor_fails_on_stands_alone() -> None:
    app = MemoryApp()
    batch = await app.gathered(*documents(5))
    bad = documents(5)[2].id
    poison(app, bad)
    history = await prepare(batch, app.tools)
    (refusal,) = history.prepared.refused
    assert (refusal.document, refusal.reason) == (bad, Reason.REFUSED_BY_VENDOR)
    assert len(history.prepared.documents) == len(app.vendor.sessions) == 4


async def test_when_the_vendor_fails_on_many_no_document_is_blamed_and_no_session_stays_open() -> None:
    app = MemoryApp()
    batch = await app.gathered(*documents(5))
    poison(app, *(document.id for document in documents(5)[:3]))
    with pytest.raises(Uncertain):
        await prepare(batch, app.tools)
    assert (await app.ledger.read(batch)).state is State.GATHERED
    assert not app.vendor.sessions


def an_ended_seal() -> Seal:
    return a_seal().model_copy(update={"expires_at": NOON})


async def test_nothing_is_sent_for_a_seal_whose_certificate_has_ended() -> None:
    app = MemoryApp(seals=MemorySeals(an_ended_seal()))
    batch = await app.gathered(*documents(1))
    with pytest.raises(SealExpired, match="enrol the seal again"):
        await prepare(batch, app.tools)
    assert app.vendor.calls == []


@pytest.mark.parametrize("count", [1, 2, 5])
async def test_a_seal_that_is_refused_is_blamed_on_no_document(count: int) -> None:
    app = MemoryApp()
    app.vendor.revoked = {a_seal().certificate}
    batch = await app.gathered(*documents(count))
    with pytest.raises(SealRefused):
        await prepare(batch, app.tools)
    assert (await app.ledger.read(batch)).state is State.GATHERED
    assert await app.quarantine.reasons() == {}
    assert app.vendor.sessions == {}


async def test_a_lone_document_that_is_refused_is_blamed_while_its_seal_is_taken() -> None:
    app = MemoryApp()
    app.vendor.unsealable = {a_document_id(1)}
    assert (await app.prepared(*documents(1))).state is State.ABANDONED
    assert set((await app.quarantine.reasons()).values()) == {Reason.REFUSED_BY_VENDOR}
