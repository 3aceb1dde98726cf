"""The pages a person meets in a browser: plain forms, which need no script."""

from importlib.resources import files

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

TEMPLATES = Environment(
    loader=PackageLoader("sandbox", "pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = {"Cache-Control": "no-store", "Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}
STATIC = {"practice.css": "text/css", "live.js": "text/javascript"}


def static(name: str) -> web.Response:
    """Return one of the files that pages refer to; raises `KeyError` for any other name."""
    kind = STATIC[name]
    body = (files("sandbox.pages") / "static" / name).read_bytes()
    return web.Response(body=body, content_type=kind, charset="utf-8", headers={"Cache-Control": "no-cache"})


def page(template: str, status: int = 200, **values: object) -> web.Response:
    """Return one page filled with these values."""
    text = TEMPLATES.get_template(template).render(values)
    return web.Response(text=text, status=status, content_type="text/html", headers=HEADERS)
