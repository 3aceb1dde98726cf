"""What every answer says to the browser about itself, and what every form must prove."""

import asyncio

from aiohttp import web
from aiohttp.typedefs import Handler

from config.sections import Desk
from worker.desk.errors import form_not_ours
from worker.desk.sessions import SESSION

_POLICY = "Content-Security-Policy"
SANDBOX = "sandbox; default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""For what strangers wrote: it has no origin, and may run, send, load and frame nothing (CSP Level 3)."""
SANDBOXED = web.RequestKey("SANDBOXED", bool)
"""Set by pages that answer with what strangers wrote."""
CSRF_FIELD = "csrf"
FORM_SECONDS = 10
"""In which a form must have arrived."""
# No page has a frame, a script or style written into it, or anything from elsewhere, so nothing of the kind is allowed
# (CSP Level 3). The one script lies beside the pages, and may ask this desk alone.
HEADERS = {
    _POLICY: "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Server": "zimogs",
}
HSTS = "max-age=31536000"
_FORM = "application/x-www-form-urlencoded"
_STATIC = "/static/"


def response_headers(settings: Desk) -> dict[str, str]:
    """The headers of every answer; browsers may insist on https where the desk is reached by it (RFC 6797)."""
    is_https = settings.public_url.startswith("https:")
    return HEADERS | ({"Strict-Transport-Security": HSTS} if is_https else {})


def add_headers(application: web.Application, settings: Desk) -> None:
    """Put the headers on every answer of the application, errors and files included."""
    headers = response_headers(settings)

    async def mark(request: web.Request, response: web.StreamResponse) -> None:
        # A page may be stricter than the others: what strangers wrote is, and no page is laxer.
        policy = SANDBOX if SANDBOXED in request else headers[_POLICY]
        response.headers.update(headers | {_POLICY: policy})
        # Pages show documents, and hold secrets of a session; style sheets and pictures are asked about, not fetched.
        response.headers["Cache-Control"] = "no-cache" if request.path.startswith(_STATIC) else "no-store"

    application.on_response_prepare.append(mark)


@web.middleware
async def check_form(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse every POST that does not repeat the session's secret."""
    if request.method == "POST" and not request[SESSION].has_csrf(await _read_secret(request)):
        raise form_not_ours()
    return await handler(request)


async def _read_secret(request: web.Request) -> str:
    """The secret in the form; none in one that no page of ours could have sent."""
    # Parts, files and packed content (RFC 7578) have no place in any form of ours, and are not even looked at.
    if request.content_type != _FORM:
        return ""
    try:
        async with asyncio.timeout(FORM_SECONDS):
            form = await request.post()
    except (UnicodeError, LookupError):
        return ""
    return str(form.get(CSRF_FIELD, ""))
