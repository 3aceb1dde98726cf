"""Signing digests with a key in the practice HSM (`esigp/v1/signatures/server/raw` and `…/raw/batch`)."""

import hmac
from collections.abc import Callable

from aiohttp import web

from sandbox.eidas.access import granted, invalid_token
from sandbox.eidas.authorization import SIGN
from sandbox.eidas.digests import summary_of
from sandbox.eidas.grants import Grant, bearer
from sandbox.eidas.orders import Order, batch_order, single_order
from sandbox.eidas.values import batch_reply, written
from sandbox.people.person import Identity
from sandbox.refusals import PlatformRefusal
from sandbox.variants.platform import SigningToken
from sandbox.vendor import Vendor, vendor_of
from sandbox.weather.faults import values_after, variants_for


async def sign_raw(request: web.Request) -> web.Response:
    """Sign one digest and answer the raw bytes of the signature value."""
    values = await _signed(request, single_order)
    return web.Response(body=b"".join(values), content_type="application/octet-stream")


async def sign_batch(request: web.Request) -> web.Response:
    """Sign a batch of digests and answer the signature values, in the order of the requests."""
    values = await _signed(request, batch_order)
    return web.json_response(batch_reply(values, variants_for(request)))


async def _signed(request: web.Request, read: Callable[[object, int], Order]) -> list[bytes]:
    """Carry out one order; the token is spent by the first well-formed order, kept or refused."""
    if request.content_type != "application/json":
        raise PlatformRefusal(415, "unsupported_media_type", "Content-Type must be application/json.")
    granted(request, SIGN)
    vendor = vendor_of(request)
    order = read(await _json(request), vendor.settings.batch_limit)
    identity = _bound_identity(vendor, _spent(request, vendor), order)
    values = await vendor.at_bench(_values, identity, order.digests)
    vendor.counters.signature_calls += 1
    vendor.counters.signatures += len(values)
    return values_after(request, [written(value, variants_for(request).ecdsa) for value in values])


async def _json(request: web.Request) -> object:
    try:
        return await request.json()
    except ValueError:
        raise PlatformRefusal(400, "invalid_request", "The body is not JSON.") from None


def _spent(request: web.Request, vendor: Vendor) -> Grant:
    tokens = vendor.grants.tokens
    take = tokens.take if vendor.variants.signing_token is SigningToken.SINGLE_USE else tokens.look
    grant = take(bearer(request), vendor.now())
    if grant is None:
        raise invalid_token()
    return grant


def _bound_identity(vendor: Vendor, grant: Grant, order: Order) -> Identity:
    """Return the identity to sign with; raises `PlatformRefusal` unless the order is exactly what was authorized."""
    binding = grant.binding
    if binding is None or binding.identity_id != order.identity_id:
        raise PlatformRefusal(403, "access_denied", "The token was authorized for another identity.")
    if not hmac.compare_digest(binding.summary, summary_of(order.digests)):
        raise PlatformRefusal(403, "access_denied", "These digests are not the ones that were authorized.")
    identity = vendor.people[grant.login.login].identity(order.identity_id) if grant.login else None
    if identity is None or not all(map(identity.key_fits, order.algorithms)):
        raise PlatformRefusal(400, "invalid_request", "signature_algorithm does not fit the key.")
    return identity


def _values(identity: Identity, digests: tuple[bytes, ...]) -> list[bytes]:
    return [identity.credential.sign_digest(digest) for digest in digests]
