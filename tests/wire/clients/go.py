"""signbyte/eparaksts-signer (Go): its cloud-seal flow; every batch, of one too, goes through `raw/batch`."""

from typing import Any
from urllib.parse import urlencode

from tests.wire.clients.calling import (
    CLAIMS,
    ESIGP,
    INTROSPECT,
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
    multipart,
)

MOBILE = "urn:eparaksts:authentication:flow:mobileid"


class Signer:
    """One signing job."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.introspect = ""

    async def leg(self, scope: str, **more: str) -> str:
        query = {"response_type": "code", "client_id": self.client.client_id, "scope": scope, "state": STATE}
        query |= {"redirect_uri": self.client.redirect_uris[0], "acr_values": MOBILE, "ui_locales": "lv", **more}
        code = await self.client.browse(urlencode(sorted(query.items())))
        return await self.token(grant_type="authorization_code", code=code, redirect_uri=self.client.redirect_uris[0])

    async def token(self, **form: str) -> str:
        headers = {
            "Authorization": basic(self.client.client_id, self.client.secret),
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        answer = (await self.client.call("POST", TOKEN, headers, urlencode(form).encode())).require(200).json
        if not isinstance(answer["expires_in"], int):
            raise Stumble("expires_in is no number")
        return str(answer["access_token"])

    async def read(self, path: str, token: str) -> Any:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        return (await self.client.call("GET", path, headers)).require(200).json

    async def signapi(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> Any:
        self.introspect = self.introspect or await self.token(grant_type="client_credentials", scope=INTROSPECT)
        headers = {
            "Authorization": f"Bearer {self.introspect}",
            "Accept": "application/json",
            "X-Correlation-ID": "01JZZZZZZZZZZZZZZZZZZZZZZZ",
            **({"Content-Type": kind} if kind else {}),
        }
        answer = await self.client.call(method, path, headers, body)
        if answer.status // 100 != 2:
            raise Stumble(f"{path}: {answer}")
        return answer

    async def post(self, path: str, body: object) -> Any:
        return (await self.signapi("POST", path, as_json(body), "application/json")).json

    async def start(self) -> str:
        return str((await self.signapi("GET", "/api-session/v1.0/start")).json["data"]["sessionId"])

    async def upload(self, session: str, name: str, content: bytes) -> dict[str, Any]:
        kind, body = multipart(name, content, Content_Type="application/pdf")
        answer = await self.signapi("PUT", f"/api-storage/v1.0/{session}/upload", body, kind)
        return dict(answer.json["data"])

    async def add_hash(self, session: str, name: str, digest: bytes) -> None:
        files = [{"name": name, "digest": base64_of(digest), "digest_algorithm": "SHA256"}]
        await self.post(f"/api-storage/v1.0/{session}/addDocumentDigest", {"files": files, "signatureIndex": 0})

    async def seal(self, sessions: list[str], *, as_pdf: bool) -> str:
        """Have what the sessions hold sealed by the only seal; return the certificate that opened the timestamps."""
        profile = await self.leg(f"{PROFILE} {CLAIMS}")
        identities = (await self.read(USERS_ME, profile))["sign_identities"]
        (seal,) = [one for one in identities if is_seal(one)]
        (own,) = [one for one in identities if one["description"] == "eparaksts:mobileid:auth"]
        certificate, opener = [
            (await self.read(f"{ESIGP}/sign_identities/{one['id']}", profile))["identity"]["details"]["certificate"]
            for one in (seal, own)
        ]
        order = {"sessions": [{"sessionId": one} for one in sessions], "certificate": certificate, "signAsPdf": as_pdf}
        data = (await self.post("/api-sign/v1.0/CalculateDigest", order))["data"]
        by_session = {one["sessionId"]: one["digest"] for one in data["sessionDigests"]}
        consent = {"digests_summary": data["digests_summary"], "digests_summary_algorithm": data["algorithm"]}
        token = await self.leg(SIGN, sign_identity_id=seal["id"], **consent)
        values = await self.sign(token, seal["id"], data["signature_algorithm"], [by_session[one] for one in sessions])
        entries = [
            {"sessionId": session, "signatureValue": value} for session, value in zip(sessions, values, strict=True)
        ]
        await self.post(
            "/api-sign/v1.0/finalizeSigning", {"sessionSignatureValues": entries, "authCertificate": opener}
        )
        return str(opener)

    async def sign(self, token: str, identity: str, algorithm: str, digests: list[str]) -> list[str]:
        requests = [{"digest_value": digest, "signature_algorithm": algorithm} for digest in digests]
        body = {"sign_identity_id": identity, "signature_algorithm": algorithm, "requests": requests}
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Accept": "application/json"}
        path = f"{ESIGP}/signatures/server/raw/batch"
        return list((await self.client.call("POST", path, headers, as_json(body))).require(200).json["signatures"])

    async def fetch(self, session: str) -> bytes:
        """The last file of the list, with the report of v2.0 on it; the session is closed then."""
        entry = (await self.signapi("GET", f"/api-storage/v1.0/{session}/list")).json["data"][-1]
        content = await self.signapi("GET", f"/api-storage/v1.0/{session}/{entry['id']}")
        await self.signapi("GET", f"/api-session/v1.0/{session}/close")
        return bytes(content.body)

    async def archive(self, name: str, sealed: bytes, opener: str) -> bytes:
        """An archive timestamp on a signed file that is uploaded again; its own id stays valid."""
        session = await self.start()
        document = (await self.upload(session, name, sealed))["id"]
        await self.post("/api-sign/v1.0/addArchive", {"sessions": [{"sessionId": session}], "authCertificate": opener})
        report = (await self.signapi("GET", f"/api-validation/v2.0/{session}/{document}/validate")).json["data"]
        if (report["validationConclusion"], report["signaturesExt"][0]["signerExt"]["serialNumber"][:5]) != (
            "POSITIVE",
            "NTRLV",
        ):
            raise Stumble(str(report))
        return bytes((await self.signapi("GET", f"/api-storage/v1.0/{session}/{document}")).body)


def is_seal(identity: dict[str, Any]) -> bool:
    """Enabled, and labelled in either way."""
    labels = {label.lower() for label in identity["labels"]}
    return identity["status"]["value"].lower() == "enabled" and bool(labels & {"qsealc", "esealc"})
