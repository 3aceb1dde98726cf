"""Letting each call meet the weather in force: late, refused, cut off, or answered wrongly."""

import asyncio
import socket
import struct
from datetime import timedelta
from email.utils import format_datetime

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.eidas.permissions import bearer
from sandbox.refusals import refusal_for, refusal_response
from sandbox.vendor import vendor_of
from sandbox.weather.distortions import distort, read_body
from sandbox.weather.faults import RULE
from sandbox.weather.floods import FLOODS
from sandbox.weather.operations import OF_A_BROWSER, Operation
from sandbox.weather.rules import Kind, Rule

RESET = struct.pack("ii", 1, 0)  # SO_LINGER, zero seconds: the peer meets a reset, not an orderly end
# They do not depend on what is answered, so the answer may be lost before any work is done.
LOSING = frozenset({Kind.STATUS, Kind.RESET, Kind.DELAY, Kind.HANG})
CHALLENGE = {"WWW-Authenticate": 'Bearer error="invalid_token"'}


@web.middleware
async def apply_weather(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count the call and carry it out, after the time it takes, or fail it as the rule says."""
    operation = operation_of(request)
    if operation is None:
        return await handler(request)
    vendor = vendor_of(request)
    vendor.counters.calls[operation] += 1
    if operation in OF_A_BROWSER:
        return await _meet(operation, request, handler)
    if vendor.schedule.is_full:
        return weather_response(request, Rule(operation=operation, kind=Kind.STATUS, status=429))
    with vendor.schedule.under_way():
        return await _meet(operation, request, handler)


async def _meet(operation: Operation, request: web.Request, handler: Handler) -> web.StreamResponse:
    vendor = vendor_of(request)
    rule, seconds = vendor.schedule.next(operation), vendor.schedule.seconds(operation)
    if rule or seconds:
        # The whole request comes first: the work is done for a client that hangs up during the wait, too.
        if not request.content_type.startswith("multipart/"):
            await request.read()
        await asyncio.sleep(seconds)
    return await _apply(rule, request, handler) if rule else await handler(request)


def operation_of(request: web.Request) -> Operation | None:
    """Return the operation this route belongs to: its name up to the first dot."""
    name = request.match_info.route.name
    return Operation(name.partition(".")[0]) if name else None


async def _apply(rule: Rule, request: web.Request, handler: Handler) -> web.StreamResponse:
    request[RULE] = rule
    if rule.kind in LOSING:
        reply = await handler(request) if rule.after_work else None
        return await lose_answer(rule, request, handler, reply)
    if rule.kind is Kind.EXPIRED_TOKEN:
        vendor = vendor_of(request)
        vendor.grants.tokens.take(bearer(request), vendor.now())
    if rule.kind is Kind.SPENT_CODE:
        vendor = vendor_of(request)
        fields = {**request.query, **await request.post()}
        vendor.grants.codes.take(str(fields.get("code", "")), vendor.now())
    reply = await handler(request)
    if rule.kind is Kind.HALF_BODY:
        return await send_half(request, reply)
    if rule.kind in FLOODS:
        return await FLOODS[rule.kind](rule, request, reply)
    return await distort(request, rule, reply)


async def lose_answer(
    rule: Rule, request: web.Request, handler: Handler, reply: web.StreamResponse | None
) -> web.StreamResponse:
    """Lose the answer to work that is done, or, without a reply, not even begun; a delay only holds it up."""
    held = vendor_of(request).counters.held
    held[rule.operation] += 1
    try:
        await asyncio.sleep(rule.duration)
    finally:
        held[rule.operation] -= 1
    if rule.kind is Kind.DELAY:
        return reply or await handler(request)
    if rule.kind is not Kind.RESET:
        return weather_response(request, rule)
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        request.transport.abort()
    return web.Response()


async def send_half(request: web.Request, reply: web.StreamResponse) -> web.StreamResponse:
    """Announce the whole body, send the first half of it, and break the connection off."""
    body = await read_body(reply)
    half = web.StreamResponse(status=reply.status, headers={"Content-Type": reply.headers["Content-Type"]})
    half.content_length = len(body)
    await half.prepare(request)
    await half.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return half


def weather_response(request: web.Request, rule: Rule) -> web.Response:
    """Return the rule's status in the error body of the service, or as a page of a proxy before it.

    It may ask for patience, in seconds or until a moment (RFC 9110 §10.2.3).
    """
    said = f"bad weather: {rule.status}"
    if rule.page:
        answer = web.Response(text=f"<h1>{said}</h1>", status=rule.status, content_type="text/html")
    else:
        answer = refusal_response(refusal_for(request.path, rule.status, "weather", said))
    if rule.status == web.HTTPUnauthorized.status_code:
        answer.headers.update(CHALLENGE)
    if rule.retry_after is not None:
        moment = vendor_of(request).now() + timedelta(seconds=rule.retry_after)
        as_date = format_datetime(moment, usegmt=True)
        answer.headers["Retry-After"] = as_date if rule.retry_after_date else str(rule.retry_after)
    return answer
