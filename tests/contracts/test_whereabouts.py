"""A document is found by its id wherever it is: waiting, in a batch, delivered, refused or in quarantine."""

from datetime import timedelta
from pathlib import Path

import pytest

from config.settings import Settings
from config.storage import StorageSettings
from jobs.model.documents import Profile
from jobs.model.duplicates import Duplicates
from jobs.model.errors import UnknownDocument
from jobs.model.names import batch_id
from jobs.model.reasons import ADVICE, Reason
from jobs.model.records import Abandoned, Gathered, Refusal
from tests.sandbox.practice import an_invoice
from tests.support.builders import INVOICES, a_document_id
from tests.support.generated_ledger import documents_of, write_ledger
from tests.support.installation import an_installation, hand_in
from worker.app.astray import find_astray
from worker.app.on_disk import OnDisk
from worker.app.whereabouts import locate, outbox_address
from worker.clock import utc_now
from worker.storage.index.keeper import IndexKeeper

BATCH = batch_id(INVOICES, 1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return an_installation(tmp_path)


async def test_a_document_is_followed_from_the_waiting_list_into_its_batch_and_to_its_end(settings: Settings) -> None:
    disk, document = OnDisk.of(settings), await hand_in(settings, an_invoice(1))
    waiting = await locate(document, disk, settings)
    assert (waiting.state, waiting.route, waiting.name, waiting.batch) == ("waiting", INVOICES, "mine.pdf", None)

    documents = await disk.shelf.waiting_list(INVOICES)
    record = Gathered(at=utc_now(), route=INVOICES, seal="S", profile=Profile(), documents=documents)
    history = await disk.ledger.open(BATCH, record)
    await disk.shelf.leave_waiting_list(documents)
    gathered = await locate(document, disk, settings)
    assert (gathered.state, gathered.batch) == ("gathered", BATCH)

    refusal = Refusal(document=document, reason=Reason.REFUSED_BY_VENDOR, detail="BSS-002")
    over = Abandoned(at=utc_now() + timedelta(seconds=1), why="none is left", refused=(refusal,))
    await disk.ledger.append(history, over)
    refused = await locate(document, disk, settings)
    assert (refused.state, refused.reason, refused.detail) == ("refused", Reason.REFUSED_BY_VENDOR, "BSS-002")

    await disk.quarantine.put(documents[0], refusal, BATCH)
    aside = await locate(document, disk, settings)
    assert (aside.state, aside.batch, aside.advice) == ("quarantined", BATCH, ADVICE[Reason.REFUSED_BY_VENDOR])
    assert aside.path == str(settings.folders.quarantine / INVOICES / "mine.pdf")


async def test_a_document_is_found_whatever_the_index_says(settings: Settings) -> None:
    disk = OnDisk.of(settings)
    write_ledger(settings.folders.data / "ledger", closed=3, documents=1)
    (document,) = documents_of(2, 1)
    # Without an index, with a true one, and with such as lie.
    assert (await locate(document.id, disk, settings)).batch == batch_id(INVOICES, 2)
    await IndexKeeper(disk.ledger, settings.folders.data / "ledger", disk.index).update()
    for number in (2, 3, 9):
        with disk.index.file.writing() as connection:
            batch = batch_id(INVOICES, number)
            connection.execute("update documents set batch = ? where id = ?", (batch, document.id))
        assert (await locate(document.id, disk, settings)).batch == batch_id(INVOICES, 2)


async def test_a_file_that_was_refused_at_once_is_found_in_quarantine(settings: Settings) -> None:
    document = await hand_in(settings, b"no PDF")
    aside = await locate(document, OnDisk.of(settings), settings)
    assert (aside.state, aside.reason, aside.batch) == ("quarantined", Reason.NOT_A_PDF, None)


@pytest.mark.parametrize(
    ("rule", "state"),
    [(Duplicates.SKIP, "skipped"), (Duplicates.RETURN_EARLIER, "waiting for the sealed file of the same content")],
)
async def test_a_document_that_repeats_another_is_found_with_what_became_of_it(
    tmp_path: Path, rule: Duplicates, state: str
) -> None:
    settings = an_installation(tmp_path, duplicates=rule)
    content = an_invoice(1)
    first = await hand_in(settings, content)
    second = await hand_in(settings, content)
    found = await locate(second, OnDisk.of(settings), settings)
    assert (found.state, found.route, found.name) == (state, INVOICES, "mine.pdf")
    if rule is Duplicates.SKIP:
        assert first in found.detail
        assert found.path == str(settings.folders.outbox / "invoices/mine.pdf.duplicate.json")
    assert await find_astray(OnDisk.of(settings), settings) == ()


async def test_an_id_of_nothing_is_told_with_what_may_have_become_of_it(settings: Settings) -> None:
    with pytest.raises(UnknownDocument, match="sent again"):
        await locate(a_document_id(1), OnDisk.of(settings), settings)


@pytest.mark.parametrize("lost", ["batch", "entry"])
async def test_an_original_that_nothing_leads_on_is_told_with_what_to_do(settings: Settings, lost: str) -> None:
    disk, document = OnDisk.of(settings), await hand_in(settings, an_invoice(1))
    entry = disk.layout.waiting(INVOICES) / document
    assert await find_astray(disk, settings) == ()
    if lost == "batch":
        # Its folder of the ledger was deleted.
        entry.unlink()
    else:
        entry.write_bytes(b"")
    disk = OnDisk.of(settings)
    original = disk.layout.place(document).original
    assert await find_astray(disk, settings) == (original,)
    found = await locate(document, disk, settings)
    assert (found.state, found.path) == ("astray", str(original))
    assert "zimogs submit" in found.advice


async def test_an_original_that_a_damaged_batch_may_hold_is_left_to_its_repair(settings: Settings) -> None:
    disk, document = OnDisk.of(settings), await hand_in(settings, an_invoice(1))
    documents = await disk.shelf.waiting_list(INVOICES)
    record = Gathered(at=utc_now(), route=INVOICES, seal="S", profile=Profile(), documents=documents)
    await disk.ledger.open(BATCH, record)
    await disk.shelf.leave_waiting_list(documents)
    assert await find_astray(disk, settings) == ()
    (settings.folders.data / "ledger" / BATCH / "0001.json").write_bytes(b"")
    assert await find_astray(OnDisk.of(settings), settings) == ()
    assert (await locate(document, OnDisk.of(settings), settings)).state == "astray"


@pytest.mark.parametrize(
    ("url", "address"), [("s3://ours/zimogs?region=x", "s3://ours/zimogs/outbox"), ("s3://ours", "s3://ours/outbox")]
)
def test_a_sealed_file_in_a_bucket_is_told_by_its_address_there(settings: Settings, url: str, address: str) -> None:
    assert outbox_address(settings) == str(settings.folders.outbox)
    assert outbox_address(settings.model_copy(update={"storage": StorageSettings(url=url)})) == address
