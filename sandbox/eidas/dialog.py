"""The browser dialog, from the authorization request to the way back: who is there, and what they consent to.

A page is a form that is posted to its own address, so the request stands in the query all the time. The fields:

- `method`, `login`, `action=confirm` or `pin`: how a person logs in, page by page (`login`);
- `password` with `action=approve`: consent with a key (`consent`);
- `action=cancel`: at every page, back with `access_denied`;
- `sso`: the single sign-on ticket, for clients that keep no cookies of an IP address.

A short cut for scripts: `login=anna` without `method` logs Anna in at once.
"""

from collections.abc import Callable
from dataclasses import replace

from aiohttp import web
from yarl import URL

from sandbox.eidas.authorization import NotGranted, PageError, Unregistered, read_request, redirect_target
from sandbox.eidas.consent import approve_unattended, check_password, grant_or_ask, require_few_enough
from sandbox.eidas.interaction import SSO_COOKIE, Interaction, redirect
from sandbox.eidas.login import ask_method, log_in
from sandbox.eidas.pkce import read_challenge
from sandbox.journal.entries import Act
from sandbox.pages import page
from sandbox.pages.english import ENGLISH
from sandbox.pages.languages import choose_language
from sandbox.pages.words import Translation
from sandbox.refusals import COMPLAINT
from sandbox.vendor import vendor_of

PLATFORM_PATH = "/trustedx-authserver"


async def show_dialog(request: web.Request) -> web.Response:
    """Answer the authorization request with the page that is due, or at once with a code (GET)."""

    def first_step(interaction: Interaction) -> web.Response:
        unattended = interaction.vendor.people.get(interaction.vendor.settings.auto_approve or "")
        if unattended is not None:
            return approve_unattended(interaction, unattended)
        login = interaction.login
        if login is None or interaction.request.fresh_login:
            return ask_method(interaction)
        return grant_or_ask(interaction, login)

    return _interact(request, request.cookies.get(SSO_COOKIE, ""), first_step)


async def submit_page(request: web.Request) -> web.Response:
    """Take in a submitted page (POST); the fields are told at the top of this module."""
    form = {name: str(value) for name, value in (await request.post()).items()}
    ticket = request.cookies.get(SSO_COOKIE) or form.get("sso", "")

    def next_step(interaction: Interaction) -> web.Response:
        logged_in = interaction.login
        if form.get("action") == "cancel":
            person = logged_in.login if logged_in else form.get("login", "")
            interaction.note(Act.CANCELLED, person if person in interaction.vendor.people else "")
            raise NotGranted("access_denied", "The person cancelled.")
        if logged_in is not None and not form.keys() & {"login", "method"}:
            return check_password(interaction, logged_in, form)
        login = log_in(interaction, form)
        if isinstance(login, web.Response):
            return login
        # Who is in is remembered for single sign-on.
        remembered = interaction.remember(login)
        reply = grant_or_ask(remembered, login)
        # Lax and no stricter: it must come along when a client's page sends the browser here.
        reply.set_cookie(SSO_COOKIE, remembered.ticket, path=PLATFORM_PATH, httponly=True, samesite="Lax")
        return reply

    return _interact(request, ticket, next_step)


def _interact(request: web.Request, ticket: str, step: Callable[[Interaction], web.Response]) -> web.Response:
    """Take one step with a well-formed request; every other ends on an error page, or back at the client."""
    vendor = vendor_of(request)
    try:
        target = redirect_target(request.query, vendor.settings, vendor.variants.redirect_uri)
    except Unregistered as refusal:
        return show_error(request, refusal.error)
    try:
        asked = read_request(request.query, target, vendor.variants)
        asked = replace(asked, challenge=read_challenge(request.query, vendor.variants.pkce))
        require_few_enough(vendor, asked.binding)
        return step(Interaction(vendor, asked, language_of(request), request.rel_url, ticket))
    except NotGranted as refusal:
        request[COMPLAINT] = f"{refusal.error}: {refusal.description}"
        return redirect(target, error=refusal.error, error_description=refusal.description)


def language_of(request: web.Request) -> Translation:
    """Return the language in which to speak to whoever sent this request."""
    return choose_language(request.query.get("ui_locales", ""), request.headers.get("Accept-Language", ""))


def show_error(request: web.Request, error: PageError) -> web.Response:
    """Return the page for a request that leads nowhere."""
    request[COMPLAINT] = ENGLISH.page_errors[error]
    return page("refused.html", {"words": language_of(request), "here": request.rel_url, "error": error}, 400)


async def log_out(request: web.Request) -> web.Response:
    """End the single sign-on session and go back to `redirect_uri`, which must be given; issued tokens stay valid."""
    redirect_uri = request.query.get("redirect_uri", "")
    # Any other scheme, as `javascript:` or `data:`, would run in the browser instead of leading somewhere.
    if URL(redirect_uri).scheme not in {"http", "https"}:
        return show_error(request, PageError.LOGOUT)
    vendor = vendor_of(request)
    vendor.grants.logins.take(request.cookies.get(SSO_COOKIE, ""), vendor.now())
    reply = web.Response(status=302, headers={"Location": redirect_uri})
    reply.del_cookie(SSO_COOKIE, path=PLATFORM_PATH)
    return reply
