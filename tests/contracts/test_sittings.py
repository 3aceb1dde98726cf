"""One suite for both keepers of sittings: the in-memory one of the desk's tests, and the one in a real Valkey."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from jobs.model.names import BatchId, batch_id
from tests.support.builders import ANNA, INVOICES, NOON
from tests.support.sittings import MemorySittings
from worker.desk.ports import Sittings
from worker.desk.sitting import MOST_BATCHES, BatchStep, Plan, Planned, Skip, Step
from worker.desk.sittings import RedisSittings
from worker.queue.embedded import embedded_valkey
from worker.storage.encryption import Cipher

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIFE = timedelta(hours=8)
FIRST, SECOND = batch_id(INVOICES, 1), batch_id(INVOICES, 2)
APPROVED = BatchStep(step=Step.APPROVED, at=NOON, summary="s=")
SKIPPED = BatchStep(step=Step.SKIPPED, at=NOON, why=Skip.NOT_ALLOWED, detail="nē")


def a_plan(*batches: BatchId) -> Plan:
    planned = tuple(Planned(batch=batch, appearance="a" * 32) for batch in batches)
    return Plan(person=ANNA, began_at=NOON, batches=planned)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def redis(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Redis]:
    folder: Path = tmp_path_factory.mktemp("redis")
    async with embedded_valkey(folder) as url, Redis.from_url(url) as client:
        yield client


@pytest.fixture(params=["memory", "valkey"])
def sittings(request: pytest.FixtureRequest) -> Sittings:
    if request.param == "memory":
        return MemorySittings()
    return RedisSittings(request.getfixturevalue("redis"), Cipher(bytes(32)), LIFE)


async def test_what_came_of_each_batch_is_found_again_whole(sittings: Sittings) -> None:
    await sittings.begin("one", a_plan(FIRST, SECOND))
    await sittings.note("one", FIRST, APPROVED)
    await sittings.note("one", SECOND, SKIPPED)
    found = await sittings.find("one")
    assert found is not None
    assert (found.plan, found.progress) == (a_plan(FIRST, SECOND), {FIRST: APPROVED, SECOND: SKIPPED})


async def test_each_session_has_its_own_sitting_and_beginning_another_forgets_the_first(sittings: Sittings) -> None:
    await sittings.begin("two", a_plan(FIRST))
    await sittings.note("two", FIRST, APPROVED)
    assert await sittings.find("nobody") is None
    await sittings.begin("two", a_plan(SECOND))
    found = await sittings.find("two")
    assert found is not None
    assert (found.plan, found.progress) == (a_plan(SECOND), {})


async def test_what_is_forgotten_was_never_asked_about(sittings: Sittings) -> None:
    await sittings.begin("three", a_plan(FIRST))
    await sittings.note("three", FIRST, BatchStep(step=Step.ASKED, at=NOON))
    await sittings.forget("three", FIRST)
    found = await sittings.find("three")
    assert found is not None
    assert [planned.batch for planned in found.rest] == [FIRST]


async def test_what_is_noted_of_no_sitting_makes_none(sittings: Sittings) -> None:
    await sittings.note("four", FIRST, APPROVED)
    await sittings.forget("four", FIRST)
    assert await sittings.find("four") is None


async def test_the_longest_sitting_can_be_kept(sittings: Sittings) -> None:
    longest = a_plan(*(batch_id(INVOICES, 10**11 + number) for number in range(MOST_BATCHES)))
    await sittings.begin("five", longest)
    found = await sittings.find("five")
    assert found is not None
    assert found.plan == longest


async def test_valkey_holds_nothing_readable_names_no_session_and_forgets_by_itself(redis: Redis) -> None:
    sittings = RedisSittings(redis, Cipher(bytes(32)), LIFE)
    before = set(await redis.keys("*"))
    await sittings.begin("a session's secret", a_plan(FIRST))
    await sittings.note("a session's secret", FIRST, APPROVED)
    (key,) = set(await redis.keys("*")) - before
    async with redis.pipeline() as pipe:
        pipe.hgetall(key)
        pipe.ttl(key)
        kept, left = await pipe.execute()
    assert b"secret" not in key
    assert not [text for text in kept.values() if ANNA.encode() in text or b"approved" in text]
    assert LIFE.total_seconds() - 60 < left <= LIFE.total_seconds()


async def test_what_somebody_else_wrote_or_moved_is_no_sitting(redis: Redis) -> None:
    mine, other = RedisSittings(redis, Cipher(bytes(32)), LIFE), RedisSittings(redis, Cipher(b"k" * 32), LIFE)
    await other.begin("forged", a_plan(FIRST))
    assert await mine.find("forged") is None
    before = set(await redis.keys("*"))
    await mine.begin("moved", a_plan(FIRST, SECOND))
    (key,) = set(await redis.keys("*")) - before
    await mine.note("moved", FIRST, APPROVED)
    async with redis.pipeline() as pipe:
        pipe.hget(key, FIRST)
        (text,) = await pipe.execute()
        pipe.hset(key, SECOND, text)
        await pipe.execute()
    assert await mine.find("moved") is None


async def test_what_another_version_wrote_or_somebody_put_in_its_place_is_no_sitting(redis: Redis) -> None:
    cipher = Cipher(bytes(32))
    mine, before = RedisSittings(redis, cipher, LIFE), set(await redis.keys("*"))
    await mine.begin("upgraded", a_plan(FIRST))
    (key,) = set(await redis.keys("*")) - before
    for field in ("plan", FIRST):
        await mine.begin("upgraded", a_plan(FIRST))
        async with redis.pipeline() as pipe:
            pipe.hset(key, field, cipher.encrypt(b'{"of": "another version"}', f"{key.decode()}/{field}"))
            await pipe.execute()
        assert await mine.find("upgraded") is None
    await redis.set(key, "no hash at all")
    assert await mine.find("upgraded") is None
    await mine.begin("upgraded", a_plan(SECOND))
    assert await mine.find("upgraded") is not None
