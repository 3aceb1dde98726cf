"""One suite for both keepers of dialogs: the in-memory one of the desk's tests, and the one in a real Valkey."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis

from tests.support.builders import ANNA, NOON
from tests.support.dialogs import MemoryDialogs
from worker.desk.dialogs import DIALOG_LIFE, Approving, Dialog, Enrolling, RedisDialogs, SigningIn
from worker.desk.ports import Dialogs
from worker.queue.embedded import embedded_valkey
from worker.storage.encryption import Cipher

CIPHER = Cipher(bytes(32))
SIGNING_IN = SigningIn(binding="b", proof="p")
EVERY_KIND: list[Dialog] = [
    SIGNING_IN,
    Enrolling.model_validate({"binding": "b", "label": "SIA PARAUGS: eZīmogs", "holder": ANNA}),
    Approving.model_validate({"binding": "b", "batch": "invoices-000001", "summary": "s=", "approver": ANNA}),
]


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[Redis]:
    async with embedded_valkey(tmp_path / "redis") as url, Redis.from_url(url) as client:
        yield client


@pytest.fixture(params=["memory", "valkey"])
def dialogs(request: pytest.FixtureRequest) -> Dialogs:
    if request.param == "memory":
        return MemoryDialogs(lambda: NOON)
    return RedisDialogs(request.getfixturevalue("redis"), CIPHER)


@pytest.mark.parametrize("dialog", EVERY_KIND, ids=lambda dialog: dialog.kind)
async def test_what_was_begun_is_found_again_whole(dialogs: Dialogs, dialog: Dialog) -> None:
    assert await dialogs.take(await dialogs.begin(dialog)) == dialog


async def test_looking_at_a_dialog_spends_it(dialogs: Dialogs) -> None:
    state = await dialogs.begin(SIGNING_IN)
    await dialogs.take(state)
    assert await dialogs.take(state) is None


async def test_of_many_takers_one_gets_the_dialog(dialogs: Dialogs) -> None:
    state = await dialogs.begin(SIGNING_IN)
    taken = await asyncio.gather(*(dialogs.take(state) for _ in range(20)))
    assert [dialog for dialog in taken if dialog] == [SIGNING_IN]


@pytest.mark.parametrize("state", ["", "unknown", "x" * 5000])
async def test_an_unknown_state_finds_nothing(dialogs: Dialogs, state: str) -> None:
    assert await dialogs.take(state) is None


async def test_every_dialog_has_its_own_state(dialogs: Dialogs) -> None:
    assert len({await dialogs.begin(SIGNING_IN) for _ in range(50)}) == 50


async def test_an_old_dialog_is_forgotten_in_memory() -> None:
    time = NOON
    dialogs = MemoryDialogs(lambda: time)
    state = await dialogs.begin(SIGNING_IN)
    time += DIALOG_LIFE
    assert await dialogs.take(state) is None


async def test_valkey_forgets_a_dialog_by_itself(redis: Redis) -> None:
    state = await RedisDialogs(redis, CIPHER, timedelta(minutes=15)).begin(SIGNING_IN)
    (key,) = await redis.keys(f"*{state}")
    assert 14 * 60 < await redis.ttl(key) <= 15 * 60


async def test_a_state_cannot_be_guessed(redis: Redis) -> None:
    assert len(await RedisDialogs(redis, CIPHER).begin(SIGNING_IN)) >= 43


async def test_a_dialog_that_somebody_else_wrote_is_none(redis: Redis) -> None:
    dialogs = RedisDialogs(redis, CIPHER)
    mine, other = await dialogs.begin(SIGNING_IN), await RedisDialogs(redis, Cipher(b"k" * 32)).begin(SIGNING_IN)
    await redis.set("zimogs:dialog:forged", '{"kind": "sign-in", "binding": "b"}')
    await redis.copy(f"zimogs:dialog:{mine}", "zimogs:dialog:moved")
    assert [await dialogs.take(state) for state in ("forged", "moved", other)] == [None, None, None]
    assert await dialogs.take(mine) == SIGNING_IN


async def test_a_dialog_that_another_version_began_is_none(redis: Redis) -> None:
    key = "zimogs:dialog:upgraded"
    await redis.set(key, CIPHER.encrypt(b'{"kind": "of another version"}', key))
    assert await RedisDialogs(redis, CIPHER).take("upgraded") is None
