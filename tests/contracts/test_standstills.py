"""One suite for every book of standstills: in memory and on disk; and what only the one on disk must keep."""

from datetime import timedelta
from pathlib import Path

import pytest

from jobs.model.names import batch_id
from jobs.model.standstill import Cause, Standstill
from jobs.ports import Standstills
from tests.support.builders import INVOICES, NOON
from tests.support.small import MemoryStandstills
from worker.objects.bucket import Bucket, BucketObject
from worker.objects.failures import StorageAway
from worker.objects.standstills import ObjectStandstills
from worker.storage.standstills import StandstillBook

BATCH = batch_id(INVOICES, 1)


@pytest.fixture(params=["memory", "disk", "bucket"])
def book(request: pytest.FixtureRequest, tmp_path: Path) -> Standstills:
    if request.param == "bucket":
        return ObjectStandstills(request.getfixturevalue("bucket"))
    return MemoryStandstills() if request.param == "memory" else StandstillBook(tmp_path / "standstills")


def standing(subject: str = BATCH, minutes: int = 0) -> Standstill:
    at = NOON + timedelta(minutes=minutes)
    return Standstill(subject=subject, cause=Cause.VENDOR_AWAY, detail="503", since=at, next_try=at)


async def test_what_stands_still_is_told_until_it_moves(book: Standstills) -> None:
    await book.record(standing())
    await book.record(standing(INVOICES))
    assert await book.all() == (standing(INVOICES), standing())
    await book.clear(BATCH)
    assert await book.all() == (standing(INVOICES),)


async def test_a_failure_counts_on_from_the_ones_before_it(book: Standstills) -> None:
    await book.record(standing())
    second = await book.record(standing(minutes=1))
    assert (second.since, second.attempts, second.next_try) == (NOON, 2, NOON + timedelta(minutes=1))
    assert await book.all() == (second,)


async def test_what_is_over_leaves_no_note_behind(book: Standstills) -> None:
    await book.record(standing())
    await book.record(standing(INVOICES))
    await book.keep({INVOICES})
    assert await book.all() == (standing(INVOICES),)


async def test_what_never_stood_still_may_be_cleared(book: Standstills) -> None:
    await book.clear(BATCH)
    assert await book.all() == ()


async def test_a_storage_that_is_away_is_asked_once_and_a_failure_is_kept_in_mind_until_it_is_back(
    bucket: Bucket,
) -> None:
    class OftenAway(Bucket):
        asked, is_away = 0, True

        def look(self, key: str) -> BucketObject:
            self.asked += 1
            if self.is_away:
                raise StorageAway("nobody is there")
            return super().look(key)

    there = OftenAway(bucket._store)
    book = ObjectStandstills(there)
    await book.record(standing())
    assert (there.asked, await book.all()) == (1, (standing(),))
    there.is_away = False
    second = await book.record(standing(minutes=1))
    assert (second.since, second.attempts) == (NOON, 2)
    assert await ObjectStandstills(bucket).all() == (second,)


async def test_another_process_reads_what_this_one_noted(tmp_path: Path) -> None:
    await StandstillBook(tmp_path).record(standing())
    assert await StandstillBook(tmp_path).all() == (standing(),)
    assert (await StandstillBook(tmp_path).record(standing())).attempts == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff" * 100,
        b" " * (1 << 20),
        standing("orders").model_dump_json().encode(),
        standing().model_dump_json().replace("vendor-away", "<script>").encode(),
    ],
    ids=["empty", "half", "binary", "huge", "of another subject", "of no cause"],
)
async def test_a_file_that_is_broken_or_forged_is_passed_over(content: bytes, tmp_path: Path) -> None:
    (tmp_path / f"{BATCH}.json").write_bytes(content)
    assert await StandstillBook(tmp_path).all() == ()
    assert await StandstillBook(tmp_path).record(standing()) == standing()


async def test_what_cannot_be_written_is_kept_in_mind(tmp_path: Path) -> None:
    (tmp_path / "standstills").write_text("a file stands where the folder belongs, as good as a full disk")
    book = StandstillBook(tmp_path / "standstills")
    assert (await book.record(standing()), (await book.record(standing())).attempts) == (standing(), 2)
    assert [each.subject for each in await book.all()] == [BATCH]
    await book.clear(BATCH)
    assert await book.all() == ()
