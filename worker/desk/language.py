"""Which language a browser gets its pages in, and the switch by which a person chooses another."""

from http import HTTPStatus

from aiohttp import web
from babel import negotiate_locale

from jobs.model.text import Language
from worker.desk.ports import DESK

COOKIE = "zimogs-language"
"""Holds what a person chose by the switch on the page."""
_YEAR = 365 * 24 * 60 * 60
_CALLBACK = "/callback"
_LONGEST = 1000
"""Letters of an address that is led back to: a session keeps it in its cookie, which has room for little."""


def choose_language(request: web.Request) -> Language:
    """What the person chose, else what the browser prefers, else the language of the house."""
    chosen = request.cookies.get(COOKIE, "")
    if chosen in set(Language):
        return Language(chosen)
    found = negotiate_locale(_rank_languages(request.headers.get("Accept-Language", "")), list(Language), sep="-")
    return Language(found) if found else request.app[DESK].house.language


def _rank_languages(header: str) -> list[str]:
    """The languages of an `Accept-Language`, best first; what is no weight is none (RFC 9110 §12.4.2, §12.5.4)."""
    weights: dict[str, float] = {}
    for item in header.split(",")[:20]:
        tag, _, weight = item.strip().partition(";")
        try:
            weights[tag.strip()] = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            weights[tag.strip()] = 0
    return sorted((tag for tag, weight in weights.items() if weight > 0), key=lambda tag: -weights[tag])


def page_address(request: web.Request) -> str:
    """Where the switch leads back to: this page, or the desk where it cannot be asked for once more."""
    # The address of a callback is spent, and carries a code; what answers a form is no page of its own.
    is_page = request.method == "GET" and request.path != _CALLBACK and len(request.path_qs) <= _LONGEST
    return request.path_qs if is_page else "/"


async def switch_language(request: web.Request) -> web.Response:
    """Remember the language that the person chose, and show the page anew."""
    form = await request.post()
    answer = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": _own_address(str(form.get("back", "/")))})
    chosen, is_secure = str(form.get("language", "")), request.app[DESK].settings.public_url.startswith("https:")
    if chosen in set(Language):
        answer.set_cookie(COOKIE, chosen, max_age=_YEAR, httponly=True, samesite="Lax", secure=is_secure)
    return answer


def _own_address(address: str) -> str:
    """The address where it is a path of ours, as browsers read it (WHATWG URL): two slashes would name a host."""
    is_ours = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if is_ours and address.isascii() else "/"
