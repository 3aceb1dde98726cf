"""Logging in, page by page: how, who, and then the proof by app or card (§3.3)."""

import secrets
from collections.abc import Mapping

from aiohttp import web

from sandbox.eidas.conversation import Conversation
from sandbox.eidas.grants import Login
from sandbox.eidas.methods import Method
from sandbox.journal.entries import Act
from sandbox.pages.qr import qr_code
from sandbox.people.person import Person

SMALLEST_CODE, CODES = 1000, 9000  # control codes have four digits


def first_page(conversation: Conversation, status: int = 200) -> web.Response:
    """Ask how to log in, or at once who is there when the client has chosen the method."""
    method = conversation.asked.method
    return conversation.page("method.html", status, methods=Method) if method is None else _who(conversation, method)


def entered(conversation: Conversation, form: Mapping[str, str]) -> Login | web.Response:
    """Return who has logged in with this form, or the page that is due before."""
    method = conversation.asked.method or _method(form.get("method", ""))
    person = conversation.vendor.people.get(form.get("login", ""))
    if "method" not in form and person is not None:
        return _at_once(conversation, person)
    if method is None:
        return first_page(conversation, 400 if "login" in form else 200)
    if person is None or method not in person.methods:
        return _who(conversation, method, unknown="login" in form)
    return _proven(conversation, Login(person.login, method), form)


def _at_once(conversation: Conversation, person: Person) -> Login | web.Response:
    """Log in without a proof: the short cut for scripts, in the person's usual way unless another is asked for."""
    method = conversation.asked.method or person.methods[0]
    return Login(person.login, method) if method in person.methods else _who(conversation, method, unknown=True)


def _method(value: str) -> Method | None:
    return Method(value) if value in [*Method] else None


def _who(conversation: Conversation, method: Method, *, unknown: bool = False) -> web.Response:
    people = [person for person in conversation.vendor.people.values() if method in person.methods]
    return conversation.page(
        "who.html",
        400 if unknown else 200,
        method=method,
        people=people,
        unknown=unknown,
        can_choose=conversation.asked.method is None,
    )


def _proven(conversation: Conversation, login: Login, form: Mapping[str, str]) -> Login | web.Response:
    if login.method.asks_for_pin:
        return _proven_by_card(conversation, login, form)
    return login if form.get("action") == "confirm" else _app(conversation, login)


def _app(conversation: Conversation, login: Login) -> web.Response:
    """Ask for a confirmation in the app; a practice phone stands on the page."""
    code = SMALLEST_CODE + secrets.randbelow(CODES)
    drawing = qr_code(f"https://app.invalid/confirm/{code}") if login.method is Method.CROSS_DEVICE else None
    person = conversation.vendor.people[login.login]
    return conversation.page("app.html", method=login.method, person=person, code=code, qr=drawing)


def _proven_by_card(conversation: Conversation, login: Login, form: Mapping[str, str]) -> Login | web.Response:
    vendor = conversation.vendor
    lock = f"card of {login.login}"
    if "pin" in form and vendor.grants.locks.opens(lock, form["pin"], vendor.settings.card_pin):
        return login
    left = vendor.grants.locks.left(lock)
    if "pin" in form:
        conversation.note(Act.WRONG_PIN if left else Act.CARD_LOCKED, login.login)
    if not left:
        return conversation.page("locked.html", 403, card=True)
    return conversation.page(
        "card.html",
        403 if "pin" in form else 200,
        method=login.method,
        person=vendor.people[login.login],
        pin=vendor.settings.card_pin,
        tries_left=left,
        wrong="pin" in form,
    )
