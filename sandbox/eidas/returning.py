"""The way back to the client (RFC 6749 §4.1.2)."""

from aiohttp import web
from yarl import URL

from sandbox.eidas.authorization import ReturnAddress


def sent_back(address: ReturnAddress, **answers: str) -> web.Response:
    """Redirect to the client with these answers and its `state`."""
    if address.state:
        answers["state"] = address.state
    location = URL(address.redirect_uri).update_query(answers)
    return web.Response(status=302, headers={"Location": str(location), "Cache-Control": "no-store"})
