"""The cookie that carries a session: encrypted, unreadable for scripts, and not sent along by other sites."""

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from aiohttp_session import Session
from aiohttp_session.cookie_storage import EncryptedCookieStorage

from worker.desk.ports import DeskContext
from worker.desk.sessions import SESSION, DeskSession, SessionEnds

_NAME = "zimogs"


def cookie_name(public_url: str) -> str:
    """Over https a name that a browser takes from this host alone (RFC 6265bis §4.1.3.2)."""
    return f"__Host-{_NAME}" if public_url.startswith("https:") else _NAME


def session_middleware(desk: DeskContext) -> Middleware:
    """A middleware that gives every request its session, and writes the cookie where a page changed it.

    The cookie goes with the browser; when a session ends is for us to judge. aiohttp-session's own middleware keeps the
    session under a bare name, which aiohttp 3.14 warns about.
    """
    settings = desk.settings
    storage = EncryptedCookieStorage(
        desk.session_key,
        cookie_name=cookie_name(settings.public_url),
        # No age: Fernet would hold its time against the wall clock, and a step of that would sign everybody out.
        max_age=None,
        httponly=True,
        # Not Strict: the platform sends people back with a GET from another site, which must find its session.
        samesite="Lax",
        secure=settings.public_url.startswith("https:"),
    )
    ends = SessionEnds(life=settings.session_life, idle=settings.session_idle)

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        content = await _load(storage, request)
        before = dict(content)
        request[SESSION] = DeskSession(content, desk.tools.now(), desk.steady(), ends)
        response = await handler(request)
        # An answer whose headers are gone, as a file's are, takes no cookie any more.
        if dict(content) != before and not response.prepared:
            await storage.save_session(request, response, content)
        return response

    return middleware


def ending_middleware(desk: DeskContext) -> Middleware:
    """A middleware that keeps out whose session was ended. Raises OSError where that cannot be told."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        session = request[SESSION]
        if session.id is not None and await desk.ended_sessions.is_ended(session.id):
            session.sign_out()
        elif _is_by_a_person(request):
            session.touch()
        return await handler(request)

    return middleware


async def _load(storage: EncryptedCookieStorage, request: web.Request) -> Session:
    try:
        return await storage.load_session(request)
    except UnicodeError:
        # It is made of bytes that are no text, as none of ours is.
        return Session(None, data=None, new=True)


def _is_by_a_person(request: web.Request) -> bool:
    """Say whether somebody did this: a page that looks again by itself keeps nobody signed in.

    Browsers tell by Fetch Metadata (W3C, §2.4); one that tells nothing is taken at its word.
    """
    return "Sec-Fetch-Mode" not in request.headers or "Sec-Fetch-User" in request.headers
