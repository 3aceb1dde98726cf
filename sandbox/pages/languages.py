"""Choosing the language: what the client asks for, else what the browser prefers, else Latvian."""

from collections.abc import Iterable

from sandbox.pages.english import ENGLISH
from sandbox.pages.latvian import LATVIAN
from sandbox.pages.words import Words

LANGUAGES = {words.code: words for words in (LATVIAN, ENGLISH)}


def choose_language(ui_locales: str, accept_language: str) -> Words:
    """Return the first language offered of `ui_locales` (OpenID Connect Core §3.1.2.1), else of `Accept-Language`."""
    return _first(ui_locales.split()) or _first(_preferred(accept_language)) or LATVIAN


def _first(tags: Iterable[str]) -> Words | None:
    primary = (tag.partition("-")[0].lower() for tag in tags)
    return next((LANGUAGES[code] for code in primary if code in LANGUAGES), None)


def _preferred(accept_language: str) -> list[str]:
    """Return the tags, the best liked first; what weighs nothing is not wanted (RFC 9110 §12.5.4)."""
    ranges = [entry.strip().partition(";") for entry in accept_language.split(",")]
    weighed = [(tag.strip(), _weight(parameters)) for tag, _, parameters in ranges]
    return [tag for tag, weight in sorted(weighed, key=lambda one: -one[1]) if weight > 0]


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
