"""Serving the OpenAPI document, to programs and to people."""

from aiohttp import web

from sandbox.openapi.document import AREAS, document
from sandbox.pages import page
from sandbox.pages.english import ENGLISH


async def show_openapi(_: web.Request) -> web.Response:
    """Answer the document."""
    return web.json_response(document())


async def show_openapi_page(_: web.Request) -> web.Response:
    """Show what is served, in a table for each area."""
    return page("openapi.html", {"words": ENGLISH, "areas": AREAS})
