"""What passes connections on: to whichever desk lives, or to servers that a machine in another network asks for."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import count
from urllib.parse import unquote, urlsplit

_PATIENCE = 1.0
"""Seconds until the next one is tried: from a machine that is cut off no answer comes at all."""

_Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def balanced(address: str, targets: Sequence[str], silence: float | None = None) -> AsyncIterator[str]:
    """Pass connections on, to one address after the other, for the time of the block; yields where we listen.

    With the port 0 the system chooses one. What stands behind `unix://` is a socket's path. After so many seconds of
    `silence` of whoever was chosen a connection is closed, so that the next one goes elsewhere.
    """
    turns, ours, lines = count(), urlsplit(address), dict[asyncio.StreamWriter, asyncio.Future[None]]()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, lines[writer] = next(turns), asyncio.get_running_loop().create_future()
        try:
            for offset in range(len(targets)):
                with suppress(OSError):
                    async with asyncio.timeout(_PATIENCE):
                        inner = await _connect(targets[(first + offset) % len(targets)])
                    await asyncio.gather(_pass_on(reader, inner[1]), _pass_on(inner[0], writer, silence))
                    break
        finally:
            writer.close()
            lines.pop(writer).set_result(None)

    server = await asyncio.start_server(answer, ours.hostname, ours.port, reuse_address=True)
    try:
        yield f"{ours.scheme}://{ours.hostname}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        # Who is still being answered when the loop ends leaves sockets open.
        open_lines = dict(lines)
        for line in open_lines:
            line.transport.abort()
        await asyncio.gather(*open_lines.values())


async def _connect(address: str) -> _Connection:
    parts = urlsplit(address)
    if parts.scheme == "unix":
        return await asyncio.open_unix_connection(unquote(parts.path))
    return await asyncio.open_connection(parts.hostname, parts.port)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, silence: float | None = None) -> None:
    with suppress(OSError):
        while piece := await asyncio.wait_for(reader.read(1 << 16), silence):
            writer.write(piece)
            await writer.drain()
    with suppress(OSError):
        writer.close()
