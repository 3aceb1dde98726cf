"""Starting and closing sessions, and the client's configuration (`api-session`, `api-config`)."""

import asyncio

from aiohttp import web

from sandbox.refusals import SignApiRefusal
from sandbox.signapi.paths import check_end
from sandbox.signapi.replies import data_response, require_client, require_session
from sandbox.variants.signapi import StartReply
from sandbox.vendor import vendor_of

# The vendor's own limit, which `batch_limit` does not change (vendor §4.1).
MOST_AT_ONCE = 100  # sessions in one start call
REGISTERED = "2019-10-22T10:34:10.666528"  # the vendor's own example


async def start_sessions(request: web.Request) -> web.Response:
    """Open one session, or `amount` of them."""
    client_id = require_client(request)
    vendor = vendor_of(request)
    amount = request.query.get("amount", "1")
    if not (amount.isascii() and amount.isdecimal() and 1 <= int(amount) <= MOST_AT_ONCE):
        raise SignApiRefusal(400, "session:amount", f"amount must be a number from 1 to {MOST_AT_ONCE}.")
    count = int(amount)
    ids = []
    for _ in range(count):
        await asyncio.sleep(0)  # making a folder takes its time, and others are answered between two of them
        ids.append(vendor.sessions.start(client_id, vendor.now()).id)
    reply = vendor.variants.start_reply
    as_one = reply is StartReply.SESSION_ID or (reply is StartReply.BY_AMOUNT and "amount" not in request.query)
    status = int(vendor.variants.start_status)
    return data_response({"sessionId": ids[0]} if as_one and count == 1 else {"sessionIds": ids}, status)


async def close_session(request: web.Request) -> web.Response:
    """Close the session and delete its files."""
    session = require_session(request)
    vendor_of(request).sessions.close(session)
    return data_response(f"Session {session.id} closed")


async def show_limits(request: web.Request) -> web.Response:
    """Answer the client's limits: `fileMaxLength` in bytes, `sessionExpirationTimeout` in seconds."""
    check_end(request)
    client_id = require_client(request)
    settings = vendor_of(request).settings
    return data_response(
        {
            "oauthClientId": client_id,
            "name": "SIA Paraugs",
            "created": REGISTERED,
            "changed": REGISTERED,
            "fileMaxLength": settings.file_max_length,
            "sessionExpirationTimeout": int(settings.session_expiration.total_seconds()),
        }
    )


async def refuse_file_seal(request: web.Request) -> web.Response:
    """Refuse `eSealCreate`: it seals with a key file, and this client's seals are kept in the cloud (vendor §4.10)."""
    require_client(request)
    why = "eSealCreate is for seals kept in a file; a cloud seal signs with CalculateDigest and finalizeSigning."
    raise SignApiRefusal(400, "signing:eSealCreate", why)


async def refuse_not_offered(request: web.Request) -> web.Response:
    """Refuse a call that the vendor has and this practice vendor does not offer."""
    require_client(request)
    raise SignApiRefusal(400, "notOffered", f"{request.path.rsplit('/', 1)[-1]} is not offered by the practice vendor.")
