"""What a process asks of a bucket in which nothing happens, and how soon it sees what does happen."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.model.documents import Profile
from jobs.model.freeze import Freeze
from jobs.model.names import batch_id
from jobs.model.records import Gathered
from tests.support.builders import INVOICES, NOON, documents
from tests.support.object_storage import Counted
from worker.objects.bucket import Bucket, Listed
from worker.objects.freezes import ObjectFreezes
from worker.objects.ledger import ObjectLedger
from worker.objects.mirror import LedgerMirror
from worker.objects.notice_box import ObjectNoticeBox
from worker.objects.recent_lists import LIFE, RecentLists
from worker.objects.seals import ObjectSeals

FIRST, SECOND = batch_id(INVOICES, 1), batch_id(INVOICES, 2)
GATHERED = Gathered(at=NOON, route=INVOICES, seal="S", profile=Profile(), documents=documents(2))


@pytest.fixture
def counted(bucket: Bucket) -> Counted:
    """Lists of it are believed until something is changed by it, however slow the machine is."""
    counted = Counted(bucket)
    counted.recent = RecentLists(counted.list, clock=lambda: 0.0)
    return counted


async def test_all_that_only_look_at_a_quiet_bucket_cost_one_list_of_open_batches(
    bucket: Bucket, counted: Counted, tmp_path: Path
) -> None:
    await ObjectLedger(bucket).open(FIRST, GATHERED)
    now = 0.0
    ledger, mirror = ObjectLedger(counted, clock=lambda: now), LedgerMirror(counted, tmp_path / "ledger")
    freezes, seals, box = ObjectFreezes(counted), ObjectSeals(counted), ObjectNoticeBox(counted, "hook-some")

    async def look() -> int:
        before = counted.requests
        assert await ledger.open_batches() == await ledger.open_batches(may_lag=True) == (FIRST,)
        assert await ledger.latest(INVOICES, may_lag=True) == 1
        mirror.update(may_lag=True)
        assert [*await seals.all(may_lag=True), *await freezes.all(may_lag=True), *await freezes.past()] == []
        assert box.untold() == ()
        return counted.requests - before

    await look()
    assert await look() == 1


async def test_what_this_process_changes_is_seen_at_once_by_all_that_only_look(counted: Counted) -> None:
    here, freezes = ObjectLedger(counted), ObjectFreezes(counted)
    assert await here.open_batches(may_lag=True) == ()
    assert (await freezes.all(may_lag=True), await freezes.past()) == ((), ())
    await ObjectLedger(counted).open(FIRST, GATHERED)
    freeze = Freeze(at=NOON, by="root", reason="wrong template", route=INVOICES)
    await freezes.begin(freeze)
    assert (await here.open_batches(may_lag=True), await here.latest(INVOICES, may_lag=True)) == ((FIRST,), 1)
    assert (await freezes.all(may_lag=True), await freezes.past()) == ((freeze,), ())
    lifted = await freezes.lift(INVOICES, at=NOON, by="root")
    assert (await freezes.all(may_lag=True), await freezes.past()) == ((), (lifted,))


async def test_whoever_decides_sees_what_others_did_whatever_was_listed_a_moment_ago(
    bucket: Bucket, counted: Counted
) -> None:
    here, there = ObjectLedger(counted), ObjectLedger(bucket)
    freezes = ObjectFreezes(counted)
    await there.open(FIRST, GATHERED)
    assert (await here.open_batches(), await here.latest(INVOICES)) == ((FIRST,), 1)
    assert await freezes.all(may_lag=True) == ()
    await there.open(SECOND, GATHERED)
    freeze = Freeze(at=NOON, by="root", reason="wrong template", route=INVOICES)
    await ObjectFreezes(bucket).begin(freeze)
    assert (await here.open_batches(may_lag=True), await here.latest(INVOICES, may_lag=True)) == ((FIRST,), 1)
    assert (await freezes.find(INVOICES), await freezes.all()) == (freeze, (freeze,))
    assert (await here.latest(INVOICES), await here.open_batches()) == (2, (FIRST, SECOND))


class Folders:
    """Counts lists; `during` happens while one is under way."""

    def __init__(self) -> None:
        self.lists = 0
        self.now = 0.0
        self.during: Callable[[], None] = lambda: None
        self.recent = RecentLists(self.list, clock=lambda: self.now)

    def list(self, folder: str) -> list[Listed]:
        self.lists += 1
        self.during()
        if folder == "away":
            raise OSError(folder)
        return [Listed(f"{folder}/x", self.lists, "", NOON)]

    def find(self, folder: str) -> int:
        """Which list of all it is that is believed."""
        (listed,) = self.recent.find(folder)
        return listed.size


def test_a_list_is_believed_for_its_life_and_not_a_moment_longer() -> None:
    folders = Folders()
    found = [folders.find("open")]
    folders.now = LIFE - 0.01
    found.append(folders.find("open"))
    folders.now = LIFE
    found.append(folders.find("open"))
    assert found == [1, 1, 2]


def test_a_change_makes_the_lists_stale_in_which_it_shows_also_one_that_is_under_way() -> None:
    folders = Folders()
    folders.find("open")
    folders.recent.forget(["opened/x", "open", "closed/open/x"])
    assert folders.find("open") == 1
    folders.during = lambda: folders.recent.forget(["x", "open/deep/x"])
    folders.recent.renew("open")
    folders.during = lambda: None
    assert folders.find("open") == 3


def test_a_list_that_failed_is_asked_for_again() -> None:
    folders = Folders()
    for _ in range(2):
        with pytest.raises(OSError, match="away"):
            folders.find("away")
    assert folders.lists == 2
