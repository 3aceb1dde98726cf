"""Archives while others read, on a full disk, and after somebody laid hands on them: nothing is lost or given twice."""

import asyncio
import os
import resource
import shutil
import signal
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from jobs.model.errors import BrokenArchive, Conflict, DroppedBatch
from jobs.model.history import History
from jobs.model.ledger_archive import archive_name, stone_name
from tests.contracts.test_archives import (
    DUE,
    FIRST,
    MONTH,
    SECOND,
    THIRD,
    close,
    compact,
    data,
    folders_of,
    found,
    ledger,
    original,
    read_all,
    the_archive,
    verify,
)
from tests.contracts.test_retention import LATER, YEAR, retention, two_archives
from tests.support.builders import INVOICES, NOON
from tests.support.dying import count_looks_during, is_killed
from worker.evidence.finding import Flaw
from worker.storage.archives import file_format
from worker.storage.index.batch_index import BatchFilter, BatchIndex
from worker.storage.index.keeper import IndexKeeper
from worker.storage.ledger import DiskLedger

__all__ = ["data", "ledger", "original"]


def _compact(ledger: Path) -> None:
    compact(ledger)


class TestReaders:
    def test_at_each_step_of_a_compaction_every_reader_sees_everything(self, ledger: Path) -> None:
        before, long_lived = asyncio.run(read_all(ledger)), DiskLedger(ledger)

        def look() -> None:
            assert asyncio.run(read_all(ledger)) == before
            assert asyncio.run(long_lived.read(FIRST)) == before[0]
            assert asyncio.run(verify(ledger)).findings == ()

        assert count_looks_during(partial(_compact, ledger), look) > 10
        assert folders_of(ledger) == {THIRD}

    @pytest.mark.parametrize("at", ["0001.json", "0004.json", "0007.json"])
    def test_a_batch_that_goes_into_an_archive_while_it_is_read_is_read(self, ledger: Path, at: str) -> None:
        before = asyncio.run(read_all(ledger))

        def read() -> None:
            assert asyncio.run(DiskLedger(ledger).read(FIRST)) == before[0]

        assert count_looks_during(read, partial(_compact, ledger), at=f"{FIRST}/{at}") == 1
        assert folders_of(ledger) == {THIRD}

    def test_a_verification_during_which_batches_are_archived_finds_nothing(self, ledger: Path) -> None:
        def examine() -> None:
            assert asyncio.run(verify(ledger)).findings == ()

        assert count_looks_during(examine, partial(_compact, ledger), at=f"{SECOND}/0003.json") == 1

    async def test_a_batch_is_found_in_an_archive_that_a_reader_did_not_know(self, ledger: Path) -> None:
        reader = DiskLedger(ledger)
        assert len(await reader.batches()) == 3
        compact(ledger)
        assert (await reader.read(FIRST)).is_over


def test_on_a_full_disk_nothing_is_begun_and_nothing_left_behind(ledger: Path) -> None:
    before = asyncio.run(read_all(ledger))

    def compact_on_a_full_disk() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
        with pytest.raises(OSError, match="too large"):
            compact(ledger)

    is_killed(compact_on_a_full_disk)
    assert {path.name for path in (ledger.parent / "archives").iterdir()} == {"lock"}
    assert asyncio.run(read_all(ledger)) == before
    assert compact(ledger).moved == 2


def _rewrite(path: Path, change: Callable[[zipfile.ZipFile], None]) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        change(archive)


def _become_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _become_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _lead_nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parent / "nowhere")


def _bear_another_number(path: Path) -> None:
    path.rename(path.with_name(archive_name(7, MONTH)))


def _hold_a_bomb(path: Path) -> None:
    """A member of ten megabytes that says it is small."""
    with zipfile.ZipFile(path) as old:
        members, comment = {name: old.read(name) for name in old.namelist()}, old.comment
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in members.items():
            new.writestr(name, bytes(10_000_000) if name == f"{FIRST}.jsonl" else content)
        new.comment = comment
        new.getinfo(f"{FIRST}.jsonl").file_size = 100


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: os.truncate(path, path.stat().st_size // 2),
        lambda path: os.truncate(path, 0),
        _become_folder,
        _become_pipe,
        _lead_nowhere,
        _bear_another_number,
        _hold_a_bomb,
        lambda path: _rewrite(path, lambda one: one.writestr(f"{FIRST}.jsonl", one.read(f"{SECOND}.jsonl"))),
        lambda path: path.with_name(stone_name(path.name)).write_text("{}"),
    ],
    ids=["cut in half", "empty", "folder", "pipe", "link", "other number", "bomb", "twice", "forged stone"],
)
async def test_whatever_became_of_the_newest_archive_other_work_goes_on_and_it_is_told(
    data: Path, spoil: Callable[[Path], object]
) -> None:
    ledger = data / "ledger"
    (life, *_) = await read_all(ledger)
    compact(ledger)
    path = the_archive(ledger)
    shutil.rmtree(ledger / THIRD)
    shutil.rmtree(ledger / ".latest", ignore_errors=True)
    spoil(path)
    disk = DiskLedger(ledger)
    with pytest.raises(BrokenArchive, match=r"000001|000007"):
        await disk.read(FIRST)
    assert (await disk.find_damage(FIRST)) is not None
    await _require_numbers_go_on(disk, life)
    assert (Flaw.ARCHIVE in {flaw for flaw, _ in found(await verify(ledger))}) or path.is_symlink()
    await IndexKeeper(disk, ledger, BatchIndex(data)).update()
    assert "invoices-000004" in {
        one.batch for one in (await BatchIndex(data).list_batches(BatchFilter(frozenset({INVOICES})))).batches
    }


async def _require_numbers_go_on(disk: DiskLedger, life: History) -> None:
    """The third is gone with its folder, and the checkpoint knows of it: the fourth is next."""
    for number in (1, 2):
        with pytest.raises(Conflict):
            await disk.open(life.batch if number == 1 else SECOND, life.gathered)
    assert await disk.latest(INVOICES) in {2, 3}
    await disk.open("invoices-000004", life.gathered)  # type: ignore[arg-type]


async def test_numbers_of_an_archive_that_is_gone_are_not_given_again(ledger: Path) -> None:
    close(ledger, THIRD)
    compact(ledger)
    assert await DiskLedger(ledger).latest(INVOICES) == 3
    the_archive(ledger).unlink()
    assert await DiskLedger(ledger).latest(INVOICES) == 3


async def test_a_stranger_in_an_archive_is_found(ledger: Path) -> None:
    compact(ledger)
    path = the_archive(ledger)
    _rewrite(path, lambda one: one.writestr("more.txt", "more"))
    assert (Flaw.ARCHIVE, path.name) in found(await verify(ledger))
    assert (await DiskLedger(ledger).read(FIRST)).is_over


async def test_nothing_is_unpacked_beyond_what_the_directory_says(ledger: Path) -> None:
    compact(ledger)
    _hold_a_bomb(the_archive(ledger))
    with the_archive(ledger).open("rb") as file:
        directory = file_format.Directory(file)
        with pytest.raises(zipfile.BadZipFile, match="another length"):
            directory.read_batch(file, FIRST)


@pytest.mark.parametrize("year", [1970, 2300])
def test_a_batch_that_was_over_by_a_wrong_clock_is_archived(tmp_path: Path, year: int) -> None:
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        file_format.write_batch(archive, FIRST, [b"{}"], NOON.replace(year=year))
    with zipfile.ZipFile(tmp_path / "archive.zip") as archive:
        assert archive.read(f"{FIRST}.jsonl") == b"{}\n"


def test_no_more_of_a_directory_is_read_than_ours_has(tmp_path: Path) -> None:
    with (tmp_path / "archive.zip").open("wb") as file:
        file.truncate(1 << 30)
        file.seek(0, 2)
        file.write(file_format._END.pack(b"PK\x05\x06", 0, 0, 1, 1, 1 << 30, 0, 0))
    with (tmp_path / "archive.zip").open("rb") as file, pytest.raises(zipfile.BadZipFile, match="larger"):
        file_format.Directory(file)


async def test_numbers_that_nobody_gave_are_told_as_one_gap_each(ledger: Path) -> None:
    close(ledger, THIRD)
    compact(ledger)
    for name in ("invoices-999999999/0001.json", "invoices-000004/999999999.json"):
        (ledger / name).parent.mkdir()
        (ledger / name).write_text("{}")
    path = the_archive(ledger)
    shutil.copy(path, path.with_name(archive_name(999_999, MONTH)))
    report = await verify(ledger)
    assert {finding.sentence.partition(",")[0] for finding in report.findings} >= {
        "invoices-000005 to invoices-999999998 are missing",
        "invoices-000004 record 1 to record 999999998 are missing",
        "archive 2 to archive 999998 are missing",
    }
    assert len(report.findings) < 10


async def test_a_stone_that_somebody_forged_removes_no_archive(data: Path) -> None:
    await two_archives(data)
    first, _ = sorted((data / "archives").glob("*.zip"))
    first.with_name(stone_name(first.name)).write_text('{"mac": "00"}')
    (data / "originals" / FIRST).mkdir(parents=True)
    with pytest.raises(BrokenArchive, match="MAC"):
        retention(data, archives=YEAR, originals=YEAR).drop(LATER)
    assert first.exists()
    # It keeps nothing else.
    assert not (data / "originals" / FIRST).exists()


async def test_a_batch_that_was_put_back_after_its_archive_was_dropped_is_not_archived_again(
    data: Path, tmp_path: Path
) -> None:
    kept = shutil.copytree(data / "ledger" / FIRST, tmp_path / "kept")
    ledger = await two_archives(data)
    retention(data, archives=YEAR).drop(LATER)
    shutil.copytree(kept, ledger / FIRST)
    assert compact(ledger).choice.kept[FIRST] == "its archive was dropped by policy, and it was put back"
    assert (await verify(ledger)).findings == ()


async def test_the_beginning_of_a_batch_that_was_dropped_is_no_batch(data: Path, tmp_path: Path) -> None:
    kept = shutil.copytree(data / "ledger" / FIRST, tmp_path / "kept")
    ledger = await two_archives(data)
    retention(data, archives=YEAR).drop(LATER)
    (ledger / FIRST).mkdir()
    shutil.copy(kept / "0001.json", ledger / FIRST)
    with pytest.raises(DroppedBatch):
        await DiskLedger(ledger).read(FIRST)


async def test_originals_of_a_batch_that_is_not_settled_stay(data: Path) -> None:
    for batch in (FIRST, THIRD):
        (data / "originals" / batch).mkdir(parents=True)
    policy = retention(data, originals=YEAR)
    await two_archives(data)
    (data / "ledger" / "invoices-000004" / "closed").unlink(missing_ok=True)
    (data / "originals" / "invoices-000004").mkdir()
    assert [one.name for one in policy.look(LATER)] == [FIRST, THIRD]
    assert DUE < LATER
