"""Starting and closing sessions, and the client's configuration (`api-session`, `api-config`)."""

from aiohttp import web

from sandbox.refusals import SignApiRefusal
from sandbox.signapi.replies import answered, client_of, session_of
from sandbox.vendor import vendor_of

MOST_AT_ONCE = 100  # sessions in one start call
REGISTERED = "2019-10-22T10:34:10.666528"  # the vendor's own example


async def start(request: web.Request) -> web.Response:
    """Open one session, or `amount` of them; with `amount` the answer is a list even for one."""
    client_id = client_of(request)
    vendor = vendor_of(request)
    now = vendor.now()
    amount = request.query.get("amount")
    if amount is None:
        return answered({"sessionId": vendor.sessions.start(client_id, now).id}, status=201)
    started = [vendor.sessions.start(client_id, now).id for _ in range(_counted(amount))]
    return answered({"sessionIds": started}, status=201)


def _counted(amount: str) -> int:
    if not (amount.isascii() and amount.isdecimal() and 1 <= int(amount) <= MOST_AT_ONCE):
        raise SignApiRefusal(400, "session:amount", f"amount must be a number from 1 to {MOST_AT_ONCE}.")
    return int(amount)


async def close(request: web.Request) -> web.Response:
    """Close the session and delete its files."""
    session = session_of(request)
    vendor_of(request).sessions.close(session)
    return answered(f"Session {session.id} closed")


async def config(request: web.Request) -> web.Response:
    """Answer the client's limits: `fileMaxLength` in bytes, `sessionExpirationTimeout` in seconds."""
    client_id = client_of(request)
    settings = vendor_of(request).settings
    return answered(
        {
            "oauthClientId": client_id,
            "name": "SIA Paraugs",
            "created": REGISTERED,
            "changed": REGISTERED,
            "fileMaxLength": settings.file_max_length,
            "sessionExpirationTimeout": int(settings.session_expiration.total_seconds()),
        }
    )


async def not_offered(request: web.Request) -> web.Response:
    """Refuse a call that the vendor has and this practice vendor does not offer."""
    client_of(request)
    raise SignApiRefusal(400, "notOffered", f"{request.path.rsplit('/', 1)[-1]} is not offered by the practice vendor.")
