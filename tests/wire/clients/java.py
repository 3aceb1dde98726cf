"""SK-EID/smart-id-lvrtc-example (Java, February 2021): its parser refuses every field that it does not know.

The signature comes from a key outside the platform, Smart-ID in the example; here any key with a certificate.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from tests.wire.clients.calling import INTROSPECT, TOKEN, Client, Stumble, as_json, basic, multipart

FIELDS: dict[str, Any] = {
    "token": {"scope": "", "access_token": "", "token_type": "", "expires_in": 0},
    "session": {"data": {"sessionId": ""}},
    "file": {"data": {"id": "", "name": "", "size": 0, "type": ""}},
    "digest": {
        "data": {"sessionDigests": [{"sessionId": "", "digest": ""}], "digests_summary": "", "algorithm": ""},
    },
    "finalized": {"data": {"results": [{"sessionId": ""}]}},
    "list": {"data": [{"id": "", "name": "", "size": 0, "type": "", "includedDocuments": [{}]}]},
}
"""Its classes: names and types of fields. `error` may stand beside `data`."""
FILE = FIELDS["file"]["data"]


def fits(value: Any, shape: Any) -> bool:
    """Say whether the parser takes the value: no unknown field anywhere, and each of the right type."""
    if isinstance(shape, dict):
        return isinstance(value, dict) and all(
            name in shape and fits(each, shape[name]) for name, each in value.items() if name != "error"
        )
    if isinstance(shape, list):
        return isinstance(value, list) and all(fits(each, shape[0] or FILE) for each in value)
    return type(value) is type(shape)


async def seal(
    client: Client, name: str, content: bytes, *, signing: str, auth: str, key: Callable[[str], str]
) -> bytes:
    """Seal one file in a container: `signing` and `auth` are certificates, `key` turns a digest into a value."""

    async def call(method: str, path: str, shape: str, body: bytes | None = None, **more: str) -> Any:
        headers = {"Cache-Control": "no-cache", "Authorization": authorization, **more}
        answer = await client.call(method, path, headers, body)
        if answer.status >= 400 or not fits(answer.json, FIELDS[shape]):
            raise Stumble(f"{path}: {answer}")
        return answer.json

    def json_call(path: str, shape: str, body: object) -> Any:
        return call("POST", path, shape, as_json(body), **{"Content-Type": "application/json"})

    # The query of a POST without a body, and unencoded but for what an address cannot hold.
    authorization = basic(client.client_id, client.secret)
    query = f"grant_type=client_credentials&scope={quote(INTROSPECT, safe=':')}"
    token = await call("POST", f"{TOKEN}?{query}", "token")
    authorization = f"{token['token_type']} {token['access_token']}"
    session = (await call("GET", "/api-session/v1.0/start", "session"))["data"]["sessionId"]
    parts = {"Content_Type": "application/octet-stream", "Content_Transfer_Encoding": "binary"}
    content_type, body = multipart(name, content, **parts)
    await call("PUT", f"/api-storage/v1.0/{session}/upload", "file", body, **{"Content-Type": content_type})
    order = {"sessions": [{"sessionId": session}], "certificate": signing, "signAsPdf": False, "createNewEdoc": False}
    digest = await json_call("/api-sign/v1.0/calculateDigest", "digest", order)
    value = key(digest["data"]["sessionDigests"][0]["digest"])
    values = {"sessionSignatureValues": [{"sessionId": session, "signatureValue": value}], "authCertificate": auth}
    await json_call("/api-sign/v1.0/finalizeSigning", "finalized", values)
    (entry,) = (await call("GET", f"/api-storage/v1.0/{session}/list", "list"))["data"]
    path = f"/api-storage/v1.0/{session}/{entry['id']}"
    sealed = (await client.call("GET", path, {"Authorization": authorization})).require(200).body
    (await client.call("GET", f"/api-session/v1.0/{session}/close", {"Authorization": authorization})).require(200)
    return sealed
