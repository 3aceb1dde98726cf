"""Archives of the ledger: nothing is lost or doubled on the way into one, and all of it is read and verified there."""

import asyncio
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio

from jobs.model.chain import ChainHead
from jobs.model.errors import BrokenArchive, Conflict, LostKey, UnknownBatch
from jobs.model.history import History
from jobs.model.ledger_archive import end_of_month, month_of
from jobs.model.names import batch_id
from tests.support.builders import INVOICES, NOON
from tests.support.dying import is_killed
from tests.support.lives import forge_approver, rewrite, write_lives
from worker.evidence.bundle import Sources, collect
from worker.evidence.finding import Flaw
from worker.evidence.keeper import CheckpointKeeper
from worker.evidence.verification import LedgerReport, verify_ledger
from worker.storage.archives.catalogue import Archives
from worker.storage.archives.compaction import Compacted, Compaction
from worker.storage.archives.settled import SettledFolders
from worker.storage.archives.store import ARCHIVES, ArchiveFolder, held
from worker.storage.chains import CLOSED, read_entries, record_path
from worker.storage.durable import write_whole
from worker.storage.ledger import DiskLedger
from worker.storage.listed_folder import list_names

FIRST, SECOND, THIRD = (batch_id(INVOICES, number) for number in (1, 2, 3))
MONTH = month_of(NOON)
AFTER = timedelta(days=35)
DUE = end_of_month(MONTH) + AFTER
LONG_AGO = NOON.timestamp()


def close(ledger: Path, *batches: str) -> None:
    """As a settled batch is marked, in the month in which it was over."""
    for batch in batches:
        (ledger / batch / CLOSED).touch()
        os.utime(ledger / batch / CLOSED, (LONG_AGO, LONG_AGO))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with three batches that are over; the third is not settled yet."""
    data = tmp_path_factory.mktemp("data")
    await write_lives(data / "ledger", 3)
    close(data / "ledger", FIRST, SECOND)
    await CheckpointKeeper(data / "ledger", now=lambda: NOON).make()
    return data


@pytest.fixture
def data(original: Path, tmp_path: Path) -> Path:
    return shutil.copytree(original, tmp_path / "data")


@pytest.fixture
def ledger(data: Path) -> Path:
    return data / "ledger"


def archives_of(ledger: Path) -> Archives:
    return Archives(ArchiveFolder.beside(ledger))


def compact(ledger: Path) -> Compacted:
    done = compaction_of(ledger).run(DUE)
    assert done is not None
    return done


def compaction_of(ledger: Path) -> Compaction:
    return Compaction(ledger, SettledFolders(ledger), archives_of(ledger), AFTER)


def _compact_and_forget(ledger: Path) -> None:
    compact(ledger)


def folders_of(ledger: Path) -> set[str]:
    """The batches that have a folder, and what was left behind by somebody who died."""
    return {*list_names(ledger)} - {".open", ".latest"}


def the_archive(ledger: Path) -> Path:
    (path,) = (ledger.parent / "archives").glob("*.zip")
    return path


async def verify(ledger: Path) -> LedgerReport:
    return await verify_ledger(ledger, (), NOON, is_copy=False)


def found(report: LedgerReport) -> set[tuple[Flaw, str]]:
    return {(finding.flaw, finding.where) for finding in report.findings}


async def read_all(ledger: Path) -> list[History]:
    disk = DiskLedger(ledger)
    return [await disk.read(batch) for batch in await disk.batches()]


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class TestCompaction:
    async def test_settled_batches_are_read_from_their_archive_as_they_were(self, ledger: Path) -> None:
        before = await read_all(ledger)
        assert compact(ledger).moved == 2
        assert folders_of(ledger) == {THIRD}
        disk = DiskLedger(ledger)
        assert [await disk.read(batch) for batch in await disk.batches()] == before
        assert await disk.open_batches() == (THIRD,)
        assert (await disk.glance(FIRST)).is_over
        assert await disk.find_damage(FIRST) is None
        await disk.close(FIRST)
        assert not (ledger / FIRST).exists()

    async def test_the_ledger_verifies_as_before(self, ledger: Path) -> None:
        before = await verify(ledger)
        compact(ledger)
        after = await verify(ledger)
        assert after.findings == ()
        assert (after.batches, after.records, after.archives) == (before.batches, before.records, 1)

    async def test_the_evidence_of_a_batch_is_made_as_before(self, ledger: Path, tmp_path: Path) -> None:
        history = await DiskLedger(ledger).read(FIRST)
        sources = Sources(ledger, tmp_path / "outbox", ())
        before = collect(history, sources, NOON)
        compact(ledger)
        assert collect(history, sources, NOON) == before

    async def test_standard_tools_read_it(self, ledger: Path) -> None:
        entries = read_entries(ledger, FIRST)
        compact(ledger)
        with zipfile.ZipFile(the_archive(ledger)) as archive:
            assert archive.testzip() is None
            assert tuple(archive.read(f"{FIRST}.jsonl").split(b"\n")[:-1]) == entries
            manifest = json.loads(archive.read("manifest.json"))
            assert manifest["heads"][0] == str(ChainHead.of(FIRST, len(entries), entries[-1]))
            assert b"unzip" in archive.read("README.txt")

    async def test_numbers_are_never_given_again(self, ledger: Path) -> None:
        (life, *_) = await read_all(ledger)
        for gone in (THIRD, ".latest"):
            shutil.rmtree(ledger / gone)
        compact(ledger)
        disk = DiskLedger(ledger)
        assert await disk.latest(INVOICES) == 2
        with pytest.raises(Conflict):
            await disk.open(SECOND, life.gathered)
        await disk.open(THIRD, life.gathered)

    async def test_a_month_that_is_not_over_for_long_enough_stays(self, ledger: Path) -> None:
        done = compaction_of(ledger).run(DUE - timedelta(seconds=1))
        assert done is not None
        assert (done.moved, done.archives, done.choice.later) == (0, (), {MONTH: 2})

    async def test_what_no_checkpoint_covers_stays(self, ledger: Path) -> None:
        close(ledger, THIRD)
        await write_lives(ledger, 1, begin=4)
        close(ledger, "invoices-000004")
        done = compact(ledger)
        assert (done.moved, dict(done.choice.kept)) == (3, {"invoices-000004": "no checkpoint covers it yet"})

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda ledger: record_path(ledger, FIRST, 3).write_bytes(b"{}"),
            lambda ledger: rewrite(ledger, FIRST, forge_approver),
            lambda ledger: record_path(ledger, FIRST, 7).unlink(),
            lambda ledger: shutil.copy(record_path(ledger, FIRST, 7), record_path(ledger, FIRST, 9)),
            lambda ledger: (ledger / FIRST / "7.json").touch(),
            lambda ledger: (ledger.parent / "damaged" / FIRST).mkdir(parents=True),
        ],
        ids=["changed", "forged", "cut off", "gap", "foreign file", "repaired"],
    )
    async def test_a_batch_that_is_not_whole_is_left_as_it_is(
        self, ledger: Path, spoil: Callable[[Path], object]
    ) -> None:
        spoil(ledger)
        before = {path.name: path.read_bytes() for path in (ledger / FIRST).iterdir()}
        done = compact(ledger)
        assert (done.moved, set(done.choice.kept)) == (1, {FIRST})
        assert {path.name: path.read_bytes() for path in (ledger / FIRST).iterdir()} == before

    async def test_what_is_settled_later_goes_into_a_further_archive_that_follows(self, ledger: Path) -> None:
        compact(ledger)
        close(ledger, THIRD)
        assert compact(ledger).moved == 1
        assert sorted((ledger.parent / "archives").glob("*.zip"))[1].name == f"zimogs-archive-000002-{MONTH}.zip"
        assert [one.batch for one in await read_all(ledger)] == [FIRST, SECOND, THIRD]
        assert (await verify(ledger)).findings == ()

    async def test_only_one_process_archives(self, ledger: Path) -> None:
        with held(ledger.with_name(ARCHIVES)):
            assert compaction_of(ledger).run(DUE) is None
        assert compact(ledger).moved == 2

    async def test_a_look_changes_nothing(self, data: Path) -> None:
        before = snapshot(data)
        choice = compaction_of(data / "ledger").look(DUE)
        assert [(one.batch, one.month) for one in choice.candidates] == [(FIRST, MONTH), (SECOND, MONTH)]
        assert snapshot(data) == before


class TestCrash:
    """Whoever dies in between leaves nothing lost and nothing doubled, and the next run goes on."""

    def test_at_any_place(self, data: Path, tmp_path: Path) -> None:
        before = asyncio.run(read_all(data / "ledger"))
        for change in count(1):
            ledger = shutil.copytree(data, tmp_path / str(change)) / "ledger"
            died = is_killed(partial(_compact_and_forget, ledger), before=change)
            assert asyncio.run(read_all(ledger)) == before, change
            compact(ledger)
            assert asyncio.run(read_all(ledger)) == before, change
            assert folders_of(ledger) == {THIRD}
            archived = {path.name for path in (ledger.parent / "archives").iterdir()}
            assert archived == {"lock", the_archive(ledger).name}
            if not died:
                assert asyncio.run(verify(ledger)).findings == ()
                assert change > 10
                return

    async def test_a_batch_that_differs_from_its_archive_stays_and_is_told(self, ledger: Path, tmp_path: Path) -> None:
        kept = shutil.copytree(ledger / FIRST, tmp_path / "kept")
        compact(ledger)
        shutil.copytree(kept, ledger / FIRST)
        rewrite(ledger, FIRST, forge_approver)
        assert compact(ledger).moved == 0
        assert (Flaw.REPLACED, FIRST) in found(await verify(ledger))

    async def test_a_batch_that_was_put_back_from_a_copy_goes_again(self, ledger: Path, tmp_path: Path) -> None:
        kept = shutil.copytree(ledger / FIRST, tmp_path / "kept")
        compact(ledger)
        shutil.copytree(kept, ledger / FIRST)
        assert (await verify(ledger)).findings == ()
        assert compact(ledger).moved == 1
        assert not (ledger / FIRST).exists()

    async def test_the_beginning_of_a_batch_that_was_put_back_opens_it_not_again(
        self, ledger: Path, tmp_path: Path
    ) -> None:
        kept, (before, *_) = shutil.copytree(ledger / FIRST, tmp_path / "kept"), await read_all(ledger)
        close(ledger, THIRD)
        compact(ledger)
        long_lived = DiskLedger(ledger)
        assert await long_lived.read(FIRST) == before
        (ledger / FIRST).mkdir()
        for number in (1, 2, 3):
            shutil.copy(kept / f"{number:04}.json", ledger / FIRST)
        for disk in (long_lived, DiskLedger(ledger)):
            assert await disk.read(FIRST) == before
            assert (await disk.glance(FIRST)).is_over
        # What is over is closed by the sweep, and goes with the next run.
        await long_lived.close(FIRST)
        assert compact(ledger).moved == 1
        assert not (ledger / FIRST).exists()


class TestDamage:
    async def test_an_archive_that_was_taken_away_is_missed(self, ledger: Path) -> None:
        compact(ledger)
        close(ledger, THIRD)
        compact(ledger)
        min((ledger.parent / "archives").glob("*.zip")).unlink()
        flaws = found(await verify(ledger))
        assert {(Flaw.ARCHIVE, "archive 1"), (Flaw.MISSING, FIRST), (Flaw.MISSING, SECOND)} <= flaws
        disk = DiskLedger(ledger)
        with pytest.raises(UnknownBatch):
            await disk.read(FIRST)
        assert (await disk.read(THIRD)).is_over

    @pytest.mark.parametrize("place", [100, -10, "middle"])
    async def test_a_changed_byte_is_found_and_named(self, ledger: Path, place: int | str) -> None:
        compact(ledger)
        content = bytearray(the_archive(ledger).read_bytes())
        content[len(content) // 3 if isinstance(place, str) else place] ^= 0xFF
        write_whole(the_archive(ledger), bytes(content))
        assert {flaw for flaw, _ in found(await verify(ledger))} & {Flaw.ARCHIVE, Flaw.CHANGED}

    async def test_a_batch_in_a_damaged_archive_is_damaged_and_others_are_not(self, ledger: Path) -> None:
        compact(ledger)
        path = the_archive(ledger)
        write_whole(path, path.read_bytes()[:-40])
        disk = DiskLedger(ledger)
        with pytest.raises(BrokenArchive, match="000001"):
            await disk.read(FIRST)
        damage = await disk.find_damage(FIRST)
        assert damage is not None
        assert damage.is_archived
        assert (await disk.read(THIRD)).is_over
        assert await disk.latest(INVOICES) == 3

    async def test_an_archive_that_was_written_anew_without_the_key_is_found(self, ledger: Path) -> None:
        compact(ledger)
        path, forged = the_archive(ledger), ledger.parent / "forged.zip"
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(forged, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                new.writestr(name, content.replace(b'"month"', b'"mOnth"') if name == "manifest.json" else content)
            new.comment = old.comment
        forged.replace(path)
        assert {(Flaw.ARCHIVE, path.name)} <= found(await verify(ledger))

    async def test_the_key_is_not_made_anew_beside_archives(self, ledger: Path) -> None:
        close(ledger, THIRD)
        compact(ledger)
        (ledger.parent / "ledger.key").unlink()
        disk = DiskLedger(ledger)
        with pytest.raises(LostKey, match="missing"):
            await disk.read(FIRST)
