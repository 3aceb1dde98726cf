"""The pages a person meets in a browser: plain forms, which need no script."""

import re
from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

IDENTIFIER = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{20,}\b")


def clock(at: datetime) -> str:
    """Return the time of day by the clock of this machine, to the millisecond."""
    local = at.astimezone()
    return f"{local:%H:%M:%S}.{local.microsecond // 1000:03}"


def shorten_ids(text: str) -> str:
    """Return the text with the beginning of each session's and document's id only, enough to compare by eye."""
    return IDENTIFIER.sub(r"\1…", text)


TEMPLATES = Environment(
    loader=PackageLoader("sandbox", "pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters |= {"clock": clock, "shorten_ids": shorten_ids}
# No script runs and no other site may frame these pages: a person types a password here.
POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"
STATIC = {"practice.css": "text/css", "practice.svg": "image/svg+xml", "live.js": "text/javascript"}


def static(name: str) -> web.Response:
    """Return one of the files that pages refer to; raises `KeyError` for any other name."""
    kind = STATIC[name]
    body = (files("sandbox.pages") / "static" / name).read_bytes()
    return web.Response(body=body, content_type=kind, charset="utf-8", headers={"Cache-Control": "no-cache"})


def page(template: str, values: Mapping[str, object], status: int = 200, policy: str = POLICY) -> web.Response:
    """Return one page filled with these values, under this content security policy."""
    text = TEMPLATES.get_template(template).render(values)
    # No copy stays anywhere, and the address with its `state` is told to no other site.
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"}
    return web.Response(text=text, status=status, content_type="text/html", headers=headers)
