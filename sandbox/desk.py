"""What the sandbox tells about itself: a front page, its counters and its root certificate."""

from aiohttp import web

from sandbox.pages import page
from sandbox.vendor import vendor_of


async def index(request: web.Request) -> web.Response:
    """Say what this is, to somebody who opened it in a browser."""
    return page("index.html", people=vendor_of(request).people.values())


async def counted(request: web.Request) -> web.Response:
    """Answer what was done here so far."""
    vendor = vendor_of(request)
    return web.json_response(vendor.counters.as_json(vendor.sessions.count(vendor.now())))


async def root_certificate(request: web.Request) -> web.Response:
    """Answer the root certificate that everything made here leads to."""
    return web.Response(body=vendor_of(request).authority.root_pem, content_type="application/x-pem-file")
