"""What the settings keep no longer goes, nothing else does, and the ledger still verifies."""

import os
import shutil
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jobs.model.errors import BrokenArchive, DroppedBatch, WrongClock
from jobs.model.ledger_archive import archive_name, stone_name
from tests.contracts.test_archives import (
    DUE,
    FIRST,
    MONTH,
    SECOND,
    THIRD,
    archives_of,
    close,
    compact,
    found,
    original,
    read_all,
    snapshot,
    verify,
)
from tests.support.builders import INVOICES, NOON
from tests.support.lives import write_lives
from worker.evidence.finding import Flaw
from worker.evidence.keeper import CheckpointKeeper
from worker.storage.archives.store import ARCHIVES, held
from worker.storage.kept_files import KeptFolders
from worker.storage.layout import Layout
from worker.storage.ledger import DiskLedger
from worker.storage.retention import Kind, Retention

YEAR = timedelta(days=365)
LATER = DUE + 2 * YEAR
WORKED = LATER - timedelta(days=8)
"""When the house has worked; a checkpoint of then bears out the clock."""
__all__ = ["original"]


@pytest.fixture
def data(original: Path, tmp_path: Path) -> Path:
    return shutil.copytree(original, tmp_path / "data")


async def two_archives(data: Path, at: datetime = WORKED) -> Path:
    """The first with two batches, the second with one; and a checkpoint of that time, over one more batch."""
    ledger = data / "ledger"
    compact(ledger)
    close(ledger, THIRD)
    compact(ledger)
    await write_lives(ledger, 1, begin=4)
    await CheckpointKeeper(ledger, now=lambda: at).make()
    return ledger


def retention(data: Path, **keep: timedelta) -> Retention:
    policy: Mapping[Kind, timedelta] = {Kind(kind): limit for kind, limit in keep.items()}
    ledger = data / "ledger"
    return Retention(ledger, archives_of(ledger), KeptFolders(Layout(data)), policy)


async def test_without_a_policy_everything_is_kept_for_ever(data: Path) -> None:
    await two_archives(data)
    before = snapshot(data)
    assert retention(data).drop(LATER) == []
    assert snapshot(data) == before


async def test_an_archive_that_was_dropped_leaves_what_keeps_the_chain(data: Path) -> None:
    ledger = await two_archives(data)
    dry = [*retention(data, archives=YEAR).look(LATER)]
    gone = retention(data, archives=YEAR).drop(LATER)
    assert gone == dry
    assert [(one.kind, one.batches) for one in dry] == [(Kind.ARCHIVES, 2), (Kind.ARCHIVES, 1)]
    report = await verify(ledger)
    assert report.findings == ()
    assert (report.archives, len(report.dropped)) == (0, 2)
    assert report.dropped[0].policy == "retention.archives keeps 365 days"
    disk = DiskLedger(ledger)
    assert await disk.batches() == ("invoices-000004",)
    with pytest.raises(DroppedBatch, match=f"dropped with the archive of {MONTH}"):
        await disk.read(FIRST)
    for folder in ("invoices-000004", ".latest"):
        shutil.rmtree(ledger / folder)
    assert await DiskLedger(ledger).latest(INVOICES) == 3


async def test_what_follows_a_dropped_archive_is_still_verified(data: Path) -> None:
    ledger = await two_archives(data)
    first, second = sorted((data / "archives").glob("*.zip"))
    kept = second.read_bytes()
    retention(data, archives=YEAR).drop(LATER)
    (data / "archives" / stone_name(second.name)).unlink()
    second.write_bytes(kept)
    report = await verify(ledger)
    assert (report.findings, report.archives, len(report.dropped)) == ((), 1, 1)
    stone = data / "archives" / stone_name(first.name)
    stone.write_bytes(stone.read_bytes().replace(b'"size":', b'"size":1'))
    assert (Flaw.ARCHIVE, stone.name) in found(await verify(ledger))


async def test_a_crash_between_the_stone_and_the_archive_is_finished(data: Path) -> None:
    ledger = await two_archives(data)
    first, _ = sorted((data / "archives").glob("*.zip"))
    kept = first.read_bytes()
    retention(data, archives=YEAR).drop(LATER)
    first.write_bytes(kept + b"x")
    assert found(await verify(ledger)) == {(Flaw.ARCHIVE, first.name)}
    first.write_bytes(kept)
    assert (await verify(ledger)).findings == ()
    retention(data, archives=YEAR).drop(LATER)
    assert not first.exists()


async def test_newer_archives_are_kept(data: Path) -> None:
    ledger = await two_archives(data)
    before = await read_all(ledger)
    assert retention(data, archives=LATER - NOON).drop(LATER) == []
    assert await read_all(ledger) == before


async def test_nothing_is_dropped_by_a_clock_that_is_years_ahead(data: Path) -> None:
    await two_archives(data, at=DUE)
    for work in (retention(data, archives=YEAR).drop, lambda now: [*retention(data, archives=YEAR).look(now)]):
        with pytest.raises(WrongClock, match="nothing is dropped"):
            work(LATER)


async def test_nothing_is_dropped_by_a_clock_that_jumped_while_checkpoints_were_made(data: Path) -> None:
    ledger = await two_archives(data, at=DUE)
    await write_lives(ledger, 1, begin=5)
    await CheckpointKeeper(ledger, now=lambda: LATER).make()
    with pytest.raises(WrongClock, match="nothing is dropped"):
        retention(data, archives=YEAR).drop(LATER)
    assert len([*(data / "archives").glob("*.zip")]) == 2
    # A week later the checkpoint of then bears the clock out.
    assert len(retention(data, archives=YEAR).drop(LATER + timedelta(days=7)) or ()) == 2


@pytest.mark.parametrize("is_comment_changed", [False, True], ids=["name", "name and comment"])
async def test_no_archive_is_dropped_for_bearing_an_older_month(data: Path, *, is_comment_changed: bool) -> None:
    ledger = await two_archives(data)
    first, _ = sorted((data / "archives").glob("*.zip"))
    older = first.rename(first.with_name(archive_name(1, "2001-01")))
    if is_comment_changed:
        with zipfile.ZipFile(older, "a") as archive:
            archive.comment = archive.comment.replace(MONTH.encode(), b"2001-01")
    with pytest.raises(BrokenArchive, match=older.name):
        retention(data, archives=timedelta(days=3650)).drop(LATER)
    assert older.exists()
    assert (Flaw.ARCHIVE, older.name) in found(await verify(ledger))


async def test_a_second_archive_of_one_number_is_told(data: Path) -> None:
    ledger = await two_archives(data)
    _, second = sorted((data / "archives").glob("*.zip"))
    older, newer = (second.with_name(archive_name(2, month)) for month in ("2001-01", "2031-01"))
    for other in (older, newer):
        shutil.copy(second, other)
    told = found(await verify(ledger))
    assert {(Flaw.ARCHIVE, path.name) for path in (older, second, newer)} <= told


async def test_nothing_is_dropped_while_somebody_archives(data: Path) -> None:
    ledger = await two_archives(data)
    with held(ledger.with_name(ARCHIVES)):
        assert retention(data, archives=YEAR).drop(LATER) is None


async def test_originals_go_by_batch_and_evidence_where_nothing_waits_for_a_person(data: Path) -> None:
    now = datetime.now(UTC)
    await write_lives(data / "ledger", 1, begin=4)
    await CheckpointKeeper(data / "ledger", now=lambda: now + timedelta(days=250)).make()
    layout = Layout(data)
    for path in (
        layout.originals(FIRST) / "a" / "b.pdf",
        layout.originals(SECOND) / "c.pdf",
        data / "originals" / f"{INVOICES}-duplicates" / "d.pdf",
        layout.quarantine / "20261123T120000-0123456789ab.sealed",
        layout.quarantine / "20261123T120000-0123456789ac.unverified",
        layout.quarantine / "20261123T120000-0123456789ac.original",
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"12345")
        # The sender's own time of a file says nothing about how long it is kept.
        os.utime(path, (0, 0))
    policy = {"originals": timedelta(days=300), "evidence": timedelta(days=300)}
    assert retention(data, **policy).drop(now + timedelta(days=299)) == []
    gone = retention(data, **policy).drop(now + timedelta(days=301))
    assert gone is not None
    assert [(one.kind, one.name, one.size) for one in gone] == [
        (Kind.ORIGINALS, FIRST, 5),
        (Kind.ORIGINALS, SECOND, 5),
        (Kind.ORIGINALS, f"{INVOICES}-duplicates/d.pdf", 5),
        (Kind.EVIDENCE, "20261123T120000-0123456789ab.sealed", 5),
    ]
    assert not any((data / "originals").glob("*/*"))
    assert sorted(path.suffix for path in layout.quarantine.iterdir()) == [".original", ".unverified"]
