"""Who may use the platform's resources: a person's token with the right scope (RFC 6750 §3.1)."""

from aiohttp import web

from sandbox.eidas.grants import Grant, bearer
from sandbox.refusals import PlatformRefusal
from sandbox.vendor import vendor_of


def invalid_token() -> PlatformRefusal:
    """Return the refusal of a bearer that is absent, unknown, spent or expired."""
    challenge = {"WWW-Authenticate": 'Bearer realm="trustedx-resources", error="invalid_token"'}
    return PlatformRefusal(401, "invalid_token", "The access token is missing, unknown, spent or expired.", challenge)


def insufficient_scope(scope: str) -> PlatformRefusal:
    """Return the refusal of a token that lacks this scope."""
    challenge = {"WWW-Authenticate": f'Bearer realm="trustedx-resources", error="insufficient_scope", scope="{scope}"'}
    return PlatformRefusal(403, "insufficient_scope", f"The access token must carry {scope}.", challenge)


def granted(request: web.Request, *scopes: str) -> Grant:
    """Return the grant behind the bearer if it covers one of the scopes; raises `PlatformRefusal` 401 or 403."""
    vendor = vendor_of(request)
    grant = vendor.grants.tokens.look(bearer(request), vendor.now())
    if grant is None:
        raise invalid_token()
    if not any(grant.covers(scope) for scope in scopes):
        raise insufficient_scope(scopes[0])
    return grant
