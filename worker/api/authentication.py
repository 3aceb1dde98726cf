"""Who asks, whether they may, and how often: `Authorization: Bearer zmk_…` (RFC 6750 §2.1), and nothing else."""

import re
from collections.abc import Mapping
from urllib.parse import unquote

from aiohttp import web
from aiohttp.typedefs import Handler

from jobs.model.api_keys import ApiKey, Permission
from jobs.model.names import RouteName
from worker.api.ports import API, CALLER
from worker.api.problems import ApiError, ProblemType
from worker.api.rate import Allowance

_BEARER = re.compile(r"Bearer +([!-~]{1,200})", re.IGNORECASE)
_KEY_NAMES = frozenset({"key", "api_key", "apikey", "api-key", "token", "access_token", "authorization", "bearer"})
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="zimogs"'}
_ADMINISTRATOR = "The administrator of zimogs makes one with `zimogs api-key create`."


@web.middleware
async def refuse_keys_in_addresses(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Addresses stand in logs of proxies and histories of browsers: a key that came in one is no secret any more."""
    if "zmk_" in unquote(request.raw_path) or _KEY_NAMES & {name.lower() for name in request.query}:
        raise ApiError(
            ProblemType.KEY_IN_QUERY,
            "Send the key in the header `Authorization: Bearer zmk_…`. One that was in an address may have been read "
            "by others on the way: have it revoked with `zimogs api-key revoke`, and use a new one.",
        )
    return await handler(request)


async def authenticate(request: web.Request, permission: Permission) -> Mapping[str, str]:
    """Find out whose request it is, and whether the key may do that at all; gives headers that tell what is left.

    Raises ApiError.
    """
    api = request.app[API]
    given = request.headers.getall("Authorization", [])
    match = _BEARER.fullmatch(given[0]) if len(given) == 1 else None
    if match is None:
        raise ApiError(ProblemType.NO_KEY, f"Send a key as `Authorization: Bearer zmk_…`. {_ADMINISTRATOR}", _CHALLENGE)
    key = await api.keys.find(match[1])
    now = api.now()
    if key is None or not key.is_valid(now):
        raise ApiError(
            ProblemType.NO_KEY,
            f"This key opens nothing (any more): it is wrong, revoked or expired. {_ADMINISTRATOR}",
            {"WWW-Authenticate": f'{_CHALLENGE["WWW-Authenticate"]}, error="invalid_token"'},
        )
    request[CALLER] = key
    allowance = api.rate.count(key.id)
    headers = _rate_headers(allowance, api.rate.per_minute)
    if allowance.is_over:
        wait = str(max(1, allowance.reset))
        detail = f"This key may ask {api.rate.per_minute} times a minute. Go on in {wait} s."
        raise ApiError(ProblemType.TOO_OFTEN, detail, {**headers, "Retry-After": wait})
    if permission not in key.may:
        may = ", ".join(sorted(key.may))
        raise ApiError(ProblemType.NOT_ALLOWED, f"It may {may}, and this needs {permission}. {_ADMINISTRATOR}", headers)
    await api.keys.note_use(key, now.date())
    return headers


def require_route(request: web.Request, name: str) -> RouteName:
    """A route of the caller's. Raises ApiError: what is others' is as unknown as what is nobody's."""
    route = RouteName(name)
    if route not in request[CALLER].routes:
        routes = ", ".join(sorted(request[CALLER].routes))
        raise ApiError(ProblemType.NOT_FOUND, f"The key has no route of that name. It is for: {routes}.")
    return route


def is_callers(key: ApiKey, route: str | None) -> bool:
    """Whether what belongs to that route is the caller's to see; what belongs to none is nobody's here."""
    return route is not None and RouteName(route) in key.routes


def _rate_headers(allowance: Allowance, per_minute: int) -> Mapping[str, str]:
    """As the IETF draft of RateLimit header fields for HTTP names them."""
    return {
        "RateLimit-Policy": f'"requests";q={per_minute};w=60',
        "RateLimit": f'"requests";r={allowance.left};t={allowance.reset}',
    }
