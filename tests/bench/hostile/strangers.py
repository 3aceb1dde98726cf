"""Strangers at the desk and at the metrics listener: they connect and say nothing, little, too much, or nonsense."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from tests.bench.hostile.running import Bench, Cost
from tests.whole.test_serving import ODD

_LONGEST = 240.0
_PAUSE = 0.1
_CROWD = 1000
"""Connections at once."""
_GONE = {"06", "0A"}
"""TIME_WAIT and LISTEN, as proc(5) writes the states of TCP."""
Behaviour = Callable[[socket.socket], Awaitable[object]]
"""What a stranger does with its connection, until it is ended."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many strangers who all do the same."""

    name: str
    behave: Behaviour
    count: int = _CROWD
    at_metrics: bool = False


async def _say_nothing(connection: socket.socket) -> None:
    await asyncio.get_running_loop().sock_recv(connection, 1)


async def _say_head_slowly(connection: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(connection, b"GET / HTTP/1.1\r\nHost: a\r\n")
    while True:
        await loop.sock_sendall(connection, b"X: x\r\n")
        await asyncio.sleep(1)


def _read_nothing(path: str) -> Behaviour:
    async def behave(connection: socket.socket) -> None:
        request = b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % path.encode()
        await asyncio.get_running_loop().sock_sendall(connection, request * 100)
        await asyncio.sleep(_LONGEST)

    return behave


async def _send_without_end(connection: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    head = b"POST /sign-in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
    await loop.sock_sendall(connection, head + b"Content-Type: application/x-www-form-urlencoded\r\n\r\n")
    for _ in range(1000):
        await loop.sock_sendall(connection, b"10000\r\n" + b"x" * 65536 + b"\r\n")


def _ask_often(path: str, times: int) -> Behaviour:
    async def behave(connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        for number in range(times):
            end = b"Connection: close\r\n" if number == times - 1 else b""
            await loop.sock_sendall(connection, b"GET %b HTTP/1.1\r\nHost: a\r\n%b\r\n" % (path.encode(), end))
        while await loop.sock_recv(connection, 1 << 16):
            pass

    return behave


async def _say_odd_things(connection: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    for request in ODD:
        with suppress(OSError), socket.socket() as another:
            another.settimeout(0)
            await loop.sock_connect(another, connection.getpeername())
            await loop.sock_sendall(another, request)
            while await loop.sock_recv(another, 1 << 16):
                pass


def crowds() -> Iterator[Crowd]:
    """Every kind, at both listeners where both can meet it."""
    for at_metrics, where, path in ((False, "desk", "/"), (True, "metrics", "/metrics")):
        yield Crowd(f"{where}: 1,000 idle connections", _say_nothing, at_metrics=at_metrics)
        yield Crowd(f"{where}: 1,000 heads that come slowly", _say_head_slowly, at_metrics=at_metrics)
        yield Crowd(
            f"{where}: 400 who ask a hundred times and read nothing", _read_nothing(path), 400, at_metrics=at_metrics
        )
        yield Crowd(f"{where}: 1,300 odd requests", _say_odd_things, 50, at_metrics=at_metrics)
        yield Crowd(f"{where}: 2,000 requests by 100", _ask_often(path, 20), 100, at_metrics=at_metrics)
    yield Crowd("desk: 100 forms of 64 MB", _send_without_end, 100)


async def measure_crowd(bench: Bench, crowd: Crowd) -> Cost:
    """Have the crowd come, open a page beside it, and wait until nobody of it is connected any more."""
    desk = bench.app.settings.desk.public_url
    port = bench.app.settings.observed.port if crowd.at_metrics else int(urlsplit(desk).port or 0)
    async with _coming(crowd, port) as come:
        page: asyncio.Task[float] | None = None

        async def begin() -> None:
            nonlocal page
            await come()
            page = asyncio.create_task(_page_delay(desk))

        async def end() -> str:
            assert page is not None
            waited, left = await page, await _left(port)
            return f"{left} still connected" if left else f"all ended; a page after {waited:.1f} s"

        return await bench.measure_beside(crowd.name, begin, end)


@asynccontextmanager
async def _coming(crowd: Crowd, port: int) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Gives what has the crowd connect; it goes with the block, if it was not sent away before."""
    tasks: list[asyncio.Task[None]] = []

    async def come() -> None:
        tasks.extend(asyncio.create_task(_visit(port, crowd.behave)) for _ in range(crowd.count))
        await asyncio.sleep(1)

    try:
        yield come
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _visit(port: int, behave: Behaviour) -> None:
    with suppress(OSError), socket.socket() as connection:
        connection.settimeout(0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
        await behave(connection)


async def _page_delay(desk: str) -> float:
    """Seconds until a person who tries again and again sees the desk's first page."""
    began = time.monotonic()
    async with aiohttp.ClientSession() as http:
        while time.monotonic() - began < _LONGEST:
            with suppress(aiohttp.ClientError, TimeoutError):
                async with http.get(desk, headers={"Connection": "close"}) as reply:
                    await reply.read()
                    if reply.ok:
                        break
            await asyncio.sleep(_PAUSE)
    return time.monotonic() - began


async def _left(port: int) -> int:
    """Wait until nobody is connected to the port; gives how many are after a long while."""
    began = time.monotonic()
    while (left := await asyncio.to_thread(_connections, port)) and time.monotonic() - began < _LONGEST:  # noqa: ASYNC110
        await asyncio.sleep(_PAUSE)
    return left


def _connections(port: int) -> int:
    """Connections that the program at that port holds; those that nobody holds have no inode."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ours = [row for row in rows if row[1].endswith(f":{port:04X}")]
    return sum(row[3] not in _GONE and row[9] != "0" for row in ours)
