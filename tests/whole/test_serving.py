"""Strangers at the door: odd requests, slow ones, and too many of them."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from tests.support.waiting import PATIENCE
from tests.whole.site import Site
from worker.app.serving import listen, served


def a_form(kind: bytes, content: bytes) -> bytes:
    """A form that says to be of this kind."""
    head = b"POST /sign-in HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
    return head % (kind, len(content)) + content


ODD = {
    b"\x16\x03\x01\x00\xa5\x01\x00\x00\r\n\r\n": 400,
    b"\x00" * 1000 + b"\r\n\r\n": 400,
    b"GET / HTTP/9.9\r\n\r\n": 400,
    b"GET  HTTP/1.1\r\n\r\n": 400,
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nbad header\r\n\r\n": 400,
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: \x00\r\n\r\n": 400,
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: " + b"x" * 20_000 + b"\r\n\r\n": 400,
    b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n": 400,
    b"GET / HTTP/1.1\r\n" + b"X: x\r\n" * 500 + b"\r\n": 400,
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: -1\r\n\r\n": 400,
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc": 400,
    b"POST /sign-in HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n": 400,
    a_form(b"multipart/form-data; boundary=x", b"--x\r\nbad\r\n\r\n--x--\r\n"): 403,
    a_form(b"multipart/form-data", b"x"): 403,
    a_form(b"application/x-www-form-urlencoded; charset=nonsense", b"a=b"): 403,
    a_form(b"application/x-www-form-urlencoded", b"\xff\xfe"): 403,
    b"TRACE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n": 405,
    b"BREW / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n": 400,
    b"GET /%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n": 404,
    b"GET /%ff%00 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n": 404,
    b"GET /batches/%2e%2e%2f HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n": None,
    b"GET /static/../../config HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n": 404,
    b"GET / HTTP/1.0\r\n\r\n": 200,
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: miracles\r\n\r\n": 417,
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nCookie: zimogs=\xff\xfe\r\n\r\n": None,
    b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n": 404,
}
"""What is sent, and how the answer is numbered, where that is ours to say."""


async def test_an_odd_request_gets_an_answer_without_traceback_version_or_echo(site: Site) -> None:
    for request, status in ODD.items():
        answer = await say(site.url, request)
        numbers = re.match(rb"HTTP/1\.[01] (\d{3}) ", answer)
        assert numbers, (request[:60], answer[:200])
        assert status in {None, int(numbers[1])}, (request[:60], answer[:200])
        assert int(numbers[1]) < 500, (request[:60], answer[:200])
        assert re.search(rb"(?i)\r\nserver: zimogs\r\n", answer), (request[:60], answer[:300])
        assert not re.search(rb"(?i)traceback|aiohttp|python|xxxx", answer), (request[:60], answer[:500])


async def test_a_request_whose_head_does_not_come_is_not_waited_for() -> None:
    async with a_page(idle=0.1) as port:
        for said in (b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"):
            assert await say(port, said) == b""
        answer = await say(port, b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHo")
        assert answer.count(b"HTTP/1.1 200") == 1


async def test_of_too_many_connections_the_last_ones_are_ended_and_the_others_served() -> None:
    async with a_page(connections=2) as port:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        for reader, writer in held:
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert b"200" in await reader.readline()
        assert await say(port, b"") == b""
        _, writer = held.pop()
        writer.close()
        async with asyncio.timeout(PATIENCE):
            while not await say(port, b"GET / HTTP/1.0\r\n\r\n"):  # noqa: ASYNC110  nobody is told of its end
                await asyncio.sleep(0.01)
        held[0][1].close()


@pytest.mark.parametrize("size", [20_000, 10_000_000])
async def test_whoever_does_not_take_the_answers_is_let_go(size: int) -> None:
    loop = asyncio.get_running_loop()

    async def send_until_ended(connection: socket.socket) -> None:
        while True:
            await loop.sock_sendall(connection, b"\r\n")
            await asyncio.sleep(0.01)

    async with a_page(idle=0.2, sending=0.2, size=size) as port, asyncio.timeout(PATIENCE):
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(0)
            await loop.sock_connect(connection, ("127.0.0.1", port))
            await loop.sock_sendall(connection, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 500)
            with pytest.raises(ConnectionError):
                await send_until_ended(connection)


@pytest.mark.parametrize("host", ["127.0.0.1"])
async def test_other_pages_of_ours_name_no_version_either(host: str) -> None:
    async with a_page() as port:
        answer = await say(port, b"GET /nowhere HTTP/1.0\r\n\r\n")
    assert b"Server: zimogs" in answer
    assert b"aiohttp" not in answer


@asynccontextmanager
async def a_page(size: int = 4, **options: float) -> AsyncIterator[int]:
    """A page of so many bytes that answers everything, on a port of its own."""

    async def page(_: web.Request) -> web.Response:
        return web.Response(text="here" * (size // 4))

    application = web.Application()
    application.router.add_get("/", page)
    listener = listen("127.0.0.1", 0)
    async with served(application, listener, **options):  # type: ignore[arg-type]
        yield listener.getsockname()[1]


async def say(where: str | int, request: bytes) -> bytes:
    """Connect, say it, and hear the answer, until the server ends the connection."""
    port = where if isinstance(where, int) else int(where.rpartition(":")[2])
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, family=socket.AF_INET)
        try:
            writer.write(request)
            return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()
