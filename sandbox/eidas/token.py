"""The token endpoint (RFC 6749 §3.2): codes and client credentials in, bearer tokens out."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from urllib.parse import unquote_plus

from aiohttp import web

from sandbox.eidas.authorization import INTROSPECT
from sandbox.eidas.grants import Grant
from sandbox.refusals import PlatformRefusal
from sandbox.settings import Client
from sandbox.vendor import Vendor, vendor_of

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


async def token(request: web.Request) -> web.Response:
    """Exchange a code or client credentials for a bearer token; the fields may stand in the form or the query."""
    vendor = vendor_of(request)
    client = _authenticated(vendor, request.headers.get("Authorization", ""))
    form = {name: str(value) for name, value in (await request.post()).items()}
    grant = _granted(vendor, client, {**request.query, **form})
    return web.json_response(
        {
            "access_token": vendor.grants.tokens.issue(grant, vendor.now()),
            "token_type": "Bearer",
            "expires_in": int(vendor.settings.token_lifetime.total_seconds()),
            "scope": grant.scope,
        },
        headers=NO_STORE,
    )


def _granted(vendor: Vendor, client: Client, fields: Mapping[str, str]) -> Grant:
    match fields.get("grant_type"):
        case "authorization_code":
            return _exchanged(vendor, client, fields)
        case "client_credentials":
            if fields.get("scope") != INTROSPECT:
                raise PlatformRefusal(400, "invalid_scope", f"client_credentials gives {INTROSPECT} only.", NO_STORE)
            return Grant(client.client_id, INTROSPECT)
        case None:
            raise PlatformRefusal(400, "invalid_request", "grant_type is missing.", NO_STORE)
        case _:
            raise PlatformRefusal(400, "unsupported_grant_type", "There are no refresh tokens here.", NO_STORE)


def _exchanged(vendor: Vendor, client: Client, fields: Mapping[str, str]) -> Grant:
    """Spend the code, even when it is presented wrongly: a code that went astray must not work later."""
    if not fields.get("code"):
        raise PlatformRefusal(400, "invalid_request", "code is missing.", NO_STORE)
    code = vendor.grants.codes.take(fields["code"], vendor.now())
    if code is None:
        raise PlatformRefusal(400, "invalid_grant", "The code is unknown, spent or expired.", NO_STORE)
    if code.grant.client_id != client.client_id or code.redirect_uri != fields.get("redirect_uri"):
        raise PlatformRefusal(400, "invalid_grant", "The code was given to another client or redirect_uri.", NO_STORE)
    return code.grant


def _authenticated(vendor: Vendor, authorization: str) -> Client:
    """Return the client behind HTTP Basic credentials, each part url-encoded (RFC 6749 §2.3.1)."""
    kind, _, credentials = authorization.partition(" ")
    try:
        text = base64.b64decode(credentials.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    client_id, _, secret = text.partition(":")
    client = vendor.settings.client(unquote_plus(client_id))
    if kind.lower() != "basic" or client is None or not _same(unquote_plus(secret), client.client_secret):
        challenge = {**NO_STORE, "WWW-Authenticate": 'Basic realm="lvrtc-eipsign-as"'}
        raise PlatformRefusal(401, "invalid_client", "Client authentication failed.", challenge)
    return client


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
