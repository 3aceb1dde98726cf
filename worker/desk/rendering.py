"""Templates filled with values. Everything is escaped; a name that a template does not know is an error."""

import re
from http import HTTPStatus

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from jobs.model.seals import normalise_label
from worker.desk import formats
from worker.desk.sessions import SESSION

# As texts mark what is to be typed: `zimogs retry`.
_COMMAND = re.compile(r"`([^`]+)`")


def mark_commands(text: str) -> Markup:
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
    "day": formats.day,
    "describe_profile": formats.describe_profile,
    "moment": formats.moment,
    "quantity": formats.quantity,
    "seal_name": normalise_label,
    "shorten": formats.shorten,
    "size": formats.size,
    "mark_commands": mark_commands,
    "until": formats.until,
}


def render_page(
    request: web.Request, template: str, status: HTTPStatus = HTTPStatus.OK, /, **values: object
) -> web.Response:
    """One page, with what every page shows: who is signed in, the session's form secret, and its flash."""
    session = request[SESSION]
    common = {"person": session.person, "csrf": session.csrf, "flash": session.take_flash(), "refresh": None}
    text = TEMPLATES.get_template(template).render(common | values)
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
