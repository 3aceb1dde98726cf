"""One suite for every kind of lease."""

import asyncio
import sys
from pathlib import Path

import pytest

from jobs.model.errors import UnknownBatch
from jobs.model.names import batch_id
from jobs.model.standstill import Cause
from jobs.ports import Leases, Story
from tests.support.builders import INVOICES, documents
from tests.support.memory_app import MemoryApp
from tests.support.small import MemoryLeases, MemoryStandstills
from worker.objects.bucket import Bucket
from worker.objects.chains import record_key
from worker.objects.leases import ObjectLeases
from worker.queue.task_runner import RunOutcome, TaskRunner
from worker.storage.leases import FileLeases

FIRST, SECOND = batch_id(INVOICES, 1), batch_id(INVOICES, 2)

# Takes the lease in a process of its own, says so, and waits for its end.
HOLDER = """
import asyncio, sys
from pathlib import Path
from worker.storage.leases import FileLeases
async def hold():
    async with FileLeases(Path(sys.argv[1])).hold(sys.argv[2]) as held:
        print(held, flush=True)
        await asyncio.Event().wait()
asyncio.run(hold())
"""


@pytest.fixture(params=["memory", "file", "bucket"])
def leases(request: pytest.FixtureRequest, tmp_path: Path) -> Leases:
    if request.param == "bucket":
        bucket: Bucket = request.getfixturevalue("bucket")
        for batch in (FIRST, SECOND):
            bucket.write(record_key(batch, 1), b"")
        return ObjectLeases(bucket)
    return MemoryLeases() if request.param == "memory" else a_ledger(tmp_path)


def a_ledger(folder: Path) -> FileLeases:
    """Leases in a ledger that has both batches."""
    for batch in (FIRST, SECOND):
        (folder / batch).mkdir()
    return FileLeases(folder)


async def test_a_batch_that_is_not_there_leaves_nothing_behind(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(UnknownBatch):
            await FileLeases(tmp_path).hold(FIRST).__aenter__()


async def test_one_worker_holds_a_batch_and_the_next_one_does_not(leases: Leases) -> None:
    async with leases.hold(FIRST) as first, leases.hold(FIRST) as second:
        assert (first, second) == (True, False)


async def test_other_batches_are_free(leases: Leases) -> None:
    async with leases.hold(FIRST), leases.hold(SECOND) as other:
        assert other


async def test_a_batch_is_free_again_after_its_block(leases: Leases) -> None:
    async with leases.hold(FIRST):
        pass
    async with leases.hold(FIRST) as held:
        assert held


async def test_a_killed_process_lets_go_at_once(tmp_path: Path) -> None:
    leases = a_ledger(tmp_path)
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, tmp_path, FIRST, stdout=asyncio.subprocess.PIPE
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"True\n"
    async with leases.hold(FIRST) as held:
        assert not held
    holder.kill()
    await holder.wait()
    async with leases.hold(FIRST) as held:
        assert held


async def test_a_lock_that_is_no_file_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / FIRST / "lock").mkdir(parents=True)
    with pytest.raises(OSError, match="remove it"):
        async with FileLeases(tmp_path).hold(FIRST):
            pass


async def test_a_batch_that_nobody_can_hold_is_told_like_any_other_failure(tmp_path: Path) -> None:
    app, standstills = MemoryApp(), MemoryStandstills()
    batch = await app.gathered(*documents(1))
    (tmp_path / batch / "lock").mkdir(parents=True)
    runner = TaskRunner(app.tools, FileLeases(tmp_path), standstills, lambda *_: None)
    assert await runner.run(Story.PREPARE, batch) is RunOutcome.FAILED
    (told,) = await standstills.all()
    assert (told.subject, told.cause) == (batch, Cause.DISK_REFUSES)
    assert "remove it" in told.detail
    assert runner.backoff.is_active(batch, app.age)
