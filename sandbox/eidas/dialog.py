"""The browser dialog, from the authorization request to the way back: who is there, and what they consent to.

A page is a form that is posted to its own address, so the request stands in the query all the time. The fields:

- `method`, `login`, `action=confirm` or `pin`: how a person logs in, page by page (`entering`);
- `password` with `action=approve`: consent with a key (`consenting`);
- `action=cancel`: at every page, back with `access_denied`;
- `sso`: the single sign-on ticket, for clients that keep no cookies of an IP address.

A short cut for scripts: `login=anna` without `method` logs Anna in at once.
"""

from collections.abc import Callable

from aiohttp import web
from yarl import URL

from sandbox.eidas.authorization import Fault, NotGranted, Unregistered, asked, return_address
from sandbox.eidas.consenting import approved_unattended, decided, due
from sandbox.eidas.conversation import SSO_COOKIE, Conversation
from sandbox.eidas.entering import entered, first_page
from sandbox.eidas.returning import sent_back
from sandbox.journal.entries import Act
from sandbox.pages import page
from sandbox.pages.english import ENGLISH
from sandbox.pages.languages import chosen
from sandbox.pages.words import Words
from sandbox.refusals import COMPLAINT
from sandbox.vendor import vendor_of

PLATFORM_PATH = "/trustedx-authserver"
Step = Callable[[Conversation], web.Response]


async def show(request: web.Request) -> web.Response:
    """Answer the authorization request with the page that is due, or at once with a code (GET)."""
    return _conducted(request, request.cookies.get(SSO_COOKIE, ""), _first_step)


async def answer(request: web.Request) -> web.Response:
    """Take in a submitted page (POST); the fields are told at the top of this module."""
    form = {name: str(value) for name, value in (await request.post()).items()}
    ticket = request.cookies.get(SSO_COOKIE) or form.get("sso", "")

    def next_step(conversation: Conversation) -> web.Response:
        if form.get("action") == "cancel":
            conversation.note(Act.CANCELLED, _turning_back(conversation, form))
            raise NotGranted("access_denied", "The person cancelled.")
        login = None if form.keys() & {"login", "method"} else conversation.login
        if login is not None:
            return decided(conversation, login, form)
        return _entering(conversation, form)

    return _conducted(request, ticket, next_step)


def _first_step(conversation: Conversation) -> web.Response:
    unattended = conversation.vendor.people.get(conversation.vendor.settings.auto_approve or "")
    if unattended is not None:
        return approved_unattended(conversation, unattended)
    login = conversation.login
    if login is None or conversation.asked.fresh_login:
        return first_page(conversation)
    return due(conversation, login)


def _turning_back(conversation: Conversation, form: dict[str, str]) -> str:
    """Return the login of who is in, or of who was about to log in."""
    named = conversation.login.login if conversation.login else form.get("login", "")
    return named if named in conversation.vendor.people else ""


def _entering(conversation: Conversation, form: dict[str, str]) -> web.Response:
    """Go on logging in; who is in is remembered for single sign-on."""
    login = entered(conversation, form)
    if isinstance(login, web.Response):
        return login
    remembered = conversation.remembering(login)
    reply = due(remembered, login)
    reply.set_cookie(SSO_COOKIE, remembered.ticket, path=PLATFORM_PATH, httponly=True, samesite="Lax")
    return reply


def _conducted(request: web.Request, ticket: str, step: Step) -> web.Response:
    vendor = vendor_of(request)
    try:
        address = return_address(request.query, vendor.settings)
    except Unregistered as refusal:
        return refused(request, refusal.fault)
    try:
        return step(Conversation(vendor, asked(request.query, address), language_of(request), request.rel_url, ticket))
    except NotGranted as refusal:
        request[COMPLAINT] = f"{refusal.error}: {refusal.description}"
        return sent_back(address, error=refusal.error, error_description=refusal.description)


def language_of(request: web.Request) -> Words:
    """Return the language in which to speak to whoever sent this request."""
    return chosen(request.query.get("ui_locales", ""), request.headers.get("Accept-Language", ""))


def refused(request: web.Request, fault: Fault) -> web.Response:
    """Return the page for a request that leads nowhere."""
    request[COMPLAINT] = ENGLISH.faults[fault]
    return page("refused.html", {"words": language_of(request), "here": request.rel_url, "fault": fault}, 400)


async def logout(request: web.Request) -> web.Response:
    """End the single sign-on session and go back to `redirect_uri`, which must be given; issued tokens stay valid."""
    redirect_uri = request.query.get("redirect_uri", "")
    if URL(redirect_uri).scheme not in {"http", "https"}:
        return refused(request, Fault.LOGOUT)
    vendor = vendor_of(request)
    vendor.grants.logins.take(request.cookies.get(SSO_COOKIE, ""), vendor.now())
    reply = web.Response(status=302, headers={"Location": redirect_uri})
    reply.del_cookie(SSO_COOKIE, path=PLATFORM_PATH)
    return reply
