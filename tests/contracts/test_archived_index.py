"""The index and commands over a ledger of which most lies in archives."""

import asyncio
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from jobs.model.history import History
from jobs.model.names import BatchId, batch_id
from jobs.model.records import Abandoned
from tests.support.builders import INVOICES
from tests.support.generated_ledger import PARTLY_SEALED, documents_of, write_years
from tests.whole.rehearsal import run_command, zimogs
from tests.whole.test_commands import SETTINGS
from worker.clock import utc_now
from worker.storage.archives.catalogue import Archives
from worker.storage.archives.compaction import Compaction
from worker.storage.archives.drafting import EndedBatch, write_archive
from worker.storage.archives.settled import SettledFolders
from worker.storage.archives.store import ARCHIVES, ArchiveFolder
from worker.storage.chains import read_entries
from worker.storage.checkpoints import Checkpoints
from worker.storage.index.batch_index import BatchFilter, BatchIndex
from worker.storage.index.entries import Standing
from worker.storage.index.keeper import IndexKeeper
from worker.storage.index.question import Question
from worker.storage.ledger import DiskLedger
from worker.storage.ledger_key import CHECKPOINTS, open_secret

APART = timedelta(days=5)
ALL = BatchFilter(routes=frozenset({INVOICES}))
FIRST = batch_id(INVOICES, 1)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Thirty batches of five months: 18 of them in archives, one open."""
    write_years(tmp_path / "data", 29, 1, 2, APART)
    return tmp_path / "data"


def keeper_of(data: Path) -> IndexKeeper:
    return IndexKeeper(DiskLedger(data / "ledger"), data / "ledger", BatchIndex(data))


async def listed(data: Path, wanted: BatchFilter = ALL) -> list[str]:
    page = await BatchIndex(data).list_batches(wanted)
    assert page.total == len(page.batches) or page.total > 25
    return [each.batch for each in page.batches]


async def test_documents_in_archives_are_found(data: Path) -> None:
    await keeper_of(data).update()
    assert (await BatchIndex(data).list_batches(ALL)).total == 30
    document = documents_of(1, 2, apart=APART)[0]
    found = await BatchIndex(data).find_documents(Question.read(document.name), {INVOICES})
    assert [each.batch for each in found.documents] == [FIRST]


async def test_batches_that_go_into_an_archive_stay_in_the_index_and_are_not_read_again(data: Path) -> None:
    ledger = data / "ledger"
    keeper = keeper_of(data)
    await keeper.update()
    before = {path.name for path in (data / "archives").glob("*.zip")}
    now = (await DiskLedger(ledger).read(batch_id(INVOICES, 29))).since + timedelta(days=70)
    archives = Archives(ArchiveFolder.beside(ledger))
    done = await asyncio.to_thread(Compaction(ledger, SettledFolders(ledger), archives, timedelta(days=35)).run, now)
    assert done is not None
    assert done.moved > 5
    await keeper.update()
    assert (await BatchIndex(data).list_batches(ALL)).total == 30
    again = keeper_of(data)
    await again.update()
    assert (await BatchIndex(data).list_batches(ALL)).total == 30
    assert before < {path.name for path in (data / "archives").glob("*.zip")}


async def test_what_was_dropped_is_no_longer_found(data: Path) -> None:
    keeper = keeper_of(data)
    await keeper.update()
    held = len([*Archives(ArchiveFolder.beside(data / "ledger")).batches()])
    for path in (data / "archives").glob("*.zip"):
        path.unlink()
    await keeper_of(data).update()
    assert (await BatchIndex(data).list_batches(ALL)).total == 30 - held
    assert FIRST not in await listed(data)


class DroppingLedger(DiskLedger):
    """All archives are dropped while the first batch is read."""

    async def read(self, batch: BatchId) -> History:
        for path in self._folder.with_name(ARCHIVES).glob("*.zip"):
            path.unlink()
        return await super().read(batch)


async def test_archives_that_are_dropped_while_others_are_taken_over_are_told_by_nobody_as_broken(data: Path) -> None:
    ledger = data / "ledger"
    # What lies outside of archives is known already.
    shutil.move(data / ARCHIVES, data / "aside")
    await keeper_of(data).update()
    shutil.move(data / "aside", data / ARCHIVES)
    keeper = IndexKeeper(DroppingLedger(ledger), ledger, BatchIndex(data))
    with capture_logs() as log:
        await keeper.update()
        await keeper.update()
    assert log == []
    assert FIRST not in await listed(data)


async def test_an_archive_that_anybody_made_keeps_no_open_batch_from_being_looked_at(data: Path) -> None:
    ledger, archives = DiskLedger(data / "ledger"), Archives(ArchiveFolder.beside(data / "ledger"))
    before, waiting = await ledger.read(batch_id(INVOICES, 30)), BatchFilter(ALL.routes, frozenset({Standing.WAITING}))
    entries = await asyncio.to_thread(read_entries, data / "ledger", before.batch)
    ended = EndedBatch(before.batch, entries, before.since)
    number = max(archives.names()) + 1
    write_archive(archives, data, "2025-06", [ended], number=number, now=before.since, secret=b"another key")
    keeper = keeper_of(data)
    await keeper.update()
    assert await listed(data, waiting) == [before.batch]
    await ledger.append(before, Abandoned(at=before.since, why="x"))
    await keeper.update()
    assert await listed(data, waiting) == []


async def test_lists_by_standing_tell_each_batch_once(data: Path) -> None:
    await keeper_of(data).update()
    partly = await listed(data, BatchFilter(ALL.routes, frozenset({Standing.PARTLY_SEALED})))
    assert partly == [batch_id(INVOICES, number) for number in range(28, 0, -PARTLY_SEALED)]
    both = BatchFilter(ALL.routes, frozenset({Standing.PARTLY_SEALED, Standing.WAITING}))
    assert await listed(data, both) == [batch_id(INVOICES, number) for number in (30, *range(28, 0, -PARTLY_SEALED))]


def test_commands_tell_of_archived_batches_and_what_is_due(data: Path) -> None:
    config = data.parent / "zimogs.toml"
    config.write_text(SETTINGS, encoding="utf-8")
    shown = run_command("status", FIRST, "--config", config, "--json").facts
    assert (shown["state"], len(shown["records"])) == ("delivered", 7)
    everything = run_command("status", "--all", "--config", config, "--json").facts
    assert [row["batch"] for row in everything["batches"]] == [batch_id(INVOICES, number) for number in range(1, 31)]
    assert everything["damaged"] == []
    assert "`zimogs archive` does it" in run_command("archive", "--dry-run", "--config", config).output
    due = run_command("archive", "--dry-run", "--config", config, "--json").facts
    assert not due["done"]
    assert [row["month"] for row in due["months"]] == ["2025-04", "2025-05"]
    done = zimogs("archive", "--config", config, "--json").facts
    assert done["moved"] == sum(row["batches"] for row in due["months"])
    assert run_command("archive", "--dry-run", "--config", config).output.splitlines()[-1] == "Nothing is due."
    verified = run_command("audit", "verify", "--config", config, "--json").facts
    assert (verified["archives"], verified["batches"], verified["faults"]) == (5, 30, [])
    config.write_text(SETTINGS.replace("[trust]", '[retention]\narchives = "P30D"\n[trust]'), encoding="utf-8")
    secret, checkpoints = open_secret(data / "ledger"), Checkpoints(data / CHECKPOINTS)
    # A house that works has one of last week; by a clock that none bears out nothing would go.
    assert run_command("expire", "--dry-run", "--config", config).code == 1
    checkpoints.add(checkpoints.extent(secret), (), utc_now() - timedelta(days=8), secret)
    told = run_command("expire", "--dry-run", "--config", config).output
    assert "originals for ever, evidence for ever, archives 30 days" in told
    expired = run_command("expire", "--dry-run", "--config", config, "--json").facts
    (row,) = expired["kinds"]
    assert (row["kind"], row["count"], row["batches"]) == ("archives", 5, 29)
    assert run_command("status", FIRST, "--config", config).code == 0


def test_a_settled_house_says_that_everything_is_kept(data: Path) -> None:
    config = data.parent / "zimogs.toml"
    config.write_text(SETTINGS, encoding="utf-8")
    assert "kept for ever" in run_command("expire", "--dry-run", "--config", config).output
