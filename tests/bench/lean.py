"""The leanest aiohttp client: one session without cookies, encodings or forms, files read and written in place."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.bench.form import FORM, form_of


@dataclass(frozen=True, slots=True)
class Lean:
    """A transport that has aiohttp do as little as it can."""

    http: aiohttp.ClientSession
    url: str

    async def ask(
        self, method: str, path: str, authorization: str, body: bytes = b"", content_type: str = "application/json"
    ) -> bytes:
        """Implements `Transport`."""
        headers = {"Authorization": authorization, "Content-Type": content_type}
        async with self.http.request(method, self.url + path, headers=headers, data=body or None) as reply:
            return await reply.read()

    async def upload(self, path: str, authorization: str, file: Path, content_type: str) -> None:
        """Implements `Transport`."""
        await self.ask("PUT", path, authorization, form_of(file, content_type), FORM)

    async def download(self, path: str, authorization: str, target: Path) -> None:
        """Implements `Transport`."""
        # A thread would cost more than it saves.
        target.write_bytes(await self.ask("GET", path, authorization))  # noqa: ASYNC240

    async def redirect(self, path: str) -> str:
        """Implements `Transport`."""
        async with self.http.get(self.url + path, allow_redirects=False) as reply:
            return reply.headers["Location"]


@asynccontextmanager
async def lean(url: str, in_flight: int) -> AsyncIterator[Lean]:
    """A lean client for the time of the block."""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=in_flight),
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent"),
        auto_decompress=False,
        raise_for_status=True,
        timeout=aiohttp.ClientTimeout(total=None),
    ) as http:
        yield Lean(http, url)
