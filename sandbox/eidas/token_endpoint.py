"""The token endpoint (RFC 6749 §3.2): codes and client credentials in, bearer tokens out."""

import base64
import binascii
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from urllib.parse import unquote_plus

from aiohttp import web

from sandbox.eidas.authorization import INTROSPECT
from sandbox.eidas.grants import Grant
from sandbox.eidas.pkce import is_proved
from sandbox.refusals import PlatformRefusal
from sandbox.settings import RegisteredClient
from sandbox.variants.platform import CodeReuse, ExpiresIn, KeyEncoding, TokenParameters
from sandbox.vendor import Vendor, vendor_of

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}  # RFC 6749 §5.1


async def issue_token(request: web.Request) -> web.Response:
    """Exchange a code or client credentials for a bearer token."""
    vendor = vendor_of(request)
    client = _authenticate_client(vendor, request.headers.get("Authorization", ""))
    form = {name: str(value) for name, value in (await request.post()).items()}
    takes_query = vendor.variants.token_parameters is TokenParameters.FORM_AND_QUERY
    fields = {**request.query, **form} if takes_query else form
    grant = replace(_grant(vendor, client, fields), is_early="grant_type" not in form)
    seconds = int(vendor.settings.token_lifetime.total_seconds())
    if grant.binding is not None and (short := vendor.variants.signing_token_life.seconds) is not None:
        seconds = min(seconds, short)
        grant = replace(grant, ends_at=vendor.now() + timedelta(seconds=seconds))
    access_token = vendor.grants.tokens.issue(grant, vendor.now())
    # Only what came from a code can die with it, when the code is presented again.
    if grant.login:
        vendor.grants.exchanged.keep(fields["code"], access_token, vendor.now())
    return web.json_response(
        {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": str(seconds) if vendor.variants.expires_in is ExpiresIn.TEXT else seconds,
            "scope": grant.scope,
        },
        headers=NO_STORE,
    )


def _authenticate_client(vendor: Vendor, authorization: str) -> RegisteredClient:
    """Return the client behind HTTP Basic credentials (RFC 6749 §2.3.1)."""
    kind, _, credentials = authorization.partition(" ")
    try:
        text = base64.b64decode(credentials.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        # What cannot be decoded names no client, and is answered as a wrong secret is (RFC 6749 §5.2).
        text = ""
    if kind.lower() == "basic":
        for client_id, secret in _read_credentials(text, vendor.variants.api_key):
            client = vendor.settings.client(client_id)
            # In constant time, so that how long the answer takes says nothing about the secret.
            if client is not None and hmac.compare_digest(secret.encode(), client.client_secret.encode()):
                return client
    challenge = {**NO_STORE, "WWW-Authenticate": 'Basic realm="lvrtc-eipsign-as"'}
    raise PlatformRefusal(401, "invalid_client", "Client authentication failed.", challenge)


def _read_credentials(credentials: str, style: KeyEncoding) -> Iterator[tuple[str, str]]:
    """Yield each client id and secret that the credentials may stand for."""
    client_id, _, secret = credentials.partition(":")
    if style is not KeyEncoding.PLAIN:
        yield unquote_plus(client_id), unquote_plus(secret)
    if style is not KeyEncoding.ENCODED:
        yield client_id, secret


def _grant(vendor: Vendor, client: RegisteredClient, fields: Mapping[str, str]) -> Grant:
    match fields.get("grant_type"):
        case "authorization_code":
            return _exchange_code(vendor, client, fields)
        case "client_credentials":
            if fields.get("scope") != INTROSPECT:
                raise PlatformRefusal(400, "invalid_scope", f"client_credentials gives {INTROSPECT} only.", NO_STORE)
            return Grant(client.client_id, INTROSPECT)
        case None:
            raise PlatformRefusal(400, "invalid_request", "grant_type is missing.", NO_STORE)
        case _:
            raise PlatformRefusal(400, "unsupported_grant_type", "There are no refresh tokens here.", NO_STORE)


def _exchange_code(vendor: Vendor, client: RegisteredClient, fields: Mapping[str, str]) -> Grant:
    """Spend the code, even when it is presented wrongly: a code that went astray must not work later."""
    if not fields.get("code"):
        raise PlatformRefusal(400, "invalid_request", "code is missing.", NO_STORE)
    code = vendor.grants.codes.take(fields["code"], vendor.now())
    if code is None:
        if vendor.variants.code_reuse is CodeReuse.REVOKES:
            vendor.grants.revoke_given_for(fields["code"], vendor.now())
        raise PlatformRefusal(400, "invalid_grant", "The code is unknown, spent or expired.", NO_STORE)
    if not code.is_presented_rightly(client.client_id, fields.get("redirect_uri")):
        raise PlatformRefusal(400, "invalid_grant", "The code was given to another client or redirect_uri.", NO_STORE)
    if not is_proved(code.challenge, fields.get("code_verifier"), vendor.variants.pkce):
        raise PlatformRefusal(400, "invalid_grant", "code_verifier does not fit the code_challenge.", NO_STORE)
    return code.grant
