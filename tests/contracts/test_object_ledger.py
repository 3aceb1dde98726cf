"""What only a ledger in a bucket can suffer, and what its marks and leases promise beyond the common suites."""

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from jobs.model.documents import Profile
from jobs.model.errors import BrokenLedger, Conflict, LostKey, UnknownBatch
from jobs.model.lifecycle import State
from jobs.model.names import batch_id
from jobs.model.records import Abandoned, Gathered
from tests.support.builders import INVOICES, NOON, documents
from tests.support.generated_ledger import write_ledger, write_years
from tests.support.installation import an_installation
from tests.support.object_storage import BucketServer, Counted
from tests.support.waiting import until
from worker.app.on_disk import OnDisk
from worker.objects.bucket import Bucket
from worker.objects.chains import closed_mark, open_mark, record_key
from worker.objects.failures import StorageAway
from worker.objects.leases import ObjectLeases, lease_key
from worker.objects.ledger import ObjectLedger
from worker.objects.mirror import LedgerMirror
from worker.storage.ledger_key import key_path

FIRST = batch_id(INVOICES, 1)
GATHERED = Gathered(at=NOON, route=INVOICES, seal="S", profile=Profile(), documents=documents(2))
ABANDONED = Abandoned(at=NOON, why="x")


async def test_two_machines_see_one_truth(bucket: Bucket) -> None:
    here, there = ObjectLedger(bucket), ObjectLedger(bucket)
    history = await here.open(FIRST, GATHERED)
    assert (await there.latest(INVOICES), await there.open_batches()) == (1, (FIRST,))
    assert (await here.glance(FIRST)).state is State.GATHERED
    longer = await there.append(history, ABANDONED)
    with pytest.raises(Conflict):
        await here.append(history, ABANDONED)
    assert (await here.glance(FIRST)).state is State.ABANDONED
    assert await here.read(FIRST) == longer
    await there.close(FIRST)
    assert await here.open_batches() == ()


async def test_a_settled_ledger_whose_files_are_copied_into_a_bucket_goes_on_there(
    bucket: Bucket, tmp_path: Path
) -> None:
    write_years(tmp_path, closed=20, opened=0, documents=1, apart=timedelta(days=4))
    batches = tuple(batch_id(INVOICES, number) for number in range(1, 21))
    kept = [path for name in ("ledger", "archives", "checkpoints") for path in (tmp_path / name).rglob("*")]
    # As deploy/BACKUP.md says it.
    for path in kept:
        name = path.relative_to(tmp_path)
        if path.is_file() and path.name != "lock" and not any(part.startswith(".") for part in name.parts):
            bucket.write(str(name), path.read_bytes())
    bucket.write("keys/ledger.key", (tmp_path / "ledger.key").read_bytes())
    ledger = ObjectLedger(bucket)
    assert (await ledger.batches(), await ledger.latest(INVOICES), await ledger.open_batches()) == (batches, 20, ())
    assert bucket.names("archives")
    assert all([(await ledger.read(batch)).is_over for batch in (batches[0], batches[-1])])
    assert len((await ledger.open(batch_id(INVOICES, 21), GATHERED)).records) == 1


async def test_a_data_folder_with_another_ledger_is_left_as_it_is_whatever_the_settings_say(
    bucket: Bucket, tmp_path: Path
) -> None:
    await ObjectLedger(bucket).open(FIRST, GATHERED)
    write_ledger(tmp_path / "ledger", closed=1, documents=1)
    before = read_all(tmp_path)
    mirror = LedgerMirror(bucket, tmp_path / "ledger")
    for copy in (mirror.update, mirror.copy):
        with pytest.raises(StorageAway, match=r"another ledger .* Set a new, empty folder as folders\.data"):
            copy()
    assert read_all(tmp_path) == before


def read_all(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def test_a_look_at_what_has_not_changed_costs_one_list_for_all_and_a_mark_is_not_believed_for_long(
    bucket: Bucket,
) -> None:
    now = 0.0
    counted, there = Counted(bucket), ObjectLedger(bucket)
    here = ObjectLedger(counted, clock=lambda: now)
    histories = [await there.open(batch_id(INVOICES, number), GATHERED) for number in (1, 2, 3)]

    async def look() -> tuple[list[State], int]:
        before = counted.requests
        glances = [await here.glance(batch) for batch in await here.open_batches()]
        return [glance.state for glance in glances], counted.requests - before

    await look()
    now = 2.0
    await look()
    now = 4.0
    assert await look() == ([State.GATHERED] * 3, 1)
    # Written, and its writer died before it could mark that.
    mark = bucket.read(open_mark(FIRST))
    longer = await there.append(histories[1], ABANDONED)
    now = 6.0
    assert (await look())[0] == [State.GATHERED, State.ABANDONED, State.GATHERED]
    assert longer.is_over
    bucket.create(record_key(FIRST, 2), b"{}")
    assert bucket.read(open_mark(FIRST)) == mark
    now = 20.0
    with pytest.raises(BrokenLedger):
        await look()


async def test_a_tampered_or_missing_record_is_noticed_and_kept_aside_by_a_repair(bucket: Bucket) -> None:
    ledger = ObjectLedger(bucket)
    await ledger.append(await ledger.open(FIRST, GATHERED), ABANDONED)
    bucket.write(record_key(FIRST, 1), bucket.read(record_key(FIRST, 1)).replace(b"invoice-1", b"invoice-7"))
    with pytest.raises(BrokenLedger):
        await ledger.read(FIRST)
    bucket.remove(record_key(FIRST, 1))
    with pytest.raises(BrokenLedger, match="record 1 is missing, and record 2 is there"):
        await ledger.glance(FIRST)
    damage = await ledger.find_damage(FIRST)
    assert damage is not None
    assert (damage.sound, damage.last, damage.is_closed) == (None, 2, False)
    await ledger.set_aside(FIRST, 0)
    await ledger.set_aside(FIRST, 0)
    assert [each.key for each in bucket.list("damaged")] == [f"damaged/{FIRST}/0002.json"]


async def test_a_settled_batch_whose_last_record_is_gone_is_damaged(bucket: Bucket) -> None:
    ledger = ObjectLedger(bucket)
    await ledger.append(await ledger.open(FIRST, GATHERED), ABANDONED)
    await ledger.close(FIRST)
    bucket.remove(record_key(FIRST, 2))
    for each in (ledger, ObjectLedger(bucket)):
        with pytest.raises(BrokenLedger, match="the last are missing"):
            await each.read(FIRST)


async def test_without_its_key_nothing_is_believed_and_nothing_is_made_anew(bucket: Bucket, tmp_path: Path) -> None:
    await ObjectLedger(bucket).open(FIRST, GATHERED)
    bucket.remove("keys/ledger.key")
    with pytest.raises(LostKey):
        await ObjectLedger(bucket).read(FIRST)
    with pytest.raises(LostKey):
        LedgerMirror(bucket, tmp_path / "ledger").copy()
    assert not bucket.has("keys/ledger.key")
    bucket.write("keys/ledger.key", b"x" * 32)
    with pytest.raises(BrokenLedger, match="MAC"):
        await ObjectLedger(bucket).read(FIRST)


async def test_a_start_without_the_key_ends_as_with_any_storage_that_cannot_be_used_and_says_where_a_copy_is(
    object_storage: BucketServer, tmp_path: Path
) -> None:
    bucket, ledger = object_storage.bucket(tmp_path.name), tmp_path / "data" / "ledger"
    await ObjectLedger(bucket).open(FIRST, GATHERED)
    LedgerMirror(bucket, ledger).update()
    bucket.remove("keys/ledger.key")
    storage = {"storage": object_storage.settings(tmp_path.name)}
    disk = OnDisk.of(an_installation(tmp_path).model_copy(update=storage))
    with pytest.raises(StorageAway, match=r"keys/ledger\.key is missing .* data/ledger\.key of each machine"):
        disk.begin()
    bucket.write("keys/ledger.key", key_path(ledger).read_bytes())
    disk.begin()


async def test_a_mark_that_a_crash_has_left_is_no_batch_and_hides_none(bucket: Bucket) -> None:
    bucket.write(open_mark(FIRST), b"")
    ledger = ObjectLedger(bucket)
    assert (await ledger.open_batches(), await ledger.latest(INVOICES)) == ((), 0)
    await ledger.open(FIRST, GATHERED)
    assert await ledger.open_batches() == (FIRST,)
    # A crash between the mark of being closed and the removal of the other.
    bucket.write(closed_mark(FIRST), b"")
    assert await ObjectLedger(bucket).open_batches() == ()
    assert not bucket.has(open_mark(FIRST))


async def test_who_tries_to_open_a_closed_batch_leaves_no_mark(bucket: Bucket) -> None:
    ledger = ObjectLedger(bucket)
    await ledger.append(await ledger.open(FIRST, GATHERED), ABANDONED)
    await ledger.close(FIRST)
    with pytest.raises(Conflict):
        await ObjectLedger(bucket).open(FIRST, GATHERED)
    assert not bucket.has(open_mark(FIRST))


async def test_the_newest_number_is_found_whatever_has_become_of_the_note_of_it(bucket: Bucket) -> None:
    for number in (1, 2, 3):
        await ObjectLedger(bucket).open(batch_id(INVOICES, number), GATHERED)
    for note in (b"1", b"x"):
        bucket.write(f"latest/{INVOICES}", note)
        assert await ObjectLedger(bucket).latest(INVOICES) == 3
    bucket.remove(f"latest/{INVOICES}")
    assert await ObjectLedger(bucket).latest(INVOICES) == 3


async def test_a_look_at_open_batches_costs_one_request_whatever_was_closed(bucket: Bucket) -> None:
    ledger = ObjectLedger(bucket)
    for number in range(1, 6):
        batch = batch_id(INVOICES, number)
        await ledger.append(await ledger.open(batch, GATHERED), ABANDONED)
        await ledger.close(batch)
    await ledger.open(batch_id(INVOICES, 6), GATHERED)
    counted = Counted(bucket)
    fresh = ObjectLedger(counted)
    await fresh.open_batches()
    first = counted.requests
    assert await fresh.open_batches() == (batch_id(INVOICES, 6),)
    assert (first, counted.requests - first) == (2, 1)
    assert await fresh.latest(INVOICES) == 6
    assert counted.requests - first <= 4


class TestLeases:
    """A lease ends by the stopwatch of whoever waits for it."""

    LIFE = 15.0

    @pytest.fixture
    def bucket(self, bucket: Bucket) -> Bucket:
        bucket.write(record_key(FIRST, 1), b"")
        return bucket

    async def test_a_dead_workers_batch_is_another_ones_after_its_life_and_not_before(self, bucket: Bucket) -> None:
        bucket.write(lease_key(FIRST), b"held by one that was killed")
        times = iter((0.0, self.LIFE - 0.1, self.LIFE))
        leases = ObjectLeases(bucket, clock=lambda: next(times))
        for expected in (False, False, True):
            async with leases.hold(FIRST) as held:
                assert held is expected

    async def test_a_living_workers_batch_stays_its_own(self, bucket: Bucket) -> None:
        times = iter((0.0, self.LIFE, 2 * self.LIFE))
        leases = ObjectLeases(bucket, clock=lambda: next(times))
        for renewal in (b"one", b"two", b"three"):
            bucket.write(lease_key(FIRST), b"held " + renewal)
            async with leases.hold(FIRST) as held:
                assert not held

    async def test_of_two_that_wait_for_a_dead_ones_batch_one_gets_it(self, bucket: Bucket) -> None:
        bucket.write(lease_key(FIRST), b"held by one that was killed")
        waiting = [ObjectLeases(bucket, clock=partial(next, iter((0.0, self.LIFE)))) for _ in range(2)]

        async def hold(leases: ObjectLeases, everyone: asyncio.Barrier) -> bool:
            async with leases.hold(FIRST) as held:
                await everyone.wait()
                return held

        outcomes = []
        for _ in range(2):
            everyone = asyncio.Barrier(2)
            outcomes.append(sorted(await asyncio.gather(*(hold(leases, everyone) for leases in waiting))))
        assert outcomes == [[False, False], [False, True]]

    async def test_it_is_renewed_while_it_is_held(self, bucket: Bucket) -> None:
        leases = ObjectLeases(bucket, life=timedelta(milliseconds=40))
        async with leases.hold(FIRST) as held:
            assert held
            first = bucket.look(lease_key(FIRST)).version
            await until(lambda: bucket.look(lease_key(FIRST)).version != first)

    async def test_a_batch_that_is_not_there_leaves_nothing_behind(self, bucket: Bucket) -> None:
        unknown = batch_id(INVOICES, 2)
        with pytest.raises(UnknownBatch):
            await ObjectLeases(bucket).hold(unknown).__aenter__()
        assert not bucket.has(lease_key(unknown))
