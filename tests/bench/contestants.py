"""Whoever seals the documents of a round: a client that is a program of its own, or zimogs."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.bench.case import Case


class Contestant(Protocol):
    """What a round needs of one."""

    @property
    def pid(self) -> int:
        """The process whose work counts as its own."""
        ...

    async def run(self, files: Sequence[Path]) -> None:
        """Have all files sealed."""
        ...

    def path_of_sealed(self, original: Path) -> Path:
        """Where the sealed file of a document stands afterwards."""
        ...


class ClientFailed(Exception):
    """A client ended before it was done; its own words stand above."""


@dataclass(frozen=True, slots=True)
class ClientProcess:
    """A running client, which writes what was sealed to `target`."""

    name: str
    process: asyncio.subprocess.Process
    target: Path

    @property
    def pid(self) -> int:
        """Implements `Contestant`."""
        return self.process.pid

    async def run(self, files: Sequence[Path]) -> None:
        """Implements `Contestant`. Raises ClientFailed."""
        order = {"files": [str(file) for file in files], "target": str(self.target)}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        if await self.process.stdout.readline() != b"done\n":
            raise ClientFailed(self.name)

    def path_of_sealed(self, original: Path) -> Path:
        """Implements `Contestant`."""
        return self.target / original.name


@asynccontextmanager
async def running_client(
    name: str, case: Case, target: Path, environment: Mapping[str, str]
) -> AsyncIterator[ClientProcess]:
    """Have the client running for the time of the block."""
    await asyncio.to_thread(target.mkdir, parents=True, exist_ok=True)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.client", name),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | environment,
    )
    try:
        assert process.stdin is not None
        process.stdin.write(case.as_json().encode() + b"\n")
        yield ClientProcess(name, process, target)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
