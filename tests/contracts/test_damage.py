"""Damaged records, on disk: they stop nothing but their own batch, and a repair leads that to an end."""

import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from jobs.deliver import deliver
from jobs.gather import gather
from jobs.model.documents import Document
from jobs.model.errors import BrokenLedger, LostKey, NotEnrolled, UnknownBatch
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.names import BatchId, batch_id
from jobs.model.reasons import Reason
from jobs.model.records import Refusal
from jobs.prepare import prepare
from jobs.recover import next_story
from jobs.repair import plan_repair, repair
from jobs.seal import seal
from tests.support.builders import INVOICES, a_document, a_seal, documents
from tests.support.disk_app import DiskApp
from tests.support.shelves import files, stand
from worker.metrics.snapshot import take_snapshot
from worker.storage.chains import CLOSED
from worker.storage.quarantine import DiskQuarantine
from worker.storage.seals import SealBook

RECORDS = 7
"""Of a batch that went all its way: gathered, prepared, signing, signed, finalizing, sealed, delivered."""
KINDS = ("cut", "missing", "changed", "folder", "pipe", "link")


@pytest.fixture
def app(tmp_path: Path) -> DiskApp:
    return DiskApp(tmp_path)


def record(app: DiskApp, batch: BatchId, number: int) -> Path:
    return app.base / "data" / "ledger" / batch / f"{number:04}.json"


def damage(app: DiskApp, batch: BatchId, number: int, kind: str) -> None:
    replace_file(record(app, batch, number), kind)


def replace_file(path: Path, kind: str) -> None:
    content = path.read_bytes()
    if kind in {"missing", "folder", "pipe", "link"}:
        path.unlink()
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "link":
        path.symlink_to(path.parent / "nowhere")
    elif kind != "missing":
        path.write_bytes(content[: len(content) // 2] if kind == "cut" else content.replace(b'"kind":"', b'"kind":"x'))


def reopen(app: DiskApp, history: History, records: int) -> None:
    """Take the batch back to when only so many of its records had been written, with its originals on the shelf."""
    folder = record(app, history.batch, 1).parent
    (folder / CLOSED).unlink()
    for number in range(records + 1, len(history.records) + 1):
        record(app, history.batch, number).unlink()
    stand(app.layout, *history.documents.values())
    for document in history.documents:
        (app.layout.waiting(INVOICES) / document).unlink()


def newer(app: DiskApp, number: int = 9) -> Document:
    """A document that came after all that has happened so far."""
    return a_document(number).model_copy(update={"received_at": app.memory.time + timedelta(hours=1)})


async def require_others_go_on(app: DiskApp, expected: int) -> BatchId:
    """A new document becomes the batch of the next number and is delivered."""
    history = await app.delivered(newer(app))
    assert history.batch == batch_id(INVOICES, expected)
    assert history.state is State.DELIVERED
    return history.batch


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", [1, 4, RECORDS])
async def test_damage_in_a_batch_that_was_settled_only_moves_its_records(app: DiskApp, number: int, kind: str) -> None:
    history = await app.delivered(*documents(2))
    assert len(history.records) == RECORDS
    outbox = files(app.base / "outbox")
    damage(app, history.batch, number, kind)
    with pytest.raises(BrokenLedger):
        await app.tools.ledger.read(history.batch)
    await require_others_go_on(app, expected=2)
    assert await app.repaired(history) is not None
    assert outbox < files(app.base / "outbox")
    assert not (app.base / "quarantine").exists()
    aside = list((app.base / "data" / "damaged" / history.batch).iterdir())
    assert len(aside) == (RECORDS - 1 if kind == "missing" else RECORDS)
    with pytest.raises(UnknownBatch, match="set aside"):
        await app.tools.ledger.read(history.batch)
    assert await app.tools.ledger.latest(INVOICES) == 2


@pytest.mark.parametrize("number", range(1, RECORDS))
async def test_damage_in_a_batch_under_way_ends_in_outbox_or_quarantine_and_never_in_both(
    app: DiskApp, number: int
) -> None:
    history = await app.delivered(*documents(2))
    # Until `sealed` nothing is delivered; the notes that delivering left are gone with the settled shelf.
    reopen(app, history, number)
    shutil.rmtree(app.base / "outbox")
    damage(app, history.batch, number, "cut")
    await require_others_go_on(app, expected=2)
    plan = await app.repaired(history)
    assert plan is not None
    assert {document.id for document in plan.undelivered} == set(history.documents)
    # What a repair abandons is settled by whoever sweeps next.
    for batch in await app.tools.ledger.open_batches():
        assert (await deliver(batch, app.tools)).state is State.ABANDONED
    assert await app.tools.ledger.open_batches() == ()
    quarantined = {path for path in files(app.base / "quarantine") if not path.endswith((".json", ".txt"))}
    assert len(quarantined) == 2
    assert await app.tools.ledger.find_damage(history.batch) is None if plan.abandons else True
    assert await app.repaired(await app.tools.ledger.read(batch_id(INVOICES, 2))) is None


@pytest.mark.parametrize("kind", ["folder", "pipe", "link"])
async def test_a_record_that_is_no_file_sets_its_batch_apart_and_a_repair_ends_it(app: DiskApp, kind: str) -> None:
    stand(app.layout, *documents(2))
    (batch,) = await gather(app.memory.route, app.tools, at_once=True)
    history = await prepare(batch, app.tools)
    damage(app, batch, 2, kind)
    with pytest.raises(BrokenLedger, match="record 2 cannot be read"):
        await app.tools.ledger.read(batch)
    await require_others_go_on(app, expected=2)
    await app.repaired(history)
    assert (await deliver(batch, app.tools)).state is State.ABANDONED
    assert await app.tools.ledger.open_batches() == ()


async def test_a_batch_that_only_its_mark_calls_settled_is_led_to_an_end_with_its_originals(app: DiskApp) -> None:
    stand(app.layout, *documents(2))
    (batch,) = await gather(app.memory.route, app.tools, at_once=True)
    history = await prepare(batch, app.tools)
    (record(app, batch, 1).parent / CLOSED).touch()
    with pytest.raises(BrokenLedger, match="the last are missing"):
        await app.tools.ledger.read(batch)
    plan = await app.repaired(history)
    assert plan is not None
    assert not plan.is_settled
    assert {f"{INVOICES}/invoice-1.pdf", f"{INVOICES}/invoice-2.pdf"} <= files(app.base / "quarantine")
    with pytest.raises(UnknownBatch, match="set aside"):
        await app.tools.ledger.read(batch)


@pytest.mark.parametrize("kind", ["file", "link"])
async def test_what_stands_in_the_place_of_a_batch_folder_is_told_and_its_number_stays_used(
    app: DiskApp, kind: str
) -> None:
    stand(app.layout, *documents(1))
    (batch,) = await gather(app.memory.route, app.tools, at_once=True)
    folder = record(app, batch, 1).parent
    shutil.rmtree(folder)
    folder.write_bytes(b"") if kind == "file" else folder.symlink_to("nowhere")
    assert await app.tools.ledger.open_batches() == (batch,)
    with pytest.raises(BrokenLedger, match="is no folder"):
        await app.tools.ledger.read(batch)
    await require_others_go_on(app, expected=2)
    plan = await plan_repair(batch, app.repair_tools)
    assert plan is not None
    await repair(plan, app.repair_tools)
    assert await app.tools.ledger.open_batches() == ()
    with pytest.raises(UnknownBatch, match="set aside"):
        await app.tools.ledger.read(batch)


@pytest.mark.parametrize("content", [b"", b"k" * 32])
async def test_a_key_of_the_ledger_that_is_another_one_is_told_as_that_and_no_batch_is_called_damaged(
    app: DiskApp, content: bytes
) -> None:
    history = await app.delivered(*documents(1))
    (app.base / "data" / "ledger.key").write_bytes(content)
    with pytest.raises(LostKey, match="Do not repair batches"):
        await app.tools.ledger.find_damage(history.batch)
    with pytest.raises(LostKey):
        await plan_repair(history.batch, app.repair_tools)
    stand(app.layout, newer(app))
    with pytest.raises(LostKey):
        await gather(app.memory.route, app.tools, at_once=True)


@pytest.mark.parametrize("kind", ["cut", "folder", "pipe", "link"])
async def test_one_damaged_file_of_the_shelf_or_the_seals_hides_no_other(app: DiskApp, kind: str) -> None:
    seals, data = SealBook(app.base / "data" / "seals"), app.base / "data"
    await seals.save(a_seal())
    (seal,) = (data / "seals").iterdir()
    replace_file(seal, kind)
    assert await seals.all() == ()
    with pytest.raises(NotEnrolled):
        await seals.find(a_seal().label)
    stand(app.layout, a_document(1), a_document(2))
    replace_file(app.layout.waiting(INVOICES) / a_document(1).id, kind)
    assert [each.id for each in await app.tools.shelf.waiting_list(INVOICES)] == [a_document(2).id]
    for number in (3, 4):
        stand(app.layout, a_document(number))
        refusal = Refusal(document=a_document(number).id, reason=Reason.DAMAGED, detail="cut off")
        await app.tools.quarantine.put(a_document(number), refusal)
    replace_file(app.layout.quarantine_place(a_document(3).id).record, kind)
    quarantine = DiskQuarantine(app.base / "quarantine", app.layout, now=lambda: app.memory.time)
    assert [each.explanation.document for each in await quarantine.entries()] == [a_document(4).id]
    assert [path.name for path in await quarantine.unknown()] == [a_document(3).name]


async def test_what_was_delivered_stays_delivered_and_only_the_rest_goes_to_quarantine(app: DiskApp) -> None:
    history = await app.delivered(*documents(2))
    reopen(app, history, RECORDS - 1)
    delivered, undelivered = history.documents.values()
    for path in (app.base / "outbox" / INVOICES).glob(f"{undelivered.name}*"):
        path.unlink()
    damage(app, history.batch, RECORDS - 1, "cut")
    plan = await app.repaired(history)
    assert plan is not None
    assert plan.damage.may_be_sealed
    assert plan.delivered == (delivered,)
    assert f"{INVOICES}/{undelivered.name}" in files(app.base / "quarantine")
    assert "it may have been sealed" in (app.base / "quarantine" / INVOICES / f"{undelivered.name}.txt").read_text()
    assert not app.layout.place(delivered.id).original.exists()
    assert delivered.name in files(app.base / "outbox" / INVOICES)


@pytest.mark.parametrize(("number", "may_be_sealed"), [(2, False), (3, False), (4, False), (5, True), (6, True)])
async def test_whether_something_may_have_been_sealed_is_read_off_the_table(
    app: DiskApp, number: int, *, may_be_sealed: bool
) -> None:
    history = await app.delivered(*documents(1))
    reopen(app, history, number)
    damage(app, history.batch, number, "cut")
    found = await app.tools.ledger.find_damage(history.batch)
    assert found is not None
    assert found.may_be_sealed is may_be_sealed


async def test_a_repair_seals_nothing_and_asks_the_vendor_nothing(app: DiskApp) -> None:
    history = await app.delivered(*documents(1))
    reopen(app, history, 4)
    damage(app, history.batch, 4, "cut")
    calls = list(app.memory.vendor.calls)
    await app.repaired(history)
    assert app.memory.vendor.calls == calls


async def test_documents_that_a_batch_without_its_first_record_may_hold_wait_for_its_repair(app: DiskApp) -> None:
    stand(app.layout, a_document(1))
    (batch,) = await gather(app.memory.route, app.tools, at_once=True)
    # The gatherer died before it cleared the list.
    stand(app.layout, a_document(1), newer(app))
    damage(app, batch, 1, "cut")
    assert await gather(app.memory.route, app.tools, at_once=True) == (batch_id(INVOICES, 2),)
    assert [document.id for document in await app.tools.shelf.waiting_list(INVOICES)] == [a_document(1).id]


async def test_the_last_records_of_a_settled_batch_cannot_be_taken_away_unseen(app: DiskApp) -> None:
    history = await app.delivered(*documents(1))
    for number in range(3, RECORDS + 1):
        record(app, history.batch, number).unlink()
    with pytest.raises(BrokenLedger, match="the last are missing"):
        await app.tools.ledger.read(history.batch)


async def test_a_process_that_remembers_a_batch_sees_what_a_repair_made_of_it(app: DiskApp) -> None:
    stand(app.layout, *documents(1))
    tools = app.tools
    (batch,) = await gather(app.memory.route, tools, at_once=True)
    history = await prepare(batch, tools)
    history = await seal(app.memory.consent(history), tools)
    assert (await tools.ledger.read(batch)).state is State.SIGNED
    damage(app, batch, 3, "cut")
    await app.repaired(history)
    assert (await tools.ledger.read(batch)).state is State.ABANDONED


async def test_a_repair_that_was_broken_off_is_finished_by_the_next_one(app: DiskApp) -> None:
    history = await app.delivered(*documents(2))
    reopen(app, history, 6)
    shutil.rmtree(app.base / "outbox")
    damage(app, history.batch, 6, "cut")
    plan = await app.repaired(history)
    assert plan is not None
    # As if it had died after the first document.
    aside = app.base / "data" / "damaged" / history.batch
    for path in aside.iterdir():
        path.rename(record(app, history.batch, 1).parent / path.name)
    (record(app, history.batch, 1).parent / CLOSED).unlink()
    assert await app.repaired(history) is not None
    assert len([path for path in files(app.base / "quarantine") if path.endswith(".error.json")]) == 2


async def test_an_original_that_vanished_costs_its_own_document_and_no_other(app: DiskApp) -> None:
    history = await app.delivered(*documents(1))
    assert next_story(history.glance, app.memory.age) is not None
    stand(app.layout, a_document(2), a_document(3))
    tools = app.tools
    (batch,) = await gather(app.memory.route, tools, at_once=True)
    prepared = await prepare(batch, tools)
    await seal(app.memory.consent(prepared, "code-2"), tools)
    # After the approval, which does not need it any more: the sealed file is there, and verifies.
    app.layout.place(a_document(2).id).original.unlink()
    assert (await deliver(batch, tools)).state is State.DELIVERED
    assert {"invoice-2.pdf", "invoice-3.pdf"} <= files(app.base / "outbox" / INVOICES)
    assert await tools.ledger.open_batches() == ()


async def test_the_metrics_count_damaged_batches_and_go_on_telling_of_the_others(app: DiskApp) -> None:
    stand(app.layout, *documents(1))
    tools = app.tools
    (batch,) = await gather(app.memory.route, tools, at_once=True)
    damage(app, batch, 1, "cut")
    stand(app.layout, newer(app))
    await gather(app.memory.route, app.tools, at_once=True)

    async def nothing() -> tuple[()]:
        return ()

    async def no_jobs() -> dict[str, int]:
        return {}

    snapshot = await take_snapshot(app.tools, nothing, no_jobs, tuple, nothing, notices=nothing)
    assert (snapshot.damaged, snapshot.places[INVOICES, State.GATHERED].batches) == (1, 1)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
async def test_damage_in_a_batch_that_was_split_leaves_alone_what_went_on_elsewhere(app: DiskApp, number: int) -> None:
    app.memory.vendor.most_digests = 3
    stand(app.layout, *documents(5))
    (batch,) = await gather(app.memory.route, app.tools, at_once=True)
    history = await prepare(batch, app.tools)
    assert [record.kind for record in history.records] == ["gathered", "split", "lapsed", "prepared"]
    damage(app, batch, number, "changed")
    assert await app.repaired(history) is not None
    rest = batch_id(INVOICES, 2)
    for open_batch in await app.tools.ledger.open_batches():
        if open_batch != rest:
            assert (await deliver(open_batch, app.tools)).state is State.ABANDONED
    await seal(app.memory.consent(await prepare(rest, app.tools)), app.tools)
    assert (await deliver(rest, app.tools)).state is State.DELIVERED
    assert len([path for path in files(app.base / "outbox") if path.endswith(".pdf")]) == 2
    aside = {path for path in files(app.base / "quarantine") if not path.endswith((".json", ".txt"))}
    assert len(aside) == 3
