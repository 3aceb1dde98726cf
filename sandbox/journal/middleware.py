"""Writing every call to both services down, with what came of it."""

import json
from datetime import datetime
from time import perf_counter

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.journal.entries import CallEntry
from sandbox.refusals import COMPLAINT
from sandbox.vendor import vendor_of
from sandbox.weather.faults import RULE

# Of a path that somebody made up, which the journal keeps and the page shows.
LONGEST_PATH = 200  # characters
RESULTS = frozenset({"finalize", "archive"})  # operations that may fail for some sessions only


@web.middleware
async def record_call(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Carry the call out and write it down; the sandbox's own pages are not worth it."""
    if request.path == "/" or request.path.startswith("/sandbox/"):
        return await handler(request)
    began = perf_counter()
    reply = None
    try:
        reply = await handler(request)
    finally:
        vendor = vendor_of(request)
        vendor.journal.add(entry_of(request, reply, vendor.now(), 1000 * (perf_counter() - began)))
    return reply


def entry_of(request: web.Request, reply: web.StreamResponse | None, now: datetime, milliseconds: float) -> CallEntry:
    """Return what is written down of a call; without a reply the client left before it."""
    operation = (request.match_info.route.name or "").partition(".")[0]
    rule = request.get(RULE)
    return CallEntry(
        at=now,
        operation=operation,
        method=request.method,
        path=request.path[:LONGEST_PATH],
        status=None if reply is None else reply.status,
        milliseconds=milliseconds,
        complaint=request.get(COMPLAINT, "") or (failures_in(reply) if operation in RESULTS else ""),
        weather=rule.kind.value if rule else "",
    )


def failures_in(reply: web.StreamResponse | None) -> str:
    """Return how many sessions failed, and why the first of them did."""
    if not isinstance(reply, web.Response) or not isinstance(reply.body, bytes) or b'"error"' not in reply.body:
        return ""
    try:
        results = json.loads(reply.body)["data"]["results"]
        errors = [result["error"] for result in results if "error" in result]
        return f"{len(errors)} of {len(results)}: {errors[0]['code']}: {errors[0]['message']}"
    except (ValueError, LookupError, TypeError):
        return "an answer that bad weather has changed"
