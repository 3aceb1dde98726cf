"""denissceluiko/eparaksts (PHP, Guzzle): version 0.1 as it was first published, and 0.3."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, urlencode

from tests.wire.clients.calling import (
    CLAIMS,
    ESIGP,
    INTROSPECT,
    PROFILE,
    SIGN,
    STATE,
    TOKEN,
    USERS_ME,
    Answer,
    Client,
    Stumble,
    as_json,
    base64_of,
    basic,
    multipart,
)

SCOPES = {CLAIMS, f"{CLAIMS}:age", PROFILE, SIGN, INTROSPECT}
KINDS: dict[str, dict[str, Any]] = {
    "mobileid:auth": {
        "labels": {"mobileid", "x509:keyUsage:digitalSignature"},
        "description": "eparaksts:mobileid:auth",
    },
    "mobileid:sign": {
        "labels": {"mobileid", "x509:keyUsage:contentCommitment"},
        "description": "eparaksts:mobileid:sign",
    },
    "signing": {"labels": {"serverid"}},
    "qseal": {"labels": {"qsealc", "x509:keyUsage:contentCommitment"}, "description": "eparaksts:qsealc:sign"},
}
"""By what an identity of each kind is found."""


@dataclass
class Php:
    """What both versions share; tokens are kept by the scope that the answer names."""

    client: Client
    redirect_name = "redirect_uri"
    me_method = "GET"
    calculate = "CalculateDigest"
    tokens: dict[str, str] = field(default_factory=dict)

    def credentials(self) -> str:
        """Id and secret as they are: since 0.2.8 they are not url-encoded."""
        return basic(self.client.client_id, self.client.secret)

    async def token(self, grant: str, **fields: str) -> None:
        headers = {
            "accept": "application/json",
            "authorization": self.credentials(),
            "content-type": "application/x-www-form-urlencoded",
        }
        body = urlencode({"grant_type": grant, **fields}).encode()
        answer = (await self.client.call("POST", TOKEN, headers, body)).require(200).json
        if answer.get("error") or answer["scope"] not in SCOPES:
            raise Stumble(str(answer))
        self.tokens[answer["scope"]] = answer["access_token"]

    async def authorize(self, scope: str, **more: str) -> None:
        """A browser leg and the exchange of its code."""
        query = {"response_type": "code", "client_id": self.client.client_id, "scope": scope, "state": STATE}
        query |= {self.redirect_name: self.client.redirect_uris[0], **more}
        code = await self.client.browse(urlencode(query))
        await self.token("authorization_code", code=code, **self.repeated())

    def repeated(self) -> dict[str, str]:
        """What an integrator gives along with the code."""
        return {"redirect_uri": self.client.redirect_uris[0]}

    async def read(self, method: str, path: str, scope: str) -> Any:
        headers = {"accept": "application/json", "authorization": f"Bearer {self.tokens[scope]}"}
        return (await self.client.call(method, path, headers)).require(200).json

    async def identities(self) -> list[dict[str, Any]]:
        me = await self.read(self.me_method, USERS_ME, PROFILE)
        return list(me["sign_identities"])

    async def identity(self, kind: str) -> dict[str, Any]:
        """The first enabled identity of this kind, as its detail tells it."""
        wanted = KINDS[kind]
        for one in await self.identities():
            fits = wanted["labels"] <= set(one["labels"]) and wanted.get("description") in {None, one["description"]}
            if fits and one["status"]["value"] == "enabled":
                detail = await self.read("GET", f"{ESIGP}/sign_identities/{one['id']}", PROFILE)
                return dict(detail["identity"])
        raise Stumble(f"there is no identity {kind}")

    async def signapi(
        self, method: str, path: str, status: int = 200, *, body: bytes | None = None, kind: str = ""
    ) -> Answer:
        """Call SignAPI; `kind` is the body's Content-Type."""
        headers = {"accept": "application/json", "authorization": f"Bearer {self.tokens[INTROSPECT]}"}
        answer = await self.client.call(method, path, headers | ({"content-type": kind} if kind else {}), body)
        return answer.require(status)

    async def post(self, path: str, body: object) -> Any:
        return (await self.signapi("POST", path, body=as_json(body), kind="application/json")).json

    async def start(self) -> str:
        await self.token("client_credentials", scope=INTROSPECT)
        return str((await self.signapi("GET", "/api-session/v1.0/start?amount=1", 201)).json["data"]["sessionIds"][0])

    async def upload(self, session: str, name: str, content: bytes, kind: str) -> Any:
        content_type, body = multipart(name, content, Content_Type=kind, Content_Length=str(len(content)))
        path = f"/api-storage/v1.0/{session}/upload"
        return await self.signapi("PUT", path, 201, body=body, kind=content_type)

    async def digests(self, sessions: list[str], certificate: str, *, as_pdf: bool) -> dict[str, Any]:
        """What is false or null is left out of the body."""
        body = {"sessions": [{"sessionId": one} for one in sessions], "certificate": certificate}
        answer = await self.post(f"/api-sign/v1.0/{self.calculate}", body | ({"signAsPdf": True} if as_pdf else {}))
        return dict(answer["data"])

    async def sign(self, digest: str, algorithm: str, identity: str) -> str:
        body = {"digest_value": digest, "signature_algorithm": algorithm, "sign_identity_id": identity}
        headers = {"Content-Type": "application/json", "authorization": f"Bearer {self.tokens[SIGN]}"}
        answer = await self.client.call("POST", f"{ESIGP}/signatures/server/raw", headers, as_json(body))
        return base64_of(answer.require(200).body)

    async def finalize(self, values: list[tuple[str, str]], certificate: str) -> None:
        entries = [{"sessionId": session, "signatureValue": value} for session, value in values]
        body = {"sessionSignatureValues": entries, "authCertificate": certificate}
        results = (await self.post("/api-sign/v1.0/finalizeSigning", body))["data"]["results"]
        if [one["sessionId"] for one in results] != [session for session, _ in values] or "error" in results[0]:
            raise Stumble(str(results))

    async def fetch(self, session: str, ending: str = "") -> bytes:
        """The sealed file; the session is closed then."""
        (entry,) = (await self.signapi("GET", f"/api-storage/v1.0/{session}/list")).json["data"]
        validated = await self.signapi("GET", f"/api-validation/v1.0/{session}/{entry['id']}/validate")
        if validated.json["data"]["signaturesExt"][0]["indication"] != "TOTAL-PASSED":
            raise Stumble(str(validated.json))
        content = (await self.signapi("GET", f"/api-storage/v1.0/{session}/{entry['id']}{ending}")).body
        await self.signapi("GET", f"/api-session/v1.0/{session}/close")
        return bytes(content)

    async def seal(self, name: str, content: bytes, *, key: str, opener: str) -> bytes:
        """One document with one key; the certificate of `opener` opens the timestamp service."""
        await self.authorize(PROFILE)
        signing, opening = await self.identity(key), await self.identity(opener)
        session = await self.start()
        await self.upload(session, name, content, "application/pdf")
        as_pdf = name.endswith(".pdf")
        data = await self.digests([session], signing["details"]["certificate"], as_pdf=as_pdf)
        consent = {"digests_summary": data["digests_summary"], "digests_summary_algorithm": data["algorithm"]}
        await self.authorize(SIGN, sign_identity_id=signing["id"], **consent)
        value = await self.sign(data["sessionDigests"][0]["digest"], data["signature_algorithm"], signing["id"])
        await self.finalize([(session, value)], opening["details"]["certificate"])
        return await self.fetch(session)


class FirstPhp(Php):
    """0.1: `redirect_url` in the place of `redirect_uri`, POST at users/me, `calculateDigest` in lower case."""

    redirect_name = "redirect_url"
    me_method = "POST"
    calculate = "calculateDigest"

    def credentials(self) -> str:
        return basic(quote_plus(self.client.client_id), quote_plus(self.client.secret))

    def repeated(self) -> dict[str, str]:
        return {}

    async def upload(self, session: str, name: str, content: bytes, kind: str) -> Any:
        """A status of 201 makes it return nothing, and the file is there all the same; the type is left empty."""
        content_type, body = multipart(name, content, Content_Type="", Content_Length=str(len(content)))
        headers = {
            "accept": "application/json",
            "authorization": f"Bearer {self.tokens[INTROSPECT]}",
            "Content-Type": content_type,
        }
        await self.client.call("PUT", f"/api-storage/v1.0/{session}/upload", headers, body)

    async def sign(self, digest: str, algorithm: str, identity: str) -> str:
        return await super().sign(digest, "ecdsa" if algorithm == "ecdsa" else "rsa-sha256", identity)


class ThirdPhp(Php):
    """0.3: seals, batches, hashes in the place of documents, archive timestamps."""

    async def sign_batch(self, digests: list[str], algorithm: str, identity: str) -> Any:
        body = {
            "sign_identity_id": identity,
            "signature_algorithm": algorithm,
            "requests": [{"digest_value": digest} for digest in digests],
        }
        headers = {"Content-Type": "application/json", "authorization": f"Bearer {self.tokens[SIGN]}"}
        answer = await self.client.call("POST", f"{ESIGP}/signatures/server/raw/batch", headers, as_json(body))
        return answer.require(200).json

    async def seal_batch(self, documents: dict[str, bytes]) -> list[bytes]:
        """Several documents with one consent, each archived."""
        await self.authorize(PROFILE)
        seal, opening = await self.identity("qseal"), await self.identity("mobileid:auth")
        sessions = [await self.start() for _ in documents]
        for session, (name, content) in zip(sessions, documents.items(), strict=True):
            await self.upload(session, name, content, "application/pdf")
        data = await self.digests(sessions, seal["details"]["certificate"], as_pdf=True)
        consent = {"digests_summary": data["digests_summary"], "digests_summary_algorithm": data["algorithm"]}
        await self.authorize(SIGN, sign_identity_id=seal["id"], **consent)
        digests = [one["digest"] for one in data["sessionDigests"]]
        values = (await self.sign_batch(digests, data["signature_algorithm"], seal["id"]))["signatures"]
        await self.finalize(list(zip(sessions, values, strict=True)), opening["details"]["certificate"])
        order = {"authCertificate": opening["details"]["certificate"]}
        await self.post("/api-sign/v1.0/addArchive", order | {"sessions": [{"sessionId": one} for one in sessions]})
        return [await self.fetch(session) for session in sessions]

    async def seal_hash(self, name: str, digest: bytes) -> bytes:
        """A document of which only its hash leaves the house."""
        await self.authorize(PROFILE)
        seal, opening = await self.identity("qseal"), await self.identity("mobileid:auth")
        session = await self.start()
        files = [{"name": name, "digest": base64_of(digest), "digest_algorithm": "SHA256"}]
        await self.post(f"/api-storage/v1.0/{session}/addDocumentDigest", {"files": files, "signatureIndex": "0"})
        data = await self.digests([session], seal["details"]["certificate"], as_pdf=False)
        consent = {"digests_summary": data["digests_summary"], "digests_summary_algorithm": data["algorithm"]}
        await self.authorize(SIGN, sign_identity_id=seal["id"], **consent)
        value = await self.sign(data["sessionDigests"][0]["digest"], data["signature_algorithm"], seal["id"])
        await self.finalize([(session, value)], opening["details"]["certificate"])
        (entry,) = (await self.signapi("GET", f"/api-storage/v1.0/{session}/list")).json["data"]
        return bytes((await self.signapi("GET", f"/api-storage/v1.0/{session}/{entry['id']}?type=asice")).body)
