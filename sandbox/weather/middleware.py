"""Letting each call meet the weather that is ordered for it."""

import asyncio
import socket
import struct

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.refusals import refusal_for, refused
from sandbox.vendor import vendor_of
from sandbox.weather.distortions import body_of, distorted
from sandbox.weather.faults import RULE
from sandbox.weather.rules import Kind, Operation, Rule

BREAK_OFF = struct.pack("ii", 1, 0)  # SO_LINGER, zero seconds: the peer meets a reset, not an orderly end


@web.middleware
async def weather(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count the call and carry it out, or fail it as the rule says."""
    operation = operation_of(request)
    if operation is None:
        return await handler(request)
    vendor = vendor_of(request)
    vendor.counters.calls[operation] += 1
    rule = vendor.forecast.next(operation)
    if rule is None:
        return await handler(request)
    return await _stormy(request, handler, rule)


def operation_of(request: web.Request) -> Operation | None:
    """Return the operation this route belongs to: its name up to the first dot."""
    name = request.match_info.route.name
    return Operation(name.partition(".")[0]) if name else None


async def _stormy(request: web.Request, handler: Handler, rule: Rule) -> web.StreamResponse:
    if rule.kind in {Kind.STATUS, Kind.RESET, Kind.DELAY}:
        reply = await handler(request) if rule.after_work else None
        return await _lost(request, handler, rule, reply)
    request[RULE] = rule
    reply = await handler(request)
    if rule.kind is Kind.HALF_BODY:
        return await _halved(request, reply)
    return await distorted(request, rule, reply)


async def _lost(
    request: web.Request, handler: Handler, rule: Rule, reply: web.StreamResponse | None
) -> web.StreamResponse:
    if rule.kind is Kind.DELAY:
        await asyncio.sleep(rule.seconds)
        return reply or await handler(request)
    if rule.kind is Kind.RESET:
        _break_off(request)
        return web.Response()
    retry_after = {} if rule.retry_after is None else {"Retry-After": str(rule.retry_after)}
    answer = refused(refusal_for(request.path, rule.status, "weather", f"bad weather: {rule.status}"))
    answer.headers.update(retry_after)
    return answer


def _break_off(request: web.Request) -> None:
    transport = request.transport
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, BREAK_OFF)
    transport.abort()


async def _halved(request: web.Request, reply: web.StreamResponse) -> web.StreamResponse:
    body = await body_of(reply)
    half = web.StreamResponse(status=reply.status, headers={"Content-Type": reply.headers["Content-Type"]})
    half.content_length = len(body)
    await half.prepare(request)
    await half.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return half
