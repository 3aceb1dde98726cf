"""Answers that go on behind their end: too long, too slow, or packed so that they burst."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox.weather.distortions import read_body
from sandbox.weather.rules import Kind, Rule

PIECE = 64 * 1024
PIECES = 1024
GZIP = zlib.MAX_WBITS | 16  # a gzip header and trailer around the deflated bytes (RFC 1952)

Flood = Callable[[Rule, web.Request, web.StreamResponse], Awaitable[web.StreamResponse]]


async def flood(_: Rule, request: web.Request, reply: web.StreamResponse) -> web.StreamResponse:
    """Send the answer and 64 MB behind it."""
    stream = await _begin(request, reply)
    for _piece in range(PIECES):
        await stream.write(b" " * PIECE)
    return stream


async def drip(rule: Rule, request: web.Request, reply: web.StreamResponse) -> web.StreamResponse:
    """Send the answer, and one byte now and then until nobody listens any more."""
    stream = await _begin(request, reply)
    while request.transport is not None and not request.transport.is_closing():
        await asyncio.sleep(rule.duration)
        await stream.write(b" ")
    return stream


async def bomb(_: Rule, _request: web.Request, reply: web.StreamResponse) -> web.StreamResponse:
    """Send the answer and 64 MB behind it, packed."""
    packer = zlib.compressobj(1, zlib.DEFLATED, GZIP)
    packed = [packer.compress(await read_body(reply)), *(packer.compress(b" " * PIECE) for _ in range(PIECES))]
    headers = {"Content-Encoding": "gzip", "Content-Type": reply.headers["Content-Type"]}
    return web.Response(body=b"".join([*packed, packer.flush()]), status=reply.status, headers=headers)


async def _begin(request: web.Request, reply: web.StreamResponse) -> web.StreamResponse:
    stream = web.StreamResponse(status=reply.status, headers={"Content-Type": reply.headers["Content-Type"]})
    await stream.prepare(request)
    await stream.write(await read_body(reply))
    return stream


FLOODS: dict[Kind, Flood] = {Kind.FLOOD: flood, Kind.DRIP: drip, Kind.BOMB: bomb}
