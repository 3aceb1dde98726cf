"""Templates filled with values. Everything is escaped; a name that a template does not know is an error."""

import re
from http import HTTPStatus

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from jobs.model.seals import normalise_label
from worker.desk import formats
from worker.desk.presenting import described
from worker.desk.sessions import VISIT

_COMMAND = re.compile(r"`([^`]+)`")


def with_commands(text: str) -> Markup:
    """Escape a sentence, and set what stands between backticks as a command."""
    return Markup(_COMMAND.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704  escaped one call before


TEMPLATES = Environment(
    loader=PackageLoader("worker.desk", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters |= {
    "age": formats.age,
    "counted": formats.counted,
    "day": formats.day,
    "described": described,
    "moment": formats.moment,
    "seal_name": normalise_label,
    "shortened": formats.shortened,
    "size": formats.size,
    "with_commands": with_commands,
}


def page(request: web.Request, template: str, status: HTTPStatus = HTTPStatus.OK, **values: object) -> web.Response:
    """One page, with what every page shows: who is signed in, the session's form secret, and what was to be said."""
    visit = request[VISIT]
    common = {"person": visit.person, "csrf": visit.csrf, "notice": visit.heard(), "refresh": None}
    text = TEMPLATES.get_template(template).render(common | values)
    return web.Response(text=text, status=status, content_type="text/html")


def leaving(request: web.Request, url: str) -> web.Response:
    """A page that goes to the platform by itself.

    Not a redirect: browsers hold a form's whole chain of redirects against `form-action`, and where the platform
    sends people on to is not ours to know.
    """
    return page(request, "leaving.html", url=url)


def redirect(location: str) -> web.Response:
    """Go on with a GET of another page of ours (RFC 9110 §15.4.4)."""
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": location})
