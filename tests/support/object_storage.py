"""A storage that speaks the S3 protocol: moto's server, as a process of its own on this machine."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection

import aiohttp
from pydantic import SecretStr

from config.storage import StorageSettings
from worker.objects.bucket import Bucket, BucketObject, Listed
from worker.objects.opening import open_bucket

# Ends with its standard input, so that it outlives no test. One request at a time: between looking whether an object is
# there and creating it, moto lets others in, which no storage may that knows conditional writes. S3 alone: to find out
# which of AWS' services a request means takes moto as long as its answer.
_SERVER = """
import logging, sys, threading
from moto.server import create_backend_app
from werkzeug.serving import make_server
logging.getLogger("werkzeug").setLevel(logging.ERROR)
application, turn = create_backend_app("s3"), threading.Lock()
def answer(environ, start):
    with turn:
        return application(environ, start)
server = make_server("127.0.0.1", 0, answer, threaded=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(*server.server_address, flush=True)
sys.stdin.read()
server.shutdown()
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


@dataclass(frozen=True)
class BucketServer:
    """A storage with one bucket, of which each test takes a prefix of its own."""

    endpoint: str
    pid: int
    name: str = "zimogs"

    def settings(self, prefix: str) -> StorageSettings:
        """The table of settings that has everything stand below that prefix."""
        url = f"s3://{self.name}/{prefix}?endpoint={self.endpoint}"
        return StorageSettings(url=url, access_key_id="key", secret_access_key=SecretStr("secret"))

    def bucket(self, prefix: str = "") -> Bucket:
        return open_bucket(self.name, prefix, endpoint=self.endpoint, region="us-east-1", keys=("key", "secret"))


class Counted(Bucket):
    """The same bucket, with the number of requests made by this object."""

    def __init__(self, bucket: Bucket) -> None:
        super().__init__(bucket._store)
        self.requests = 0

    def look(self, key: str) -> BucketObject:
        self.requests += 1
        return super().look(key)

    def has(self, key: str) -> bool:
        self.requests += 1
        return super().has(key)

    def list(self, folder: str, *, after: str | None = None) -> Iterator[Listed]:
        self.requests += 1
        return super().list(folder, after=after)

    def names(self, folder: str) -> frozenset[str]:
        self.requests += 1
        return super().names(folder)


@contextmanager
def bucket_server() -> Iterator[BucketServer]:
    """Have one for the time of the block, for tests without a loop of their own."""
    with subprocess.Popen([sys.executable, "-c", _SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        host, port = process.stdout.readline().decode().split()
        server = BucketServer(f"http://{host}:{port}", process.pid)
        connection = HTTPConnection(host, int(port))
        connection.request("PUT", f"/{server.name}", headers={"authorization": _SIGNED})
        assert connection.getresponse().status == 200
        connection.close()
        try:
            yield server
        finally:
            process.stdin.close()
