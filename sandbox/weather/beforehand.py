"""What happened just before a call arrived, so that it fails by itself."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox.eidas.permissions import bearer
from sandbox.vendor import vendor_of
from sandbox.weather.rules import Kind


async def _expire_token(request: web.Request) -> None:
    vendor = vendor_of(request)
    vendor.grants.tokens.take(bearer(request), vendor.now())


async def _spend_code(request: web.Request) -> None:
    vendor = vendor_of(request)
    fields = {**request.query, **await request.post()}
    vendor.grants.codes.take(str(fields.get("code", "")), vendor.now())


BEFOREHAND: dict[Kind, Callable[[web.Request], Awaitable[None]]] = {
    Kind.EXPIRED_TOKEN: _expire_token,
    Kind.SPENT_CODE: _spend_code,
}
