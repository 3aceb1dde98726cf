"""The API as an aiohttp application: the table of operations, and what lies around all of them.

No cookie, session or form of the desk means anything here, and no key of here means anything to the desk.
"""

import asyncio
import re
import time

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from worker.api.authentication import authenticate, refuse_keys_in_addresses
from worker.api.docs_page import show_openapi, show_page, show_style
from worker.api.operations import OPERATIONS, ApiOperation
from worker.api.ports import API, CALLER, ApiContext
from worker.api.problems import show_problems
from worker.api.receiving import SLOTS

log = structlog.get_logger()

LIMITS = web.RequestKey("LIMITS", dict[str, str])
"""Headers that tell how often the key may still ask."""
_KEY = re.compile(r"zmk_\S*")
_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}


def api_application(api: ApiContext) -> web.Application:
    """Put the API together, to be served below `PREFIX`. Nothing is opened here."""
    application = web.Application(middlewares=[log_access, show_problems, refuse_keys_in_addresses])
    application[API] = api
    application[SLOTS] = asyncio.Semaphore(api.settings.uploads)
    for operation in OPERATIONS:
        application.router.add_route(operation.method, operation.path, _guard(operation))
    application.router.add_get("/openapi.json", show_openapi, allow_head=False)
    application.router.add_get("/docs", show_page, allow_head=False)
    application.router.add_get("/docs.css", show_style, allow_head=False)
    application.on_response_prepare.append(_mark)
    return application


def _guard(operation: ApiOperation) -> Handler:
    """The operation for whoever may do it, with the headers that tell how often one may ask."""

    async def serve(request: web.Request) -> web.StreamResponse:
        request[LIMITS] = {}
        request[LIMITS] = dict(await authenticate(request, operation.may))
        return await operation.serve(request)

    return serve


async def _mark(request: web.Request, response: web.StreamResponse) -> None:
    for name, value in {**_HEADERS, **request.get(LIMITS, {})}.items():
        response.headers.setdefault(name, value)


@web.middleware
async def log_access(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Write one line per request, with the id of the key: never the key itself, a query, or what was sent."""
    begun = time.perf_counter()
    response = await handler(request)
    key = request.get(CALLER)
    log.info(
        "API request",
        method=request.method,
        path=_KEY.sub("zmk_…", request.path),
        status=response.status,
        seconds=round(time.perf_counter() - begun, 3),
        key=None if key is None else key.id,
    )
    return response
