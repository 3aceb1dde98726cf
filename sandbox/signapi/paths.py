"""How closely a path must be written the way the vendor documents it."""

import re
from functools import wraps

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.variants.signapi import ConfigPath, Paths
from sandbox.vendor import vendor_of

VARIABLE = re.compile(r"\{\w+\}")


def in_any_case(route: web.RouteDef) -> web.RouteDef:
    """Return the route for its path in any case, unless the vendor is set to be exact; ids stay as they are."""
    pattern = "".join(
        f"/{segment}" if segment.startswith("{") else f"/{{_{place}:(?i:{re.escape(segment)})}}"
        for place, segment in enumerate(route.path.split("/")[1:])
    )
    exact = re.compile("[^/]+".join(map(re.escape, VARIABLE.split(route.path))))
    handler: Handler = route.handler

    @wraps(handler)
    async def handle(request: web.Request) -> web.StreamResponse:
        if vendor_of(request).variants.paths is Paths.EXACT and not exact.fullmatch(request.path):
            raise web.HTTPNotFound
        return await handler(request)

    return web.RouteDef(route.method, pattern, handle, route.kwargs)


def check_end(request: web.Request) -> None:
    """Raise `HTTPNotFound` for a path without a slash at its end where the vendor is set to insist on it."""
    if vendor_of(request).variants.config_path is ConfigPath.SLASH and not request.path.endswith("/"):
        raise web.HTTPNotFound
