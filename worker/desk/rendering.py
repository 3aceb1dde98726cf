"""Templates filled with values. Everything is escaped; a name that a template does not know is an error."""

import re
from collections.abc import Callable
from datetime import tzinfo
from functools import cache, partial
from http import HTTPStatus
from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from jobs.model.seals import normalise_label
from jobs.model.text import Language, Text, Written, show
from worker.desk import formats
from worker.desk.document_rows import cut_page
from worker.desk.language import choose_language, page_address
from worker.desk.ports import DESK
from worker.desk.sessions import QUARANTINED, SESSION
from worker.translation import calendar_day, catalogue, day, moment, size, translate

# As texts mark what is to be typed: `zimogs retry`.
_COMMAND = re.compile(r"`([^`]+)`")


@cache
def templates(language: Language, zone: tzinfo | None = None) -> Environment:
    """The templates as they are filled in that language: texts among their values are told in it, too.

    Times are those of the zone; of the machine's own where it is None.
    """

    def tell(value: object) -> object:
        return translate(value, language) if isinstance(value, Text | Written) else value

    def teller(fill: Callable[..., object]) -> Callable[..., object]:
        return lambda *values: tell(fill(*values))

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
    for name in ("gettext", "ngettext"):
        environment.globals[name] = _value_teller(environment.globals[name], tell)
    environment.globals |= {"language": language, "languages": NAMES}
    local = _local_filters(language, zone)
    environment.filters |= {name: teller(each) for name, each in (FILTERS | local).items()}
    return environment


def _value_teller(put_together: Any, tell: Callable[[object], object]) -> Callable[..., object]:
    """The same as `put_together` of jinja's, with texts among the values told, and numbers as in all other texts."""

    @pass_context
    def tell_values(context: Context, *messages: object, **values: object) -> object:
        return put_together(context, *messages, **{name: show(tell(value)) for name, value in values.items()})

    return tell_values


def _local_filters(language: Language, zone: tzinfo | None) -> "Filters":
    def mark_commands(text: str) -> Markup:
        """Escape a sentence, and set what stands between backticks as a command."""
        told = str(escape(translate(text, language)))
        return Markup(_COMMAND.sub(r"<code>\1</code>", told))  # noqa: S704  escaped one line before

    return {
        "amount": partial(formats.amount, language=language),
        "calendar_day": partial(calendar_day, language=language),
        "day": partial(day, language=language, zone=zone),
        "mark_commands": mark_commands,
        "moment": partial(moment, language=language, zone=zone),
        "size": partial(size, language=language),
    }


Filters = dict[str, Callable[..., object]]
FILTERS: Filters = {
    "age": formats.age,
    "describe_profile": formats.describe_profile,
    "on_page": cut_page,
    "quantity": formats.quantity,
    "seal_name": normalise_label,
    "shorten": formats.shorten,
    "until": formats.until,
    "written": Written,
}
NAMES = {Language.ENGLISH: "English", Language.LATVIAN: "Latviešu"}
"""Each language in its own words."""


def render_page(
    request: web.Request, template: str, status: HTTPStatus = HTTPStatus.OK, /, **values: object
) -> web.Response:
    """One page, with what every page shows: who is signed in, the session's form secret, and its flash."""
    session = request[SESSION]
    common = {
        "person": session.person,
        "csrf": session.csrf,
        "flash": session.take_flash(),
        "refresh": None,
        "address": page_address(request),
        "quarantined": request.get(QUARANTINED),
    }
    language = choose_language(request)
    page = templates(language, request.app[DESK].house.zone).get_template(template)
    headers = {"Content-Language": language.value, "Vary": "Accept-Language, Cookie"}
    return web.Response(text=page.render(common | values), status=status, headers=headers, content_type="text/html")


def send_to_platform(request: web.Request, url: str) -> web.Response:
    """A page that goes to the platform by itself.

    Not a redirect: browsers hold a form's whole chain of redirects against `form-action`, and where the platform
    sends people on to is not ours to know.
    """
    return render_page(request, "leaving.html", url=url)


def redirect(location: str) -> web.Response:
    """Go on with a GET of another page of ours (RFC 9110 §15.4.4)."""
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": location})
