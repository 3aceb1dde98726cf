"""Batches as a whole, and the routes of a key."""

from aiohttp import web

from jobs.model.errors import UnknownBatch
from jobs.model.names import BatchId, batch_route, is_batch_id
from worker.api.authentication import is_callers
from worker.api.ports import API, CALLER
from worker.api.replies import reply
from worker.api.views import RouteList


async def show(request: web.Request) -> web.StreamResponse:
    """How the batch stands. Raises UnknownBatch for one of others' routes too."""
    text = request.match_info["batch"]
    if not is_batch_id(text) or not is_callers(request[CALLER], batch_route(BatchId(text))):
        raise UnknownBatch(text)
    return reply(await request.app[API].find_batch(BatchId(text)))


async def list_routes(request: web.Request) -> web.StreamResponse:
    """The routes of the key that the settings have, and what it may do there."""
    key = request[CALLER]
    routes = await request.app[API].routes(sorted(key.routes))
    return reply(RouteList(routes=tuple(routes.values()), may=tuple(sorted(key.may))))
