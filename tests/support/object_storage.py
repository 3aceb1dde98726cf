"""A storage that speaks the S3 protocol: moto's server, as a process of its own on this machine."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

# Ends with its standard input, so that it outlives no test.
_SERVER = """
import logging, sys
from moto.server import ThreadedMotoServer
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(*server.get_host_and_port(), flush=True)
sys.stdin.read()
server.stop()
"""

_SIGNED = "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=any"
"""moto asks for a signature, and looks at none."""


@dataclass(frozen=True)
class ObjectStorage:
    """What stands in it."""

    endpoint: str
    session: aiohttp.ClientSession

    @classmethod
    @asynccontextmanager
    async def opened(cls, endpoint: str) -> AsyncIterator["ObjectStorage"]:
        """Connections to one for the time of the block."""
        async with aiohttp.ClientSession(headers={"authorization": _SIGNED}) as session:
            yield cls(endpoint, session)

    async def make_bucket(self, name: str) -> None:
        async with self.session.put(f"{self.endpoint}/{name}") as answer:
            answer.raise_for_status()

    async def put(self, bucket: str, key: str, content: bytes) -> None:
        async with self.session.put(f"{self.endpoint}/{bucket}/{key}", data=content) as answer:
            answer.raise_for_status()

    async def has(self, bucket: str, key: str) -> bool:
        async with self.session.head(f"{self.endpoint}/{bucket}/{key}") as answer:
            return answer.ok


@asynccontextmanager
async def running_storage() -> AsyncIterator[ObjectStorage]:
    """Have one for the time of the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _SERVER, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        host, port = (await process.stdout.readline()).decode().split()
        async with ObjectStorage.opened(f"http://{host}:{port}") as storage:
            yield storage
    finally:
        process.stdin.close()
        await process.wait()
