"""Letting each call meet the weather that is ordered for it."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from datetime import timedelta
from email.utils import format_datetime

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.eidas.permissions import bearer
from sandbox.refusals import refusal_for, refusal_response
from sandbox.vendor import vendor_of
from sandbox.weather.distortions import distort, read_body
from sandbox.weather.faults import RULE
from sandbox.weather.operations import Operation
from sandbox.weather.rules import Kind, Rule

BREAK_OFF = struct.pack("ii", 1, 0)  # SO_LINGER, zero seconds: the peer meets a reset, not an orderly end
LOSING = frozenset({Kind.STATUS, Kind.RESET, Kind.DELAY, Kind.HANG})


@web.middleware
async def apply_weather(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count the call and carry it out, after the time it takes, or fail it as the rule says."""
    operation = operation_of(request)
    if operation is None:
        return await handler(request)
    vendor = vendor_of(request)
    vendor.counters.calls[operation] += 1
    rule, seconds = vendor.schedule.next(operation), vendor.schedule.seconds(operation)
    if rule or seconds:
        await _received(request)
        await asyncio.sleep(seconds)
    return await _stormy(request, handler, rule) if rule else await handler(request)


async def _received(request: web.Request) -> None:
    """Take in the whole order first: the work is done for a client that hangs up during the wait, too."""
    if not request.content_type.startswith("multipart/"):
        await request.read()


def operation_of(request: web.Request) -> Operation | None:
    """Return the operation this route belongs to: its name up to the first dot."""
    name = request.match_info.route.name
    return Operation(name.partition(".")[0]) if name else None


async def _stormy(request: web.Request, handler: Handler, rule: Rule) -> web.StreamResponse:
    request[RULE] = rule
    if rule.kind in LOSING:
        reply = await handler(request) if rule.after_work else None
        return await _lost(request, handler, rule, reply)
    if rule.kind in BEFOREHAND:
        await BEFOREHAND[rule.kind](request)
    reply = await handler(request)
    if rule.kind is Kind.HALF_BODY:
        return await _halved(request, reply)
    return await distort(request, rule, reply)


async def _lost(
    request: web.Request, handler: Handler, rule: Rule, reply: web.StreamResponse | None
) -> web.StreamResponse:
    """Lose the answer to work that is done, or not even begun."""
    await asyncio.sleep(rule.duration)
    if rule.kind is Kind.DELAY:
        return reply or await handler(request)
    if rule.kind is Kind.RESET:
        _break_off(request)
        return web.Response()
    return weather_answer(request, rule)


def _break_off(request: web.Request) -> None:
    transport = request.transport
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, BREAK_OFF)
    transport.abort()


async def _halved(request: web.Request, reply: web.StreamResponse) -> web.StreamResponse:
    body = await read_body(reply)
    half = web.StreamResponse(status=reply.status, headers={"Content-Type": reply.headers["Content-Type"]})
    half.content_length = len(body)
    await half.prepare(request)
    await half.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return half


CHALLENGE = {"WWW-Authenticate": 'Bearer error="invalid_token"'}


def weather_answer(request: web.Request, rule: Rule) -> web.Response:
    """Return the rule's status in the error body of the service, or as a page of a proxy before it."""
    said = f"bad weather: {rule.status}"
    if rule.page:
        answer = web.Response(text=f"<h1>{said}</h1>", status=rule.status, content_type="text/html")
    else:
        answer = refusal_response(refusal_for(request.path, rule.status, "weather", said))
    if rule.status == web.HTTPUnauthorized.status_code:
        answer.headers.update(CHALLENGE)
    answer.headers.update(_retry_after(request, rule))
    return answer


def _retry_after(request: web.Request, rule: Rule) -> dict[str, str]:
    """Return the header that asks for patience, in seconds or as a moment (RFC 9110 §10.2.3)."""
    if rule.retry_after is None:
        return {}
    moment = vendor_of(request).now() + timedelta(seconds=rule.retry_after)
    return {"Retry-After": format_datetime(moment, usegmt=True) if rule.retry_after_date else str(rule.retry_after)}


async def _expire_token(request: web.Request) -> None:
    vendor = vendor_of(request)
    vendor.grants.tokens.take(bearer(request), vendor.now())


async def _spend_code(request: web.Request) -> None:
    vendor = vendor_of(request)
    fields = {**request.query, **await request.post()}
    vendor.grants.codes.take(str(fields.get("code", "")), vendor.now())


BEFOREHAND: dict[Kind, Callable[[web.Request], Awaitable[None]]] = {
    Kind.EXPIRED_TOKEN: _expire_token,
    Kind.SPENT_CODE: _spend_code,
}
