"""The bench's floor: the vendor's calls as an ordinary aiohttp client makes them, with nothing around them.

It reads each file whole, checks nothing, keeps no record and writes only the downloads. It is what zimogs is compared
with, and no lower bound: `lean` and `bare` make the same calls for less.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp


@dataclass(frozen=True, slots=True)
class Floor:
    """A transport over one session with everything that aiohttp brings along."""

    http: aiohttp.ClientSession
    url: str

    async def ask(
        self, method: str, path: str, authorization: str, body: bytes = b"", content_type: str = "application/json"
    ) -> bytes:
        """Implements `Transport`."""
        headers = {"Authorization": authorization, "Content-Type": content_type}
        async with self.http.request(method, self.url + path, headers=headers, data=body or None) as reply:
            reply.raise_for_status()
            return await reply.read()

    async def upload(self, path: str, authorization: str, file: Path, content_type: str) -> None:
        """Implements `Transport`."""
        form = aiohttp.FormData(quote_fields=False)
        content = await asyncio.to_thread(file.read_bytes)
        form.add_field("file", content, filename=file.name, content_type=content_type)
        async with self.http.put(self.url + path, headers={"Authorization": authorization}, data=form) as reply:
            reply.raise_for_status()
            await reply.read()

    async def download(self, path: str, authorization: str, target: Path) -> None:
        """Implements `Transport`."""
        async with self.http.get(self.url + path, headers={"Authorization": authorization}) as reply:
            reply.raise_for_status()
            await asyncio.to_thread(target.write_bytes, await reply.read())

    async def redirect(self, path: str) -> str:
        """Implements `Transport`."""
        async with self.http.get(self.url + path, allow_redirects=False) as reply:
            return reply.headers["Location"]


@asynccontextmanager
async def floor(url: str, _in_flight: int) -> AsyncIterator[Floor]:
    """A floor for the time of the block."""
    async with aiohttp.ClientSession() as http:
        yield Floor(http, url)
