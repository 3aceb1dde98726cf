"""The access log: method, path, status and seconds. Never a query string: callbacks carry one-time codes in theirs."""

import time

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

log = structlog.get_logger()


@web.middleware
async def access_log(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Write one line per request; visits of pages and probes only for those who want to see everything."""
    begun = time.perf_counter()
    response = await handler(request)
    write = log.debug if request.method == "GET" and response.status < web.HTTPBadRequest.status_code else log.info
    seconds = round(time.perf_counter() - begun, 3)
    write("request", method=request.method, path=request.path, status=response.status, seconds=seconds)
    return response
