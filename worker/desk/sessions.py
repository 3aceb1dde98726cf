"""Sessions: one encrypted cookie and nothing on our side. Tokens and codes are never in it."""

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from aiohttp_session import Session
from aiohttp_session.cookie_storage import EncryptedCookieStorage

from worker.desk.ports import Desk
from worker.desk.visit import Visit

COOKIE = "zimogs"
VISIT = web.RequestKey("VISIT", Visit)


def cookie_storage(desk: Desk) -> EncryptedCookieStorage:
    """Sessions as Fernet-encrypted cookies that no script can read and no other site can make a form send."""
    return EncryptedCookieStorage(
        desk.session_key,
        cookie_name=COOKIE,
        max_age=int(desk.settings.session_life.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=desk.settings.public_url.startswith("https:"),
    )


def sessions(desk: Desk) -> Middleware:
    """A middleware that gives every request its visit, and writes the cookie where a page changed it.

    aiohttp-session's own middleware keeps the session under a bare name, which aiohttp 3.14 warns about.
    """
    storage = cookie_storage(desk)

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        session = await storage.load_session(request)
        request[VISIT] = Visit(session, desk.tools.now())
        before = dict(session)
        response = await handler(request)
        if dict(session) != before:
            await _kept(storage, request, response, session)
        return response

    return middleware


async def _kept(
    storage: EncryptedCookieStorage, request: web.Request, response: web.StreamResponse, session: Session
) -> None:
    if not response.prepared:
        await storage.save_session(request, response, session)
