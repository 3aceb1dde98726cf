import pytest

from jobs.deliver import deliver
from jobs.model.documents import Profile
from jobs.model.errors import Retryable, Uncertain
from jobs.model.levels import SealLevel
from jobs.model.lifecycle import State
from jobs.model.reasons import Reason
from jobs.model.records import Archived, Archiving, Delivery
from jobs.ports import Story
from jobs.recover import next_story, recover
from tests.support.builders import a_document_id, a_route, a_seal, documents
from tests.support.memory_app import MemoryApp


def an_archiving_app() -> MemoryApp:
    return MemoryApp(route=a_route(profile=Profile(level=SealLevel.LTA)))


async def test_a_route_without_the_archive_level_never_asks_for_it() -> None:
    app = MemoryApp()
    history = await deliver((await app.signed(*documents(2))).batch, app.tools)
    assert "archive" not in app.vendor.calls
    assert not history.has(Archiving)


async def test_all_files_of_a_batch_are_archived_in_one_call_before_they_are_fetched() -> None:
    app = an_archiving_app()
    history = await deliver((await app.signed(*documents(3))).batch, app.tools)
    assert history.state is State.DELIVERED
    assert app.vendor.calls.count("archive") == 1
    assert app.vendor.calls.index("archive") < app.vendor.calls.index("download")
    assert all(isinstance(outcome, Delivery) for outcome in history.records[-1].outcomes)  # type: ignore[union-attr]


async def test_what_was_not_finalized_is_not_archived() -> None:
    app = an_archiving_app()
    app.vendor.errors_at_finalize = {a_document_id(2): "signing:finalize"}
    history = await deliver((await app.signed(*documents(3))).batch, app.tools)
    assert {result.document for result in history.last(Archived).results} == {a_document_id(1), a_document_id(3)}


async def test_a_document_without_its_archive_timestamp_is_put_aside_and_says_why() -> None:
    app = an_archiving_app()
    app.vendor.errors_at_archive = {a_document_id(1): "signing:addArchive"}
    history = await deliver((await app.signed(*documents(2))).batch, app.tools)
    assert await app.quarantine.reasons() == {a_document_id(1): Reason.NOT_ARCHIVED}
    assert app.quarantine.refusals[a_document_id(1)].detail == "signing:addArchive"
    assert history.state is State.DELIVERED


async def test_a_vendor_that_only_says_it_archived_is_not_believed() -> None:
    app = an_archiving_app()
    app.vendor.archived_in_words_only = {a_document_id(1)}
    batch = (await app.signed(*documents(2))).batch
    await deliver(batch, app.tools)
    assert await app.quarantine.reasons() == {a_document_id(1): Reason.NOT_ARCHIVED}


async def test_after_a_lost_answer_we_look_into_the_files_and_do_not_ask_again() -> None:
    app = an_archiving_app()
    batch = (await app.signed(*documents(2))).batch
    app.vendor.faults, app.vendor.after_work = {"archive": Uncertain("504")}, {"archive"}
    assert (await deliver(batch, app.tools)).state is State.DELIVERED
    assert app.vendor.calls.count("archive") == 1
    assert await app.quarantine.reasons() == {}


async def test_while_the_vendor_may_still_be_archiving_nothing_is_decided() -> None:
    app = an_archiving_app()
    batch = (await app.signed(*documents(2))).batch
    app.vendor.faults = {"archive": Uncertain("reset")}
    with pytest.raises(Retryable, match="2 of 2"):
        await deliver(batch, app.tools)
    assert (await app.ledger.read(batch)).state is State.ARCHIVING


async def test_an_archive_that_never_came_in_three_calls_leaves_the_sealed_files_aside() -> None:
    app = an_archiving_app()
    batch = (await app.signed(*documents(2))).batch
    app.vendor.faults = {"archive": Uncertain("reset")}
    for _ in range(3):
        with pytest.raises(Retryable):
            await deliver(batch, app.tools)
        app.later(61)
    assert (await deliver(batch, app.tools)).state is State.DELIVERED
    assert set((await app.quarantine.reasons()).values()) == {Reason.NOT_ARCHIVED}
    assert app.vendor.calls.count("archive") == 3


async def test_a_kill_right_before_the_archive_call_costs_no_document() -> None:
    app = an_archiving_app()
    batch = (await app.signed(*documents(2))).batch
    app.vendor.faults = {"archive": Uncertain("never sent")}
    with pytest.raises(Retryable):
        await deliver(batch, app.tools)
    app.vendor.faults = {}
    app.later(61)
    assert (await deliver(batch, app.tools)).state is State.DELIVERED
    assert await app.quarantine.reasons() == {}


async def test_files_that_a_look_shows_without_archive_timestamp_get_it_and_the_others_no_second_one() -> None:
    app = an_archiving_app()
    batch = (await app.signed(*documents(3))).batch
    app.vendor.faults = {"archive": Uncertain("reset")}
    with pytest.raises(Retryable, match="3 of 3"):
        await deliver(batch, app.tools)
    app.vendor.faults = {}
    archived, *_ = app.vendor.sessions
    await app.vendor.archive([archived], a_seal())
    app.later(61)
    history = await deliver(batch, app.tools)
    assert await app.quarantine.reasons() == {}
    assert history.count(Archiving) == 2
    assert app.vendor.archived == dict.fromkeys(app.vendor.archived, 1)


@pytest.mark.parametrize("last", [State.ARCHIVING, State.ARCHIVED])
async def test_after_a_crash_behind_either_record_it_ends_the_same_and_is_not_archived_twice(last: State) -> None:
    app = an_archiving_app()
    signed = await app.signed(*documents(2))
    held = dict(app.vendor.sessions)
    history = await deliver(signed.batch, app.tools)
    app.vendor.sessions = held  # the process died before it closed them
    app.ledger.closed.clear()
    states = [record.kind for record in history.records]
    del app.ledger.entries[history.batch][states.index(last) + 1 :]
    assert next_story(await app.ledger.glance(history.batch), app.age) is Story.DELIVER
    again = await recover(history.batch, app.tools)
    assert [record.kind for record in again.records] == states
    assert app.vendor.calls.count("archive") == 1
    assert await app.quarantine.reasons() == {}
