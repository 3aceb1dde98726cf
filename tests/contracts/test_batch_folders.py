"""Which batches are open: none is missed, and the closed ones cost nothing."""

import fcntl
import os
import shutil
from pathlib import Path

import pytest

from jobs.model.names import BatchId, batch_id
from tests.support.builders import INVOICES
from tests.support.generated_ledger import write_ledger
from worker.storage.batch_folders import BatchFolders
from worker.storage.chains import CLOSED
from worker.storage.ledger import DiskLedger
from worker.storage.listed_folder import ListedFolder

FIRST, SECOND, THIRD = (batch_id(INVOICES, number) for number in (1, 2, 3))


class Clock:
    """Monotonic seconds, as a test lets them pass."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "ledger"


@pytest.fixture
def folders(folder: Path, clock: Clock) -> BatchFolders:
    return BatchFolders(folder, clock)


def write_batch(folder: Path, batch: BatchId) -> None:
    (folder / batch).mkdir(parents=True)
    (folder / batch / "0001.json").touch()


def test_a_ledger_that_is_not_there_has_no_batches(folders: BatchFolders) -> None:
    assert folders.find_open() == ()


def test_open_batches_are_found_by_route_and_number(folder: Path, folders: BatchFolders) -> None:
    assert folders.find_open() == ()
    for batch in (batch_id(INVOICES, 1_000_000), THIRD, SECOND, BatchId("acts-000009")):
        write_batch(folder, batch)
    assert folders.find_open() == ("acts-000009", SECOND, THIRD, "invoices-1000000")


def test_a_batch_that_came_while_the_folder_told_the_same_time_is_found(
    folder: Path, folders: BatchFolders, clock: Clock
) -> None:
    write_batch(folder, FIRST)
    times = folder.stat()
    assert folders.find_open() == (FIRST,)
    write_batch(folder, SECOND)
    # As a file system does that tells times in whole seconds.
    os.utime(folder, ns=(times.st_atime_ns, times.st_mtime_ns))
    clock.now += 1
    assert folders.find_open() == (FIRST, SECOND)


def test_a_name_of_which_the_folders_time_never_tells_is_found_within_a_minute(clock: Clock) -> None:
    # What a process has opened is a folder of Linux that tells the same time whatever lies in it.
    listed = ListedFolder(Path("/proc/self/fd"), clock)
    for _ in range(3):
        listed.names()
        clock.now += 2
    new = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 300)
    try:
        assert str(new) not in listed.names()
        clock.now += 60
        assert str(new) in listed.names()
    finally:
        os.close(new)


def test_a_folder_becomes_a_batch_with_its_first_record(folder: Path, folders: BatchFolders) -> None:
    (folder / FIRST).mkdir(parents=True)
    assert folders.find_open() == ()
    (folder / FIRST / "0001.json").touch()
    assert folders.find_open() == (FIRST,)


def test_a_batch_that_another_process_closed_is_open_no_longer(folder: Path, folders: BatchFolders) -> None:
    write_batch(folder, FIRST)
    assert folders.find_open() == (FIRST,)
    (folder / FIRST / CLOSED).touch()
    assert folders.find_open() == ()


def test_a_batch_whose_folder_was_taken_away_is_no_longer_there(folder: Path, folders: BatchFolders) -> None:
    write_batch(folder, FIRST)
    write_batch(folder, SECOND)
    assert folders.find_open() == (FIRST, SECOND)
    shutil.rmtree(folder / FIRST)
    assert folders.find_open() == (SECOND,)
    write_batch(folder, FIRST)
    assert folders.find_open() == (FIRST, SECOND)


def test_what_stands_in_the_place_of_a_batch_is_told(folder: Path, folders: BatchFolders) -> None:
    folder.mkdir()
    (folder / FIRST).touch()
    assert folders.find_open() == (FIRST,)


def test_closed_batches_are_looked_at_once(folder: Path, folders: BatchFolders) -> None:
    *_, waiting = write_ledger(folder, closed=20, opened=1, documents=1)
    assert folders.find_open() == (waiting,)
    # Nobody does that; here it shows who looks.
    (folder / FIRST / CLOSED).unlink()
    assert folders.find_open() == (waiting,)
    assert BatchFolders(folder).find_open() == (FIRST, waiting)


def test_a_new_process_looks_at_the_list_of_open_batches_alone(folder: Path) -> None:
    *_, waiting = write_ledger(folder, closed=20, opened=1, documents=1)
    assert BatchFolders(folder, keeps=True).find_open() == (waiting,)
    (folder / FIRST / CLOSED).unlink()
    assert BatchFolders(folder).find_open() == (waiting,)


def test_an_open_batch_that_is_not_on_the_list_is_found_with_the_next_looks(folder: Path, clock: Clock) -> None:
    *_, waiting = write_ledger(folder, closed=20, opened=1, documents=1)
    assert BatchFolders(folder, keeps=True).find_open() == (waiting,)
    # As an older zimogs, or a copy, leaves it.
    write_batch(folder, BatchId("acts-000001"))
    folders = BatchFolders(folder, clock, keeps=True)
    assert folders.find_open() == (waiting,)
    assert folders.find_open() == ("acts-000001", waiting)
    assert BatchFolders(folder).find_open() == ("acts-000001", waiting)


def test_what_is_on_no_list_is_found_bit_by_bit_however_often_anybody_asks(
    folder: Path, folders: BatchFolders, clock: Clock
) -> None:
    BatchFolders(folder, keeps=True).find_open()
    (folder / ".open").mkdir(parents=True)
    (folder / ".open" / ".complete").touch()
    for number in range(1, 900):
        write_batch(folder, batch_id(INVOICES, number))
    (_, first), (second, again), (third, _) = [_count_twice(folders, clock) for _ in range(3)]
    assert 0 < first < second == again < third == 899


def _count_twice(folders: BatchFolders, clock: Clock) -> tuple[int, int]:
    counts = len(folders.find_open()), len(folders.find_open())
    clock.now += 2
    return counts


async def test_a_batch_stands_on_the_list_until_it_is_closed(folder: Path) -> None:
    first, second = write_ledger(folder, closed=0, opened=2, documents=1)
    ledger = DiskLedger(folder)
    BatchFolders(folder, keeps=True).find_open()
    third = await ledger.open(THIRD, (await ledger.read(first)).gathered)
    assert BatchFolders(folder).find_open() == (first, second, third.batch)
    await ledger.close(first)
    await ledger.set_aside(second, 0)
    assert BatchFolders(folder).find_open() == (THIRD,)
    assert not (folder / ".open" / first).exists()
    assert not (folder / ".open" / second).exists()


def test_a_folder_is_known_again_by_its_stamp_until_anything_changes_in_it(
    folder: Path, folders: BatchFolders, clock: Clock
) -> None:
    write_batch(folder, FIRST)
    os.utime(folder, (1, 1))
    fresh = folders.list_unless(None)
    assert fresh is not None
    assert fresh.stamp is None
    clock.now += 3
    listing = folders.list_unless(None)
    assert listing is not None
    assert listing.stamp is not None
    again = folders.list_unless(None)
    assert again is not None
    assert again.names is listing.names
    assert BatchFolders(folder).list_unless(listing.stamp) is None
    write_batch(folder, SECOND)
    changed = folders.list_unless(listing.stamp)
    assert changed is not None
    assert FIRST in changed.names
    assert SECOND in changed.names
    _let_file_times_go_on(folder)
    (folder / SECOND / "0001.json").unlink()
    (folder / SECOND).rmdir()
    os.utime(folder, (1, 1))
    assert folders.list_unless(listing.stamp) is not None


def _let_file_times_go_on(folder: Path) -> None:
    before = folder.stat().st_ctime_ns
    other = folder.parent / "other"
    other.touch()
    while other.stat().st_ctime_ns == before:
        other.touch()
