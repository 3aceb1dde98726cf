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
    segments = route.path.split("/")[1:]
    pattern = "".join(
        f"/{segment}" if segment.startswith("{") else f"/{{_{place}:(?i:{re.escape(segment)})}}"
        for place, segment in enumerate(segments)
    )
    return web.RouteDef(route.method, pattern, _spelled(route.path, route.handler), route.kwargs)


def _spelled(path: str, handler: Handler) -> Handler:
    exact = re.compile("[^/]+".join(map(re.escape, VARIABLE.split(path))))

    @wraps(handler)
    async def spelled(request: web.Request) -> web.StreamResponse:
        if vendor_of(request).variants.paths is Paths.EXACT and not exact.fullmatch(request.path):
            raise web.HTTPNotFound
        return await handler(request)

    return spelled


def check_end(request: web.Request) -> None:
    """Raise `HTTPNotFound` for a path without a slash at its end where the vendor is set to insist on it."""
    if vendor_of(request).variants.config_path is ConfigPath.SLASH and not request.path.endswith("/"):
        raise web.HTTPNotFound
