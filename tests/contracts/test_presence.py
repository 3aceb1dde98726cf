"""Whether a worker is running is told by a lock, which no worker can leave behind."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from worker.storage.presence import Presence

WORKER = """
import asyncio, sys
from pathlib import Path
from worker.storage.presence import Presence
async def work():
    async with Presence(Path(sys.argv[1])).announced():
        print("here", flush=True)
        await asyncio.Event().wait()
asyncio.run(work())
"""


async def test_two_workers_are_seen_until_the_last_one_has_left(tmp_path: Path) -> None:
    presence = Presence(tmp_path / "data" / "worker.lock")
    async with presence.announced():
        async with Presence(tmp_path / "data" / "worker.lock").announced():
            assert await presence.last_seen() is None
        assert await presence.last_seen() is None
    last_seen = await presence.last_seen()
    assert last_seen is not None
    assert datetime.now(UTC) - last_seen < timedelta(hours=1)


async def test_where_no_worker_ever_was_nobody_is_there(tmp_path: Path) -> None:
    assert await Presence(tmp_path / "worker.lock").last_seen() == datetime.fromtimestamp(0, UTC)


async def test_a_killed_worker_is_gone_at_once(tmp_path: Path) -> None:
    presence = Presence(tmp_path / "worker.lock")
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WORKER, tmp_path / "worker.lock", stdout=asyncio.subprocess.PIPE
    )
    assert worker.stdout is not None
    assert await worker.stdout.readline() == b"here\n"
    assert await presence.last_seen() is None
    worker.kill()
    await worker.wait()
    assert await presence.last_seen() is not None
