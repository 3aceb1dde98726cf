"""Which language a browser gets its pages in."""

from aiohttp import web
from babel import negotiate_locale

from jobs.model.text import Language

COOKIE = "zimogs-language"
"""Holds what a person chose by the switch on the page."""


def choose_language(request: web.Request) -> Language:
    """What the person chose, else what the browser prefers (Accept-Language, RFC 9110 §12.5.4), else English."""
    chosen = request.cookies.get(COOKIE, "")
    if chosen in set(Language):
        return Language(chosen)
    preferred = [tag.partition(";")[0].strip() for tag in request.headers.get("Accept-Language", "").split(",")]
    found = negotiate_locale(preferred, list(Language), sep="-")
    return Language(found) if found else Language.ENGLISH
