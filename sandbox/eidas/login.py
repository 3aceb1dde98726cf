"""Logging in, page by page: how, who, and then the proof by app or card (vendor §3.3)."""

import secrets
from collections.abc import Mapping

from aiohttp import web

from sandbox.eidas.grants import Login
from sandbox.eidas.interaction import Interaction
from sandbox.eidas.methods import Method
from sandbox.journal.entries import Act
from sandbox.pages.qr import qr_code

SMALLEST_CODE, CODES = 1000, 9000  # control codes have four digits


def ask_method(interaction: Interaction, status: int = 200) -> web.Response:
    """Ask how to log in, or at once who is there when the client has chosen the method."""
    method = interaction.request.method
    return interaction.page("method.html", status, methods=Method) if method is None else _ask_who(interaction, method)


def log_in(interaction: Interaction, form: Mapping[str, str]) -> Login | web.Response:
    """Return who has logged in with this form, or the page that is due before."""
    person = interaction.vendor.people.get(form.get("login", ""))
    if "method" not in form and person is not None:
        # The short cut for scripts needs no proof; the way is the person's usual one unless another is asked for.
        method = interaction.request.method or person.methods[0]
        return Login(person.login, method) if method in person.methods else _ask_who(interaction, method, unknown=True)
    chosen = Method(form["method"]) if form.get("method") in [*Method] else None
    way = interaction.request.method or chosen
    if way is None:
        return ask_method(interaction, 400 if "login" in form else 200)
    if person is None or way not in person.methods:
        return _ask_who(interaction, way, unknown="login" in form)
    login = Login(person.login, way)
    if way.asks_for_pin:
        return _check_pin(interaction, login, form)
    if form.get("action") == "confirm":
        return login
    # The app asks for it; a practice phone stands on the page.
    code = SMALLEST_CODE + secrets.randbelow(CODES)
    drawing = qr_code(f"https://app.invalid/confirm/{code}") if way is Method.CROSS_DEVICE else None
    return interaction.page("app.html", method=way, person=person, code=code, qr=drawing)


def _ask_who(interaction: Interaction, method: Method, *, unknown: bool = False) -> web.Response:
    people = [person for person in interaction.vendor.people.values() if method in person.methods]
    return interaction.page(
        "who.html",
        400 if unknown else 200,
        method=method,
        people=people,
        unknown=unknown,
        can_choose=interaction.request.method is None,
    )


def _check_pin(interaction: Interaction, login: Login, form: Mapping[str, str]) -> Login | web.Response:
    """Log in with the card if its PIN1 is right, else ask for it while the card is not locked."""
    vendor = interaction.vendor
    lock = f"card of {login.login}"
    if "pin" in form and vendor.grants.locks.unlock(lock, form["pin"], vendor.settings.card_pin):
        return login
    tries_left = vendor.grants.locks.tries_left(lock)
    if "pin" in form:
        interaction.note(Act.WRONG_PIN if tries_left else Act.CARD_LOCKED, login.login)
    if not tries_left:
        return interaction.page("locked.html", 403, card=True)
    return interaction.page(
        "card.html",
        403 if "pin" in form else 200,
        method=login.method,
        person=vendor.people[login.login],
        pin=vendor.settings.card_pin,
        tries_left=tries_left,
        wrong="pin" in form,
    )
