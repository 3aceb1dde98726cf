"""What happens to a house beside a death at one place: faults of Redis, the disk, the clock, and deaths at any moment.

Each fault comes at a moment that the seed chooses, lasts some seconds, and goes.
"""

import asyncio
import os
import random
import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from tenacity import retry_if_exception_type, wait_fixed
from tenacity.asyncio import AsyncRetrying

from jobs.model.freeze import Freeze
from tests.torture.house import House, StandsStill
from worker.clock import utc_now
from worker.queue.socket_path import choose_socket_path

Fault = Callable[[House, random.Random], Awaitable[None]]
_MINUTE = 60
_HOUR = 60 * _MINUTE
_LASTS = (1.0, 4.0)
"""Seconds that a fault lasts, at least and at most."""


async def die_often(house: House, chance: random.Random) -> None:
    """Every process is killed five times, whatever it is doing."""
    for _ in range(5):
        await asyncio.sleep(chance.uniform(0.05, 1.5))
        await house.processes.kill()


async def freeze_and_die(house: House, chance: random.Random) -> None:
    """Somebody freezes all sealing, and every process is killed: whatever is started again signs nothing meanwhile."""
    await asyncio.sleep(chance.uniform(0.1, 3))
    freezes = house.disk.freezes
    await freezes.begin(Freeze(at=utc_now(), by="torture", reason="an audit"))
    await house.processes.kill()
    before = (await house.counters())["calls"].get("sign", 0)
    await while_it_lasts(chance)
    signed = (await house.counters())["calls"].get("sign", 0) - before
    await freezes.lift(None, at=utc_now(), by="torture")
    if signed:
        raise StandsStill(f"{signed} signature calls while sealing was frozen")


async def flush_redis(house: House, chance: random.Random) -> None:
    """Redis forgets everything, three times."""
    for _ in range(3):
        await asyncio.sleep(chance.uniform(0.1, 1.5))
        async with _redis(house) as redis:
            await redis.flushall()


async def kill_redis(house: House, chance: random.Random) -> None:
    """Redis is killed, twice."""
    for _ in range(2):
        await asyncio.sleep(chance.uniform(0.1, 2))
        os.kill(await _redis_pid(house), signal.SIGKILL)


async def stop_redis(house: House, chance: random.Random) -> None:
    """Redis neither answers nor ends."""
    await asyncio.sleep(chance.uniform(0.1, 1))
    pid = await _redis_pid(house)
    os.kill(pid, signal.SIGSTOP)
    try:
        await while_it_lasts(chance)
    finally:
        # Its owner may have lost patience and ended it.
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


async def fill_redis(house: House, chance: random.Random) -> None:
    """Redis takes nothing more."""
    await asyncio.sleep(chance.uniform(0.1, 1))
    async with _redis(house) as redis:
        before = (await redis.config_get("maxmemory"))["maxmemory"]
        await redis.config_set("maxmemory", 1)
        try:
            await while_it_lasts(chance)
        finally:
            await redis.config_set("maxmemory", before)


async def fill_disk(house: House, chance: random.Random) -> None:
    """Nothing more fits on the disk with the data folder."""
    await asyncio.sleep(chance.uniform(0.1, 1))
    ballast = house.settings.folders.data / "ballast"
    try:
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(1 << 16))
        await while_it_lasts(chance)
    finally:
        ballast.unlink()


async def lock_outbox(house: House, chance: random.Random) -> None:
    """Nothing can be written to the outbox."""
    await asyncio.sleep(chance.uniform(0.1, 1))
    try:
        await _remount(house.settings.folders.outbox, "ro")
        await while_it_lasts(chance)
    finally:
        await _remount(house.settings.folders.outbox, "rw")


async def step_back(house: House, chance: random.Random) -> None:
    """The clock goes back by an hour, and later is set right: nothing is sealed with a clock that is so wrong."""
    await asyncio.sleep(chance.uniform(0.1, 1))
    house.clock.set(-_HOUR)
    await while_it_lasts(chance)
    house.clock.set(0)


async def drift(house: House, chance: random.Random) -> None:
    """The clock goes back by as much as it may be wrong, and stays so."""
    await asyncio.sleep(chance.uniform(0.1, 1))
    house.clock.set(-4 * _MINUTE)


async def step_forward(house: House, chance: random.Random) -> None:
    """The clock goes forward by an hour, and later is set right."""
    await asyncio.sleep(chance.uniform(0.1, 1))
    house.clock.set(_HOUR)
    await while_it_lasts(chance)
    house.clock.set(0)


async def lose_a_day(house: House, chance: random.Random) -> None:
    """The clock is wrong by a day for a while."""
    await asyncio.sleep(chance.uniform(0.1, 1))
    house.clock.set(-24 * _HOUR)
    await while_it_lasts(chance)
    house.clock.set(0)


FAULTS: Mapping[str, Fault] = {
    fault.__name__.replace("_", " "): fault
    for fault in (
        die_often, freeze_and_die, flush_redis, kill_redis, stop_redis, fill_redis, fill_disk, lock_outbox,
        step_back, step_forward, drift, lose_a_day,
    )
}  # fmt: skip
ANYWHERE: Mapping[str, Fault] = {
    name: FAULTS[name]
    for name in ("die often", "freeze and die", "flush redis", "kill redis", "stop redis", "fill redis", "drift")
}
"""Those that need no folder which is shared."""
NEEDS_MOUNT = frozenset({"fill disk", "lock outbox"})
"""Those that only an administrator can bring about."""
NEEDS_CLOCK = frozenset({"step back", "step forward", "drift", "lose a day"})
"""Those that need a clock that can be set."""
WEATHERS = ("sunshine", "flaky", "busy", "lost-answers")
"""The practice vendor's weather meanwhile."""


@contextmanager
def small_disks(*folders: Path) -> Iterator[None]:
    """Have each folder on a disk of its own that is soon full, where we may do that."""
    mounted = folders if os.geteuid() == 0 else ()
    for folder in mounted:
        folder.mkdir(parents=True)
        _call("mount", "-t", "tmpfs", "-o", "size=300m,mode=0700", "tmpfs", folder)
    try:
        yield
    finally:
        for folder in mounted:
            _call("umount", "--lazy", folder)


def _call(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True)


async def _remount(folder: Path, how: str) -> None:
    patiently = AsyncRetrying(retry=retry_if_exception_type(subprocess.CalledProcessError), wait=wait_fixed(0.05))
    # Busy while a file there is open for writing.
    await patiently(asyncio.to_thread, _call, "mount", "-o", f"remount,{how}", folder)


async def while_it_lasts(chance: random.Random) -> None:
    """Let some seconds pass."""
    await asyncio.sleep(chance.uniform(*_LASTS))


@asynccontextmanager
async def _redis(house: House) -> AsyncIterator[Redis]:
    path = str(choose_socket_path(house.ground.redis))
    # Whoever was killed with it is about to start it again.
    patience = Retry(ConstantBackoff(0.1), 200)
    async with Redis(unix_socket_path=path, retry=patience, retry_on_error=[RedisConnectionError, OSError]) as redis:
        yield redis


async def _redis_pid(house: House) -> int:
    async with _redis(house) as redis:
        return int((await redis.info("server"))["process_id"])
