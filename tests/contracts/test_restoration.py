"""What `zimogs doctor --after-restore` says, with an outbox on disk and everything else in memory."""

from pathlib import Path

from jobs.model.errors import DroppedBatch
from jobs.model.history import History
from jobs.model.names import BatchId, batch_id
from tests.support.builders import INVOICES, NOON, a_document
from tests.support.ledger import MemoryLedger
from tests.support.memory_app import MemoryApp
from tests.support.shelves import downloaded, stand
from worker.doctor.finding import Finding, Severity
from worker.doctor.restoration import DiskWitnesses, examine_restoration
from worker.storage.layout import Layout
from worker.storage.outbox import DiskOutbox


async def examine(app: MemoryApp, outbox: DiskOutbox, layout: Layout) -> dict[str, Finding]:
    witnesses = DiskWitnesses(outbox, app.vendor, lambda at: NOON - at)
    return {finding.subject: finding for finding in await examine_restoration(app.ledger, witnesses, layout)}


async def deliver(outbox: DiskOutbox, layout: Layout, number: int, batch: int) -> None:
    item = downloaded(layout, number)
    await outbox.deliver(batch_id(INVOICES, batch), item.document, item.copy)


async def prepared(app: MemoryApp) -> History:
    return await app.prepared(a_document(1), a_document(2))


async def test_where_nothing_happened_since_the_copy_all_is_well(tmp_path: Path) -> None:
    app, layout = MemoryApp(), Layout(tmp_path / "data")
    await prepared(app)
    findings = await examine(app, DiskOutbox(tmp_path / "outbox", layout), layout)
    assert {finding.severity for finding in findings.values()} == {Severity.OK}


async def test_what_was_delivered_since_is_told_for_its_batch(tmp_path: Path) -> None:
    app, layout = MemoryApp(), Layout(tmp_path / "data")
    history, outbox = await prepared(app), DiskOutbox(tmp_path / "outbox", layout)
    await deliver(outbox, layout, 1, 1)
    finding = (await examine(app, outbox, layout))[f"batch {history.batch}"]
    assert finding.severity is Severity.WARNING
    assert "A document of this batch was sealed before, according to the outbox" in finding.found


async def test_sessions_that_know_more_than_the_ledger_are_told(tmp_path: Path) -> None:
    app, layout = MemoryApp(), Layout(tmp_path / "data")
    history = await prepared(app)
    app.vendor.finish_late()
    finding = (await examine(app, DiskOutbox(tmp_path / "outbox", layout), layout))[f"batch {history.batch}"]
    assert "hold sealed files already" in finding.found
    assert (await app.ledger.read(history.batch)) == history


async def test_deliveries_and_numbers_that_the_ledger_does_not_know_are_told(tmp_path: Path) -> None:
    app, layout = MemoryApp(), Layout(tmp_path / "data")
    await prepared(app)
    outbox = DiskOutbox(tmp_path / "outbox", layout)
    await deliver(outbox, layout, 7, 3)
    findings = await examine(app, outbox, layout)
    assert "1 documents were sealed and delivered" in findings["restored ledger"].found
    assert "invoices/invoice-7.pdf" in findings["restored ledger"].found
    assert "numbers 2 to 3" in findings["batches of route invoices"].found


class AfterYears(MemoryLedger):
    """Of its third batch a stone is left."""

    async def read(self, batch: BatchId) -> History:
        if batch == batch_id(INVOICES, 3):
            raise DroppedBatch(batch)
        return await super().read(batch)


async def test_deliveries_of_batches_that_were_dropped_by_policy_are_nothing_to_tell(tmp_path: Path) -> None:
    app, layout = MemoryApp(), Layout(tmp_path / "data")
    outbox = DiskOutbox(tmp_path / "outbox", layout)
    await deliver(outbox, layout, 7, 3)
    app.ledger = AfterYears()
    findings = await examine(app, outbox, layout)
    assert findings["restored ledger"].severity is Severity.OK


async def test_an_outbox_that_another_key_wrote_is_told(tmp_path: Path) -> None:
    app, layout = MemoryApp(), Layout(tmp_path / "data")
    await prepared(app)
    await deliver(DiskOutbox(tmp_path / "outbox", layout), layout, 7, 1)
    findings = await examine(app, DiskOutbox(tmp_path / "outbox", Layout(tmp_path / "older")), layout)
    assert findings["restored outbox"].severity is Severity.WARNING


async def test_an_original_that_a_copy_in_the_middle_of_work_has_torn_from_its_list_is_told(tmp_path: Path) -> None:
    app, layout = MemoryApp(), Layout(tmp_path / "data")
    await prepared(app)
    stand(layout, a_document(1), a_document(2), a_document(3), a_document(4))
    for number in (1, 2, 3):
        (layout.waiting(INVOICES) / a_document(number).id).unlink()
    finding = (await examine(app, DiskOutbox(tmp_path / "outbox", layout), layout))["restored shelf"]
    assert finding.found.startswith("1 originals")
    assert str(layout.place(a_document(3).id).original) in finding.found


async def test_what_waited_when_the_copy_was_made_is_counted_since_nothing_may_tell_of_it(
    tmp_path: Path,
) -> None:
    app, layout = MemoryApp(), Layout(tmp_path / "data")
    await app.gathered(a_document(1), a_document(2))
    stand(layout, a_document(3))
    finding = (await examine(app, DiskOutbox(tmp_path / "outbox", layout), layout))["restored waiting lists"]
    assert finding.found.startswith("3 documents")
    assert "older copy too" in finding.advice
