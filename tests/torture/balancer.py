"""What stands before several desks in a house of machines: one address, behind which whoever lives answers."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import count
from urllib.parse import urlsplit

_HOST = "127.0.0.1"


@asynccontextmanager
async def balanced(address: str, desks: Sequence[str]) -> AsyncIterator[None]:
    """Pass connections on, to one desk after the other, for the time of the block."""
    ports = [urlsplit(desk).port for desk in desks]
    turns = count()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = next(turns)
        with suppress(OSError):
            for offset in range(len(ports)):
                with suppress(OSError):
                    inner = await asyncio.open_connection(_HOST, ports[(first + offset) % len(ports)])
                    await asyncio.gather(_pass_on(reader, inner[1]), _pass_on(inner[0], writer))
                    break
        writer.close()

    server = await asyncio.start_server(answer, _HOST, urlsplit(address).port, reuse_address=True)
    try:
        yield
    finally:
        server.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(1 << 16):
            writer.write(piece)
            await writer.drain()
    with suppress(OSError):
        writer.close()
