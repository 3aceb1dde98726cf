"""`zimogs run` starts and stops within seconds, whatever the vendor and Redis do, and says so in JSON alone."""

import asyncio
import json
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.support.pki import the_authority
from tests.support.waiting import PATIENCE
from tests.whole.rehearsal import ZIMOGS

SOON = 15.0
"""Seconds; what waits for one that never answers takes minutes."""

SETTINGS = """
[eparaksts]
platform_url = "http://127.0.0.1:{silent}"
signapi_url = "http://127.0.0.1:{silent}"
client_id = "client"
client_secret = "secret"
[desk]
port = 0
[observed]
port = 0
[trust]
anchors = ["root.pem"]
[routes.invoices]
seal = "CN:SIA PARAUGS: eZīmogs"
approvers = ["000123-00001"]
"""


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that accepts every connection and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        yield server.getsockname()[1]


@pytest.fixture
def config(tmp_path: Path, silent: int) -> Path:
    path = tmp_path / "zimogs.toml"
    path.write_text(SETTINGS.format(silent=silent), encoding="utf-8")
    (tmp_path / "root.pem").write_bytes(the_authority().root_pem)
    return path


class Program:
    """`zimogs run --json`, with what it says as lines of JSON."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.address = ""

    async def announced(self) -> None:
        assert self.process.stdout is not None
        self.address = json.loads(await self.process.stdout.readline())["observed"]

    async def said(self, event: str) -> dict[str, Any]:
        """Read the log up to this event."""
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            told: dict[str, Any] = json.loads(line)
            if told["event"] == event:
                return told
        raise AssertionError(f"it never said {event!r}")

    async def rest(self) -> list[dict[str, Any]]:
        assert self.process.stderr is not None
        return [json.loads(line) async for line in self.process.stderr]

    async def look(self, path: str) -> tuple[int, dict[str, Any]]:
        async with aiohttp.ClientSession() as http, http.get(f"{self.address}{path}") as reply:
            return reply.status, await reply.json()


@asynccontextmanager
async def started(config: Path) -> AsyncIterator[Program]:
    process = await asyncio.create_subprocess_exec(
        ZIMOGS, "run", "--json", "--config", config, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(PATIENCE):
            program = Program(process)
            await program.announced()
            yield program
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_vendor_that_never_answers_holds_up_neither_start_nor_end(config: Path) -> None:
    began = time.monotonic()
    async with started(config) as program:
        assert await program.look("/livez") == (200, {"status": "alive"})
        assert await program.look("/readyz") == (200, {"status": "ready", "faults": {}})
        program.process.send_signal(signal.SIGTERM)
        assert [line["level"] for line in await program.rest()] == ["info", "info"]
        assert await program.process.wait() == 0
    assert time.monotonic() - began < SOON


async def test_a_redis_that_never_answers_is_told_and_keeps_nobody_from_stopping(
    config: Path, silent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZIMOGS_REDIS__URL", f"redis://127.0.0.1:{silent}")
    async with started(config) as program:
        assert (await program.look("/livez"))[0] == 200
        status, answer = await program.look("/readyz")
        assert (status, list(answer["faults"])) == (503, ["redis"])
        asked_at = time.monotonic()
        program.process.send_signal(signal.SIGTERM)
        await program.said("stopping")
        assert await program.process.wait() == 0
    assert time.monotonic() - asked_at < SOON


async def test_a_second_signal_ends_at_once(config: Path, silent: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZIMOGS_REDIS__URL", f"redis://127.0.0.1:{silent}")
    async with started(config) as program:
        program.process.send_signal(signal.SIGTERM)
        await program.said("stopping")
        program.process.send_signal(signal.SIGINT)
        await program.said("stopped at once")
        assert await program.process.wait() == 128 + signal.SIGINT
