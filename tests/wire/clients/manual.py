"""The requests of TrustLynx's ePM integration manual: all scopes in the first leg, an address of its own for each leg.

The product behind it makes the document by itself, so its way ends with the signature value.
"""

import base64
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from tests.wire.clients.calling import (
    CLAIMS,
    ESIGP,
    PROFILE,
    SIGN,
    STATE,
    TOKEN,
    USERS_ME,
    Client,
    Stumble,
    as_json,
    base64_of,
    basic,
)


@dataclass(frozen=True)
class Signed:
    """Who signed, with which certificate in DER, and the value."""

    name: str
    serial_number: str
    certificate: bytes
    value: bytes


async def sign(client: Client, digest: bytes, summary: bytes) -> Signed:
    """Have one digest signed by the person's own key on the server."""
    usual = {"response_type": "code", "approval_prompt": "auto", "ui_locales": "lv"}
    usual |= {"acr_values": "urn:eparaksts:authentication:flow:mobileid", "client_id": client.client_id}
    first, second = client.redirect_uris
    scope = f"{CLAIMS} {PROFILE} {SIGN}"
    query = urlencode(usual | {"redirect_uri": first, "state": STATE, "scope": scope}, quote_via=quote)
    profile = {"Authorization": f"Bearer {await exchange(client, await client.browse(query), first)}"}
    me = (await client.call("GET", USERS_ME, profile)).require(200).json
    (identity,) = [one for one in me["sign_identities"] if "serverid" in one["labels"]]
    detail = (await client.call("GET", f"{ESIGP}/sign_identities/{identity['id']}", profile)).require(200).json
    binding = {
        "sign_identity_id": identity["id"],
        "digests_summary": base64_of(summary),
        "digests_summary_algorithm": "SHA256",
    }
    query = urlencode(usual | {"redirect_uri": second, "state": STATE, "scope": SIGN, **binding}, quote_via=quote)
    token = await exchange(client, await client.browse(query), second)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    order = {
        "sign_identity_id": identity["id"],
        "signature_algorithm": "ecdsa",
        "digest_value": base64_of(digest).rstrip("="),
    }
    answer = (await client.call("POST", f"{ESIGP}/signatures/server/raw", headers, as_json(order))).require(200)
    certificate = base64.b64decode(detail["identity"]["details"]["certificate"], validate=True)
    return Signed(me["name"], me["serial_number"], certificate, answer.body)


async def exchange(client: Client, code: str, redirect_uri: str) -> str:
    """Exchange a code, with the address of its own leg."""
    headers = {
        "Authorization": basic(client.client_id, client.secret),
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "Accept": "application/json",
    }
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    answer = (await client.call("POST", TOKEN, headers, urlencode(form).encode())).require(200).json
    if answer["token_type"] != "Bearer":
        raise Stumble(str(answer))
    return str(answer["access_token"])
