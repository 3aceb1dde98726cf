"""The pages a person meets in a browser: plain forms, no JavaScript."""

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

TEMPLATES = Environment(
    loader=PackageLoader("sandbox", "pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


def page(template: str, status: int = 200, **values: object) -> web.Response:
    """Return one page filled with these values."""
    text = TEMPLATES.get_template(template).render(values)
    return web.Response(text=text, status=status, content_type="text/html", headers=HEADERS)
