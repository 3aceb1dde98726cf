"""Who may use the platform's resources: a person's bearer token with the right scope (RFC 6750 §2.1, §3.1)."""

from aiohttp import web

from sandbox.eidas.grants import Grant
from sandbox.refusals import PlatformRefusal
from sandbox.vendor import vendor_of


def bearer(request: web.Request) -> str:
    """Return the bearer token of the request, or an empty string."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def invalid_token() -> PlatformRefusal:
    """Return the refusal of a bearer that is absent, unknown, spent or expired."""
    challenge = {"WWW-Authenticate": 'Bearer realm="trustedx-resources", error="invalid_token"'}
    return PlatformRefusal(401, "invalid_token", "The access token is missing, unknown, spent or expired.", challenge)


def require_scope(request: web.Request, *scopes: str) -> Grant:
    """Return the grant behind the bearer if it covers one of the scopes; raises `PlatformRefusal` 401 or 403."""
    vendor = vendor_of(request)
    grant = vendor.grants.tokens.get(bearer(request), vendor.now())
    if grant is None or grant.has_ended(vendor.now()):
        raise invalid_token()
    # RFC 6750 §3.1: 401 where the token is no good, 403 where it is good for something else.
    if not any(grant.covers(scope) for scope in scopes):
        wanted = f'Bearer realm="trustedx-resources", error="insufficient_scope", scope="{scopes[0]}"'
        why = f"The access token must carry {scopes[0]}."
        raise PlatformRefusal(403, "insufficient_scope", why, {"WWW-Authenticate": wanted})
    return grant
