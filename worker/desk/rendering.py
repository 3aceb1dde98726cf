"""Templates filled with values. Everything is escaped; a name that a template does not know is an error."""

import re
from functools import cache, partial
from http import HTTPStatus

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from jobs.model.seals import normalise_label
from jobs.model.text import Language, Text
from worker.desk import formats
from worker.desk.document_rows import cut_page
from worker.desk.language import choose_language
from worker.desk.sessions import SESSION
from worker.translation import catalogue, translate

# As texts mark what is to be typed: `zimogs retry`.
_COMMAND = re.compile(r"`([^`]+)`")


@cache
def templates(language: Language) -> Environment:
    """The templates as they are filled in that language: texts among their values are told in it, too."""

    def mark_commands(text: str) -> Markup:
        """Escape a sentence, and set what stands between backticks as a command."""
        told = str(escape(translate(text, language)))
        return Markup(_COMMAND.sub(r"<code>\1</code>", told))  # noqa: S704  escaped one line before

    def tell(value: object) -> object:
        return translate(value, language) if isinstance(value, Text) else value

    environment = Environment(
        loader=PackageLoader("worker.desk", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=tell,
        extensions=["jinja2.ext.i18n"],
    )
    known = catalogue(language)
    environment.install_gettext_callables(known.gettext, known.ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.globals["language"] = language
    environment.filters |= FILTERS | {"mark_commands": mark_commands}
    environment.filters["amount"] = partial(formats.amount, language=language)
    environment.filters["calendar_day"] = partial(formats.calendar_day, language=language)
    return environment


FILTERS = {
    "age": formats.age,
    "day": formats.day,
    "describe_profile": formats.describe_profile,
    "moment": formats.moment,
    "on_page": cut_page,
    "quantity": formats.quantity,
    "seal_name": normalise_label,
    "shorten": formats.shorten,
    "size": formats.size,
    "until": formats.until,
}


def render_page(
    request: web.Request, template: str, status: HTTPStatus = HTTPStatus.OK, /, **values: object
) -> web.Response:
    """One page, with what every page shows: who is signed in, the session's form secret, and its flash."""
    session = request[SESSION]
    common = {"person": session.person, "csrf": session.csrf, "flash": session.take_flash(), "refresh": None}
    text = templates(choose_language(request)).get_template(template).render(common | values)
    return web.Response(text=text, status=status, content_type="text/html")


def send_to_platform(request: web.Request, url: str) -> web.Response:
    """A page that goes to the platform by itself.

    Not a redirect: browsers hold a form's whole chain of redirects against `form-action`, and where the platform
    sends people on to is not ours to know.
    """
    return render_page(request, "leaving.html", url=url)


def redirect(location: str) -> web.Response:
    """Go on with a GET of another page of ours (RFC 9110 §15.4.4)."""
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": location})
