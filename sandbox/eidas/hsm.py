"""Signing digests with a key in the practice HSM (`esigp/v1/signatures/server/raw` and `…/raw/batch`)."""

import base64
import hmac
from collections.abc import Callable, Sequence

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from sandbox.counting import require_few
from sandbox.eidas.authorization import SIGN, summary_of
from sandbox.eidas.grants import Grant
from sandbox.eidas.permissions import bearer, invalid_token, require_scope
from sandbox.eidas.signing_request import SigningRequest, read_batch, read_single
from sandbox.encoding import encode_base64
from sandbox.people.person import Identity
from sandbox.refusals import PlatformRefusal, Refusal
from sandbox.variants import Variants
from sandbox.variants.limits import RefusedBatch, SigningParts
from sandbox.variants.platform import BatchBase64, BatchReply, Ecdsa, SigningToken
from sandbox.vendor import Vendor, vendor_of
from sandbox.weather.faults import change_values, variants_for

BASE64: dict[BatchBase64, Callable[[bytes], str]] = {
    BatchBase64.STANDARD: encode_base64,
    BatchBase64.URL_SAFE: lambda value: base64.urlsafe_b64encode(value).decode("ascii"),
    BatchBase64.UNPADDED: lambda value: encode_base64(value).rstrip("="),
    BatchBase64.TWICE: lambda value: encode_base64(encode_base64(value).encode("ascii")),
}
BATCH_BODY: dict[BatchReply, Callable[[Sequence[str]], object]] = {
    BatchReply.TEXTS: lambda texts: {"signatures": texts},
    BatchReply.VALUES: lambda texts: {"signatures": [{"value": text} for text in texts]},
    BatchReply.SIGNATURE_VALUES: lambda texts: {"signatures": [{"signature_value": text} for text in texts]},
    BatchReply.BARE_SIGNATURES: lambda texts: [{"signature": text} for text in texts],
    BatchReply.BARE_TEXTS: lambda texts: texts,
}


async def sign_raw(request: web.Request) -> web.Response:
    """Sign one digest and answer the raw bytes of the signature value."""
    values = await _sign(request, read_single)
    return web.Response(body=b"".join(values), content_type="application/octet-stream")


async def sign_batch(request: web.Request) -> web.Response:
    """Sign a batch of digests and answer the signature values, in the order of the requests."""
    values = await _sign(request, read_batch)
    variants = variants_for(request)
    return web.json_response(BATCH_BODY[variants.batch_reply](list(map(BASE64[variants.batch_base64], values))))


async def _sign(request: web.Request, read: Callable[[object, int], SigningRequest]) -> list[bytes]:
    """Carry out one signing request; the token is spent by the first well-formed one, obeyed or refused."""
    if request.content_type != "application/json":
        raise PlatformRefusal(415, "unsupported_media_type", "Content-Type must be application/json.")
    grant = require_scope(request, SIGN)
    vendor = vendor_of(request)
    try:
        body = await request.json()
    except ValueError:
        raise PlatformRefusal(400, "invalid_request", "The body is not JSON.") from None
    asked = read(body, vendor.settings.batch_limit)
    _require_few(request, vendor, asked)
    is_spent = vendor.variants.signing_token is SigningToken.SINGLE_USE and not _is_part(vendor, grant, asked)
    take = vendor.grants.tokens.take if is_spent else vendor.grants.tokens.get
    # Asked for again, though its scope was read: of several requests at once one gets it.
    taken = take(bearer(request), vendor.now())
    if taken is None:
        raise invalid_token()
    identity = _require_bound_identity(vendor, taken, asked, bearer(request))
    values = await vendor.run_in_thread(lambda: [identity.credential.sign_digest(one) for one in asked.digests])
    vendor.counters.signature_calls += 1
    vendor.counters.signatures += len(values)
    return change_values(request, [encode_value(value, variants_for(request)) for value in values])


def _require_few(request: web.Request, vendor: Vendor, asked: SigningRequest) -> None:
    """Raise the refusal of more digests than one call takes, by which the token may be spent."""
    variants = vendor.variants
    try:
        require_few(len(asked.digests), variants.sign_limit, variants.too_many, request.path, "invalid_request")
    except Refusal:
        if variants.refused_batch is RefusedBatch.SPENDS:
            vendor.grants.tokens.take(bearer(request), vendor.now())
        raise


def _authorized_digests(vendor: Vendor, grant: Grant) -> tuple[bytes, ...]:
    """Return all digests that a token was authorized for, as far as SignAPI calculated them."""
    summary = encode_base64(grant.binding.summary) if grant.binding else ""
    return vendor.grants.digests.get(summary, vendor.now()) or ()


def _is_part(vendor: Vendor, grant: Grant, asked: SigningRequest) -> bool:
    """Say whether these may be some of the authorized digests, with others to follow."""
    if vendor.variants.signing_parts is SigningParts.REFUSED:
        return False
    return len(asked.digests) < len(_authorized_digests(vendor, grant))


def _is_authorized(vendor: Vendor, grant: Grant, asked: SigningRequest, token: str) -> bool:
    """Say whether these are all the authorized digests, or, where parts are signed, the next of them."""
    if grant.binding is not None and hmac.compare_digest(grant.binding.summary, summary_of(asked.digests)):
        return True
    if not _is_part(vendor, grant, asked):
        return False
    begin = vendor.grants.signed[token]
    is_next = _authorized_digests(vendor, grant)[begin : begin + len(asked.digests)] == asked.digests
    vendor.grants.signed[token] += len(asked.digests) if is_next else 0
    return is_next


def _require_bound_identity(vendor: Vendor, grant: Grant, asked: SigningRequest, token: str) -> Identity:
    """Return the identity to sign with; raises `PlatformRefusal` unless the request is exactly what was authorized."""
    binding = grant.binding
    if binding is None or binding.identity_id != asked.identity_id:
        raise PlatformRefusal(403, "access_denied", "The token was authorized for another identity, or for none.")
    if not _is_authorized(vendor, grant, asked, token):
        raise PlatformRefusal(403, "access_denied", "These digests are not the ones that were authorized.")
    identity = vendor.people[grant.login.login].identity(asked.identity_id) if grant.login else None
    if identity is None or not all(map(identity.key_fits, asked.algorithms)):
        raise PlatformRefusal(400, "invalid_request", "signature_algorithm does not fit the key.")
    return identity


def encode_value(value: bytes, variants: Variants) -> bytes:
    """Return an ECDSA value, which is DER, as r ‖ s (IEEE P1363) if set so; an RSA value stays as it is."""
    if variants.ecdsa is Ecdsa.DER:
        return value
    try:
        parts = decode_dss_signature(value)
    except ValueError:
        # No DER: the value of an RSA key, which both styles write alike.
        return value
    length = 32 if max(parts).bit_length() <= 256 else 48  # noqa: PLR2004 - the coordinates of P-256 and P-384
    return b"".join(part.to_bytes(length, "big") for part in parts)
