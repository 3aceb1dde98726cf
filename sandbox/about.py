"""What the sandbox tells about itself: a front page, its counters, and certificates to be had outside the API."""

from aiohttp import web
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.pages import STATIC, page, static
from sandbox.pages.english import ENGLISH
from sandbox.vendor import vendor_of


async def show_index(request: web.Request) -> web.Response:
    """Say what this is, to somebody who opened it in a browser."""
    return page("index.html", {"words": ENGLISH, "vendor": vendor_of(request), "origin": request.url.origin()})


async def show_counters(request: web.Request) -> web.Response:
    """Answer what was done here so far."""
    vendor = vendor_of(request)
    return web.json_response(vendor.counters.as_json(vendor.sessions.count(vendor.now())))


async def send_root_certificate(request: web.Request) -> web.Response:
    """Answer the root certificate that everything made here leads to."""
    return web.Response(body=vendor_of(request).authority.root_pem, content_type="application/x-pem-file")


async def send_card_certificate(request: web.Request) -> web.Response:
    """Answer the authentication certificate on a person's eID card in PEM: what a browser plugin reads from it."""
    person = vendor_of(request).people.get(request.match_info["login"])
    if person is None or person.card is None:
        raise web.HTTPNotFound
    certificate = person.card.credential.certificate.public_bytes(Encoding.PEM)
    return web.Response(body=certificate, content_type="application/x-pem-file")


async def send_static_file(request: web.Request) -> web.Response:
    """Answer a file that the pages refer to."""
    name = request.match_info["name"]
    if name not in STATIC:
        raise web.HTTPNotFound
    return static(name)
