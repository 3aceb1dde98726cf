"""The page about the API, for people: what it does, how one begins, and what each problem means. No scripts."""

from functools import cache
from pathlib import Path

from aiohttp import web
from babel import negotiate_locale
from jinja2 import Environment, PackageLoader, StrictUndefined

from jobs.model.text import Language, Text
from worker.api.addresses import PREFIX
from worker.api.openapi import openapi
from worker.api.operations import OPERATIONS
from worker.api.problems import ProblemType
from worker.api.views import STATES
from worker.translation import catalogue, translate

STYLE = Path(__file__).parent / "static" / "docs.css"
_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


async def show_page(request: web.Request) -> web.Response:
    """Show it in the reader's language."""
    language = _choose_language(request)
    page = _render(language)
    headers = {"Content-Security-Policy": _POLICY, "Content-Language": language, "Vary": "Accept-Language"}
    return web.Response(text=page, content_type="text/html", headers=headers)


async def show_openapi(_: web.Request) -> web.Response:
    """The OpenAPI document."""
    return web.json_response(openapi())


async def show_style(_: web.Request) -> web.Response:
    """The page's style sheet."""
    return web.Response(text=STYLE.read_text(), content_type="text/css")


@cache
def _render(language: Language) -> str:
    environment = Environment(
        loader=PackageLoader("worker.api", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: translate(value, language) if isinstance(value, Text) else value,
        extensions=["jinja2.ext.i18n"],
    )
    known = catalogue(language)
    environment.install_gettext_callables(known.gettext, known.ngettext, newstyle=True)  # type: ignore[attr-defined]
    template = environment.get_template("docs.html")
    return template.render(
        language=language, operations=OPERATIONS, prefix=PREFIX, problems=tuple(ProblemType), states=STATES
    )


def _choose_language(request: web.Request) -> Language:
    tags = [item.partition(";")[0].strip() for item in request.headers.get("Accept-Language", "").split(",")[:20]]
    chosen = request.query.get("language", "")
    found = chosen if chosen in set(Language) else negotiate_locale(list(filter(None, tags)), list(Language), sep="-")
    return Language(found) if found else Language.ENGLISH
