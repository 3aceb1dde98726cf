"""Choosing the language: what the client asks for, else what the browser prefers, else Latvian."""

from collections.abc import Iterable

from sandbox.pages.english import ENGLISH
from sandbox.pages.latvian import LATVIAN
from sandbox.pages.words import Translation

LANGUAGES = {words.code: words for words in (LATVIAN, ENGLISH)}


def choose_language(ui_locales: str, accept_language: str) -> Translation:
    """Return the first language offered of `ui_locales` (OpenID Connect Core §3.1.2.1), else of `Accept-Language`."""
    return _first_offered(ui_locales.split()) or _first_offered(rank(accept_language)) or LATVIAN


def _first_offered(tags: Iterable[str]) -> Translation | None:
    primary = (tag.partition("-")[0].lower() for tag in tags)
    return next((LANGUAGES[code] for code in primary if code in LANGUAGES), None)


def rank(accept_language: str) -> list[str]:
    """Return the tags, the best liked first; what has the weight 0 is not wanted (RFC 9110 §12.5.4)."""
    weighted: list[tuple[str, float]] = []
    for entry in accept_language.split(","):
        tag, _, parameters = entry.strip().partition(";")
        name, _, value = parameters.strip().partition("=")
        try:
            weight = float(value) if name.strip() == "q" else 1.0
        except ValueError:
            weight = 0.0
        weighted.append((tag.strip(), weight))
    return [tag for tag, weight in sorted(weighted, key=lambda one: -one[1]) if weight > 0]
