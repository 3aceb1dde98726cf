"""Reading the journal: as JSON to poll, as a page, and as a stream of what is new (server-sent events)."""

import asyncio
import json

from aiohttp import web

from sandbox.journal.live_view import LiveView, newest
from sandbox.pages import POLICY, TEMPLATES, page
from sandbox.pages.english import ENGLISH
from sandbox.vendor import vendor_of

PAUSE = 0.2  # seconds between two reports, so that a busy vendor is not busy with reporting
SILENCE = 15.0  # seconds after which a quiet stream shows that it is alive
SCRIPTED = f"{POLICY}; script-src 'self'; connect-src 'self'"


async def show_journal(request: web.Request) -> web.Response:
    """Answer the entries after number `after`, the number of the last one, and the newest sessions."""
    vendor = vendor_of(request)
    entries = [{"number": number} | entry.as_json() for number, entry in vendor.journal.after(_last_known(request))]
    sessions = [session.as_json() for session in newest(vendor.sessions)]
    return web.json_response({"last": vendor.journal.last, "entries": entries, "sessions": sessions})


async def show_live(request: web.Request) -> web.Response:
    """Show sessions, consents and calls; a script keeps the page up to date, without it the page loads itself anew."""
    return page("live.html", {"words": ENGLISH, "view": LiveView.of(vendor_of(request))}, policy=SCRIPTED)


async def stream_news(request: web.Request) -> web.StreamResponse:
    """Send what is new as it happens, until the reader or the vendor leaves (HTML Living Standard §9.2)."""
    vendor = vendor_of(request)
    reply = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    await reply.prepare(request)
    number = _last_known(request)
    try:
        while not vendor.journal.is_closed:
            try:
                await asyncio.wait_for(vendor.journal.wait_for_news(number), SILENCE)
            except TimeoutError:
                await reply.write(b": still here\n\n")
                continue
            if vendor.journal.is_closed:
                break
            view = LiveView.of(vendor, number)
            number = view.last
            await reply.write(f"id: {number}\ndata: {json.dumps(draw_rows(view))}\n\n".encode())
            await asyncio.sleep(PAUSE)
    except ConnectionResetError:
        pass  # the reader has left
    return reply


def _last_known(request: web.Request) -> int:
    """Return the number of the last entry known: what a stream has sent before it broke off, or what is asked for."""
    text = request.headers.get("Last-Event-ID") or request.query.get("after", "0")
    return vendor_of(request).journal.valid_number(int(text)) if text.isdecimal() else 0


def draw_rows(view: LiveView) -> dict[str, object]:
    """Return the rows as the page has them, ready to be put into its tables."""
    macros = TEMPLATES.get_template("live_rows.html").module
    filled = {name: str(getattr(macros, name)(getattr(view, name))) for name in ("calls", "consents", "sessions")}
    return filled | {"sessions_open": view.sessions_open}
