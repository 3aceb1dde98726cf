"""News for open pages, as server-sent events (WHATWG HTML §9.2): that something changed, never what."""

import asyncio
from contextlib import suppress
from http import HTTPStatus

from aiohttp import web

from worker.desk.permissions import routes_of
from worker.desk.ports import DESK
from worker.desk.sessions import SESSION
from worker.desk.watching import Viewer, Watcher

BEAT = 15.0
"""Seconds of silence after which a sign of life is sent: proxies end connections that are silent for long."""
WATCHER = web.AppKey("WATCHER", Watcher)

_CHANGED, _ENDED, _ALIVE = b"event: change\ndata:\n\n", b"event: end\ndata:\n\n", b":\n\n"


async def events(request: web.Request) -> web.StreamResponse:
    """Tell of changes in the person's routes for as long as their session lives.

    Where nobody is signed in, or too many look on, browsers are told not to ask again (204, 503).
    """
    session, desk = request[SESSION], request.app[DESK]
    if session.person is None or session.id is None:
        # Of all answers the one after which no browser connects again by itself (WHATWG HTML §9.2.3).
        return web.Response(status=HTTPStatus.NO_CONTENT)
    routes = [route.name for route in routes_of(session.person.code, desk.tools)]
    async with request.app[WATCHER].viewing(session.id, routes) as viewer:
        if viewer is None:
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        # A proxy that collects an answer before it sends it would send nothing.
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        # Somebody who leaves the page is no fault, at whatever moment.
        with suppress(ConnectionError):
            await stream.prepare(request)
            await _tell(request, stream, viewer)
        return stream


async def _tell(request: web.Request, stream: web.StreamResponse, viewer: Viewer) -> None:
    while True:
        try:
            await asyncio.wait_for(viewer.news.wait(), BEAT)
        except TimeoutError:
            message = _ALIVE
        else:
            message = _CHANGED
        viewer.news.clear()
        is_over = viewer.is_ended or await _is_over(request)
        await stream.write(_ENDED if is_over else message)
        if is_over:
            return


async def _is_over(request: web.Request) -> bool:
    session, desk = request[SESSION], request.app[DESK]
    if not session.is_alive(desk.steady()):
        return True
    return session.id is not None and await desk.ended_sessions.is_ended(session.id)
