"""Archives of a ledger in a bucket: nothing is lost or doubled, whoever dies or is held up; all machines read it."""

import asyncio
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from jobs.model.errors import BrokenLedger, Conflict, UnknownBatch
from jobs.model.history import History
from jobs.model.ledger_archive import archive_name, stone_name
from jobs.model.names import BatchId
from tests.contracts.test_archives import AFTER, FIRST, MONTH, SECOND, THIRD, found, original, verify
from tests.support.builders import INVOICES
from tests.support.lives import forge_approver, rewrite
from tests.support.machine import Death, MortalBucket
from worker.clock import utc_now
from worker.evidence.finding import Flaw
from worker.objects.archives import ArchiveObjects, archive_key, keeping_archives
from worker.objects.bucket import Bucket
from worker.objects.chains import OPEN, closed_mark, open_mark, record_key
from worker.objects.kept_files import KeptObjects
from worker.objects.leases import ObjectLeases, lease_key
from worker.objects.ledger import ObjectLedger
from worker.objects.mirror import LedgerMirror
from worker.objects.settled import SettledObjects
from worker.storage.archives.catalogue import Archives
from worker.storage.archives.compaction import Compacted, Compaction
from worker.storage.archives.store import ARCHIVES
from worker.storage.chains import CLOSED, read_entries, record_path
from worker.storage.ledger import DiskLedger
from worker.storage.listed_folder import list_names
from worker.storage.retention import Kind, Retention

__all__ = ["original"]

ARCHIVE = f"zimogs-archive-000001-{MONTH}.zip"
LATER = utc_now() + timedelta(days=100)
"""The marks of closed batches have the storage's own time."""


@pytest.fixture
def bucket(original: Path, bucket: Bucket) -> Bucket:
    """A bucket with three batches that are over; the third is not settled yet."""
    paths = [*(original / "ledger").glob("*/0*.json"), *(original / "checkpoints").iterdir()]
    keys = {str(path.relative_to(original)): path for path in paths}
    bucket.each(lambda key: bucket.send(key, keys[key]), keys)
    bucket.send("keys/ledger.key", original / "ledger.key")
    for mark in (closed_mark(FIRST), closed_mark(SECOND), open_mark(THIRD)):
        bucket.write(mark, b"")
    bucket.write(f"latest/{INVOICES}", b"3")
    return bucket


@pytest.fixture
def before(original: Path) -> list[History]:
    """What all three say."""
    ledger = DiskLedger(original / "ledger")
    return [asyncio.run(ledger.read(batch)) for batch in (FIRST, SECOND, THIRD)]


def read_all(bucket: Bucket) -> list[History]:
    async def read() -> list[History]:
        ledger = ObjectLedger(bucket)
        return [await ledger.read(batch) for batch in await ledger.batches()]

    return asyncio.run(read())


def compaction_of(bucket: Bucket, data: Path) -> Compaction:
    LedgerMirror(bucket, data / "ledger").update()
    archives = Archives(ArchiveObjects(bucket, fresh=10))
    return Compaction(data / "ledger", SettledObjects(bucket), archives, AFTER)


def compact(bucket: Bucket, data: Path) -> Compacted:
    done = compaction_of(bucket, data).run(LATER)
    assert done is not None
    return done


def fetch(bucket: Bucket, folder: Path) -> Path:
    """As `zimogs audit verify` does it: a fresh copy of everything."""
    LedgerMirror(bucket, folder / "ledger").copy()
    return folder / "ledger"


def has_objects(bucket: Bucket, batch: str) -> bool:
    return next(bucket.list(f"ledger/{batch}"), None) is not None


def test_settled_batches_are_read_and_verified_in_their_archive_as_they_were(
    bucket: Bucket, before: list[History], tmp_path: Path
) -> None:
    done = compact(bucket, tmp_path / "here")
    assert (done.archives, done.moved, dict(done.choice.kept)) == ((ARCHIVE,), 2, {})
    told: list[tuple[int, int]] = []
    LedgerMirror(bucket, tmp_path / "told" / "ledger").copy(lambda *each: told.append(each))
    assert told == [(0, 1), (0, 1)]
    assert [has_objects(bucket, batch) for batch in (FIRST, SECOND, THIRD)] == [False, False, True]
    assert read_all(bucket) == before
    report = asyncio.run(verify(fetch(bucket, tmp_path / "fresh")))
    assert (report.findings, report.batches, report.archives) == ((), 3, 1)


async def test_a_ledger_that_was_there_before_reads_closes_and_counts_on(bucket: Bucket, tmp_path: Path) -> None:
    ledger, idle = ObjectLedger(bucket), ObjectLedger(bucket)
    history = await ledger.read(FIRST)
    bucket.write(f"latest/{INVOICES}", b"2")
    bucket.remove(*(each.key for each in bucket.list(f"ledger/{THIRD}")), open_mark(THIRD))
    # It has looked for the newest number before there were others.
    idle._newest._known[INVOICES] = 1
    await asyncio.to_thread(compact, bucket, tmp_path / "here")
    assert await ledger.read(FIRST) == history
    assert (await ledger.glance(FIRST)).is_over
    assert await ledger.find_damage(FIRST) is None
    await ledger.close(FIRST)
    assert not has_objects(bucket, FIRST)
    with pytest.raises(Conflict, match="archived"):
        await idle.open(SECOND, history.gathered)
    assert await idle.latest(INVOICES) == 2
    await idle.open(THIRD, history.gathered)
    bucket.remove(f"latest/{INVOICES}")
    assert await ObjectLedger(bucket).latest(INVOICES) == 3


def test_whoever_dies_at_any_change_leaves_all_of_it_readable_and_the_next_run_goes_on(
    bucket: Bucket, before: list[History], tmp_path: Path
) -> None:
    """Each run changes one object, and dies before the next."""
    for changes in range(20):
        machine = tmp_path / str(changes)
        try:
            # Making a copy of the ledger here changes nothing in the bucket.
            compact(MortalBucket(bucket, 1 if changes else 0), machine)
            break
        except Death:
            assert read_all(bucket) == before, changes
            assert asyncio.run(ObjectLedger(bucket).open_batches()) == (THIRD,)
            assert asyncio.run(verify(fetch(bucket, machine / "fresh"))).findings == (), changes
    assert changes >= 5
    assert read_all(bucket) == before
    assert [each.key for each in bucket.list(ARCHIVES)] == [archive_key(ARCHIVE)]
    assert not any(has_objects(bucket, batch) for batch in (FIRST, SECOND))


def test_of_machines_that_archive_at_once_one_does_and_nothing_is_lost(
    bucket: Bucket, before: list[History], tmp_path: Path
) -> None:
    """As when one was held up for so long that its lease was taken over."""
    runs = [compaction_of(bucket, tmp_path / name) for name in ("here", "there")]

    def run(compaction: Compaction) -> str:
        try:
            compaction.run(LATER)
        except OSError as error:
            return type(error).__name__
        return ""

    with ThreadPoolExecutor(len(runs)) as threads:
        outcomes = [*threads.map(run, runs)]
    assert "" in outcomes
    assert read_all(bucket) == before
    compact(bucket, tmp_path / "here")
    assert asyncio.run(verify(fetch(bucket, tmp_path / "fresh"))).findings == ()
    assert [each.key for each in bucket.list(ARCHIVES)] == [archive_key(ARCHIVE)]


class HeldUp(SettledObjects):
    """A machine that stands still behind its last look at what may be archived, while another one archives that."""

    def __init__(self, bucket: Bucket, meanwhile: Callable[[], object]) -> None:
        super().__init__(bucket)
        self.meanwhile = meanwhile

    def find_obstacle(self, batch: BatchId, records: int) -> str:
        obstacle = super().find_obstacle(batch, records)
        if batch == SECOND:
            self.meanwhile()
        return obstacle


def test_what_another_machine_archived_while_one_was_held_up_goes_into_no_second_archive(
    bucket: Bucket, before: list[History], tmp_path: Path
) -> None:
    held_up = compaction_of(bucket, tmp_path / "here")
    held_up.settled = HeldUp(bucket, lambda: compact(bucket, tmp_path / "there"))
    held_up.archives = Archives(ArchiveObjects(bucket))
    with pytest.raises(FileExistsError, match="try again"):
        held_up.run(LATER)
    assert [each.key for each in bucket.list(ARCHIVES)] == [archive_key(ARCHIVE)]
    assert read_all(bucket) == before


def test_no_archive_is_created_beside_another_of_its_number(bucket: Bucket, tmp_path: Path) -> None:
    archives, draft = ArchiveObjects(bucket, fresh=60), tmp_path / "draft"
    draft.write_bytes(b"archive")
    archives.names()
    ArchiveObjects(bucket).publish(draft, archive_name(1, "2026-09"))
    with pytest.raises(FileExistsError, match="try again"):
        archives.publish(draft, archive_name(1, "2026-10"))


async def test_one_machine_at_a_time_archives_and_one_that_died_is_waited_for(bucket: Bucket) -> None:
    life = timedelta(milliseconds=200)
    here, there = (ObjectLeases(bucket, life=life) for _ in range(2))
    async with keeping_archives(here) as is_ours:
        assert is_ours
        async with keeping_archives(there) as is_theirs:
            assert not is_theirs
    bucket.write(lease_key("archives"), b"held by one that was killed")  # type: ignore[arg-type]
    async with keeping_archives(there) as is_theirs:
        assert is_theirs


class TestCopies:
    """What machines have of it on their own disks."""

    def test_each_machine_drops_what_its_copy_of_an_archive_holds(
        self, bucket: Bucket, before: list[History], tmp_path: Path
    ) -> None:
        compact(bucket, tmp_path / "here")
        # One was off while the rest of a batch was written, another comes anew.
        off = shutil.copytree(tmp_path / "here", tmp_path / "off") / "ledger"
        record_path(off, FIRST, 5).unlink()
        (off / FIRST / CLOSED).unlink()
        for name in ("here", "off", "new"):
            ledger = tmp_path / name / "ledger"
            LedgerMirror(bucket, ledger).update()
            assert {*list_names(ledger)} == {THIRD}, name
            assert [asyncio.run(DiskLedger(ledger).read(batch)) for batch in (FIRST, SECOND, THIRD)] == before
            content = (tmp_path / name / ARCHIVES / ARCHIVE).read_bytes()
            assert content == bucket.read(archive_key(ARCHIVE))

    def test_a_copy_is_dropped_only_once_an_archive_is_here(self, bucket: Bucket, tmp_path: Path) -> None:
        mirror = LedgerMirror(bucket, tmp_path / "ledger")
        mirror.update()
        compact(bucket, tmp_path / "other")
        content = bucket.read(archive_key(ARCHIVE))
        bucket.remove(archive_key(ARCHIVE))
        LedgerMirror(bucket, tmp_path / "ledger").update()
        assert len(read_entries(tmp_path / "ledger", FIRST)) == len(read_entries(tmp_path / "other" / "ledger", FIRST))
        bucket.write(archive_key(ARCHIVE), content)
        LedgerMirror(bucket, tmp_path / "ledger").update()
        assert {*list_names(tmp_path / "ledger")} == {THIRD}

    def test_an_archive_that_is_gone_from_the_bucket_stays_here_and_is_missed(
        self, bucket: Bucket, tmp_path: Path
    ) -> None:
        compact(bucket, tmp_path / "here")
        LedgerMirror(bucket, tmp_path / "here" / "ledger").update()
        bucket.remove(archive_key(ARCHIVE))
        LedgerMirror(bucket, tmp_path / "here" / "ledger").update()
        assert (tmp_path / "here" / ARCHIVES / ARCHIVE).exists()
        flaws = found(asyncio.run(verify(fetch(bucket, tmp_path / "fresh"))))
        assert {(Flaw.MISSING, FIRST), (Flaw.MISSING, SECOND)} <= flaws

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda bucket: bucket.write(archive_key(ARCHIVE), b"another one"),
            lambda bucket: [
                bucket.remove(archive_key(ARCHIVE)),
                bucket.write(archive_key(stone_name(ARCHIVE)), b'{"mac": "00"}'),
            ],
        ],
        ids=["replaced", "forged stone"],
    )
    def test_no_copy_goes_for_what_the_key_does_not_vouch_for(
        self, bucket: Bucket, tmp_path: Path, spoil: Callable[[Bucket], object]
    ) -> None:
        compact(bucket, tmp_path / "here")
        ledger, content = tmp_path / "here" / "ledger", bucket.read(archive_key(ARCHIVE))
        LedgerMirror(bucket, ledger).update()
        spoil(bucket)
        LedgerMirror(bucket, ledger).update()
        assert (ledger.with_name(ARCHIVES) / ARCHIVE).read_bytes() == content
        assert Flaw.ARCHIVE in {flaw for flaw, _ in found(asyncio.run(verify(fetch(bucket, tmp_path / "fresh"))))}
        # Where this copy is the one that is damaged, what stands in the bucket comes again.
        bucket.write(archive_key(ARCHIVE), content)
        (ledger.with_name(ARCHIVES) / ARCHIVE).write_bytes(b"damaged")
        LedgerMirror(bucket, ledger).update()
        assert (ledger.with_name(ARCHIVES) / ARCHIVE).read_bytes() == content


def _forge(bucket: Bucket, copy: Path) -> None:
    rewrite(copy / "ledger", FIRST, forge_approver)
    for path in (copy / "ledger" / FIRST).glob("0*.json"):
        bucket.send(f"ledger/{FIRST}/{path.name}", path)


@pytest.mark.parametrize(
    "spoil",
    [
        _forge,
        lambda bucket, _: bucket.remove(record_key(FIRST, 7)),
        lambda bucket, _: bucket.copy(record_key(FIRST, 7), record_key(FIRST, 9)),
        lambda bucket, _: bucket.write(f"ledger/{FIRST}/7.json", b""),
        lambda bucket, _: bucket.write(f"damaged/{FIRST}/0003.json", b""),
    ],
    ids=["forged", "cut off", "gap", "foreign object", "repaired"],
)
def test_a_batch_that_is_not_whole_stays_as_it_is(
    bucket: Bucket, tmp_path: Path, original: Path, spoil: Callable[[Bucket, Path], None]
) -> None:
    spoil(bucket, shutil.copytree(original, tmp_path / "copy"))
    before = {each.key: each.version for each in bucket.list(f"ledger/{FIRST}")}
    done = compact(bucket, tmp_path / "here")
    assert (done.moved, {*done.choice.kept}) == (1, {FIRST})
    assert {each.key: each.version for each in bucket.list(f"ledger/{FIRST}")} == before


def test_records_that_differ_from_their_archive_stay_and_are_told(
    bucket: Bucket, tmp_path: Path, original: Path
) -> None:
    compact(bucket, tmp_path / "here")
    bucket.write(closed_mark(FIRST), b"")
    _forge(bucket, shutil.copytree(original, tmp_path / "copy"))
    assert compact(bucket, tmp_path / "here").moved == 0
    with pytest.raises(BrokenLedger, match="MAC"):
        asyncio.run(ObjectLedger(bucket).read(FIRST))
    assert (Flaw.REPLACED, FIRST) in found(asyncio.run(verify(fetch(bucket, tmp_path / "fresh"))))


def test_the_beginning_of_a_batch_that_was_put_back_opens_it_not_again(
    bucket: Bucket, before: list[History], tmp_path: Path
) -> None:
    records = [bucket.read(record_key(FIRST, number)) for number in (1, 2, 3)]
    long_lived = ObjectLedger(bucket)
    assert asyncio.run(long_lived.read(FIRST)) == before[0]
    compact(bucket, tmp_path / "here")
    bucket.write(open_mark(FIRST), b"")
    for number, content in enumerate(records, start=1):
        bucket.write(record_key(FIRST, number), content)
    for ledger in (long_lived, ObjectLedger(bucket)):
        assert asyncio.run(ledger.read(FIRST)) == before[0]
        assert asyncio.run(ledger.glance(FIRST)).is_over
    asyncio.run(long_lived.close(FIRST))
    assert compact(bucket, tmp_path / "here").moved == 1
    assert not has_objects(bucket, FIRST)


def test_an_archive_that_was_dropped_leaves_what_keeps_the_chain_on_every_machine(
    bucket: Bucket, tmp_path: Path
) -> None:
    ledger = tmp_path / "here" / "ledger"
    compact(bucket, tmp_path / "here")
    LedgerMirror(bucket, ledger).update()
    retention = Retention(
        ledger, Archives(ArchiveObjects(bucket)), KeptObjects(bucket), {Kind.ARCHIVES: timedelta(days=1)}
    )
    month_later = asyncio.run(ObjectLedger(bucket).read(FIRST)).since + timedelta(days=40)
    dry = [*retention.look(month_later)]
    assert retention.drop(month_later) == dry
    assert [(one.name, one.batches) for one in dry] == [(ARCHIVE, 2)]
    LedgerMirror(bucket, ledger).update()
    assert {*list_names(ledger.with_name(ARCHIVES))} == {"lock", stone_name(ARCHIVE)}
    with pytest.raises(UnknownBatch, match="dropped"):
        asyncio.run(ObjectLedger(bucket).read(FIRST))
    report = asyncio.run(verify(fetch(bucket, tmp_path / "fresh")))
    assert (report.findings, len(report.dropped)) == ((), 1)
    assert [each.key for each in bucket.list(OPEN)] == [open_mark(THIRD)]
