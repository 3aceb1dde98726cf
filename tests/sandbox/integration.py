"""A client of the practice vendor that does what an integration does, over real HTTP and by hand."""

import base64
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import aiohttp
from reportlab.pdfgen.canvas import Canvas
from yarl import URL

from sandbox.app import RunningVendor
from sandbox.eidas.authorization import CLAIMS, INTROSPECT, PROFILE, SIGN
from sandbox.people.person import Identity
from sandbox.pki import KeyKind
from sandbox.settings import RegisteredClient

CLIENT = RegisteredClient(
    client_id="klients ā", client_secret="s3cret:+%", redirect_uris=("https://desk.example/callback",)
)
OTHER_CLIENT = RegisteredClient(
    client_id="other", client_secret="other", redirect_uris=("https://other.example/callback",)
)
CLIENTS = (CLIENT, OTHER_CLIENT)
AUTHORIZE = "/trustedx-authserver/oauth/lvrtc-eipsign-as"
ESIGP = "/trustedx-resources/esigp/v1"
PASSWORD = "parole"


class Clock:
    """A time that moves only when it is told to."""

    def __init__(self, start: datetime) -> None:
        self.time = start

    def __call__(self) -> datetime:
        return self.time

    def advance(self, by: timedelta) -> None:
        self.time += by


def a_pdf(text: str = "Rēķins") -> bytes:
    """Return a small one-page PDF."""
    page = io.BytesIO()
    canvas = Canvas(page, invariant=1)
    canvas.drawString(72, 720, text)
    canvas.save()
    return page.getvalue()


def b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def a_digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def summary(*digests: bytes) -> str:
    """Compute the digests summary independently of the sandbox."""
    return b64(hashlib.sha256(b"".join(digests)).digest())


@dataclass(frozen=True)
class Prepared:
    """Sessions with their digests, as CalculateDigest answered them."""

    seal: Identity
    session_ids: list[str]
    digests: list[str]
    summary: str
    signature_algorithm: str


class Integration:
    """One registered client with a browser of its own."""

    def __init__(self, http: aiohttp.ClientSession, sandbox: RunningVendor, client: RegisteredClient = CLIENT) -> None:
        self.http = http
        self.sandbox = sandbox
        self.client = client
        self.bearer = ""

    def url(self, path: str) -> URL:
        return URL(self.sandbox.url + path)

    # How the vendor behaves

    async def choose(self, **choice: str) -> None:
        """Let the vendor do the thing at each switch that is named, and as usual at the others."""
        status, body = await self.call("PUT", "/sandbox/variants", json=choice)
        assert status == 200, body

    async def order(self, *rules: dict[str, Any]) -> None:
        """Order the weather."""
        status, body = await self.call("POST", "/sandbox/weather", json={"rules": rules})
        assert status == 200, body

    # The browser

    def question(self, scope: str = PROFILE, /, **changes: str | None) -> dict[str, str]:
        """Return the query of an authorization request; None leaves a parameter out."""
        query = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.client.redirect_uris[0],
            "state": "s-1",
            "scope": scope,
        } | changes
        return {name: value for name, value in query.items() if value is not None}

    def key_question(self, identity: str, summary: str, /, **changes: str | None) -> dict[str, str]:
        """Return the query of leg 2."""
        binding = {
            "sign_identity_id": identity,
            "digests_summary": summary,
            "digests_summary_algorithm": "SHA256",
        }
        return self.question(SIGN, **(binding | changes))

    async def browse(self, query: dict[str, str]) -> tuple[int, str, URL | None]:
        """Open an authorization request; return status, page and where it redirects to."""
        async with self.http.get(self.url(AUTHORIZE), params=query, allow_redirects=False) as reply:
            return reply.status, await reply.text(), location(reply)

    async def submit(self, query: dict[str, str], **form: str) -> tuple[int, str, URL | None]:
        """Submit a form of the dialog."""
        target = self.url(AUTHORIZE)
        async with self.http.post(target, params=query, data=form, allow_redirects=False) as reply:
            return reply.status, await reply.text(), location(reply)

    async def consent(self, query: dict[str, str], login: str = "anna") -> URL:
        """Go through the pages as this person and return where the browser is sent."""
        _, _, target = await self.submit(query, login=login)
        if target is None:
            _, _, target = await self.submit(query, action="approve", password=PASSWORD)
        assert target is not None
        return target

    # The token endpoint

    async def ask_token(self, client: RegisteredClient | None = None, /, **form: str) -> tuple[int, dict[str, Any]]:
        """Call the token endpoint with a form."""
        headers = {"Authorization": basic(client or self.client)}
        async with self.http.post(self.url(f"{AUTHORIZE}/token"), data=form, headers=headers) as reply:
            return reply.status, await reply.json()

    async def exchange(self, target: URL) -> str:
        """Exchange the code the browser brought back."""
        code, redirect_uri = target.query["code"], self.client.redirect_uris[0]
        status, body = await self.ask_token(grant_type="authorization_code", code=code, redirect_uri=redirect_uri)
        assert status == 200, body
        return str(body["access_token"])

    async def profile_token(self, login: str = "anna", scope: str = f"{CLAIMS} {PROFILE}") -> str:
        """Go through leg 1."""
        return await self.exchange(await self.consent(self.question(scope), login))

    async def authorize_signing(self, identity_id: str, digests_summary: str, login: str = "anna") -> str:
        """Go through leg 2."""
        return await self.exchange(await self.consent(self.key_question(identity_id, digests_summary), login))

    async def introspect(self) -> None:
        """Get the bearer for SignAPI and keep it for the calls below."""
        status, body = await self.ask_token(grant_type="client_credentials", scope=INTROSPECT)
        assert status == 200, body
        self.bearer = body["access_token"]

    # Resources and SignAPI

    async def call(self, method: str, path: str, bearer: str | None = None, **request: Any) -> tuple[int, Any]:
        """Call any resource; return its status and its JSON, or its bytes where it is something else."""
        headers = {"Authorization": f"Bearer {bearer or self.bearer}"} | request.pop("headers", {})
        async with self.http.request(method, self.url(path), headers=headers, **request) as reply:
            is_json = reply.content_type == "application/json"
            return reply.status, await reply.json() if is_json else await reply.read()

    async def identities(self, token: str) -> list[dict[str, Any]]:
        _, body = await self.call("GET", "/trustedx-resources/openid/v1/users/me", token)
        return list(body["sign_identities"])

    async def certificate(self, token: str, identity_id: str) -> str:
        _, body = await self.call("GET", f"{ESIGP}/sign_identities/{identity_id}", token)
        return str(body["identity"]["details"]["certificate"])

    async def start(self) -> str:
        _, body = await self.call("GET", "/api-session/v1.0/start")
        return str(body["data"]["sessionId"])

    async def upload(self, session_id: str, content: bytes, name: str = "rēķins.pdf") -> tuple[int, Any]:
        form = aiohttp.FormData(quote_fields=False)  # the name as it is, in UTF-8 (RFC 7578 §4.2)
        form.add_field("file", content, filename=name, content_type="application/pdf")
        return await self.call("PUT", f"/api-storage/v1.0/{session_id}/upload", data=form)

    async def calculate(self, session_ids: Sequence[str], certificate: str, **changes: Any) -> tuple[int, Any]:
        sessions = [{"sessionId": session_id} for session_id in session_ids]
        body = {"sessions": sessions, "certificate": certificate, "signAsPdf": True} | changes
        return await self.call("POST", "/api-sign/v1.0/CalculateDigest", json=body)

    async def sign_batch(self, token: str, batch: Prepared) -> tuple[int, Any]:
        body = {
            "sign_identity_id": batch.seal.id,
            "signature_algorithm": batch.signature_algorithm,
            "requests": [{"digest_value": digest} for digest in batch.digests],
        }
        return await self.call("POST", f"{ESIGP}/signatures/server/raw/batch", token, json=body)

    async def finalize(
        self, session_ids: Sequence[str], values: Sequence[str], auth_certificate: str
    ) -> tuple[int, Any]:
        entries = [
            {"sessionId": session_id, "signatureValue": value}
            for session_id, value in zip(session_ids, values, strict=True)
        ]
        body = {"sessionSignatureValues": entries, "authCertificate": auth_certificate}
        return await self.call("POST", "/api-sign/v1.0/finalizeSigning", json=body)


def location(reply: aiohttp.ClientResponse) -> URL | None:
    """Return where a redirect leads."""
    return URL(reply.headers["Location"]) if reply.status == 302 else None


def basic(client: RegisteredClient) -> str:
    """Return Basic credentials with both parts url-encoded, as the vendor documents them."""
    pair = f"{quote(client.client_id, safe='')}:{quote(client.client_secret, safe='')}"
    return "Basic " + b64(pair.encode())


async def prepare_batch(integration: Integration, documents: Sequence[bytes], seal: Identity) -> Prepared:
    """Upload each document to a session of its own and calculate their digests with this seal."""
    await integration.introspect()
    session_ids = [await integration.start() for _ in documents]
    for session_id, document in zip(session_ids, documents, strict=True):
        status, body = await integration.upload(session_id, document)
        assert status == 201, body
    status, body = await integration.calculate(session_ids, b64(seal.credential.certificate_der))
    assert status == 200, body
    answer = body["data"]
    digests = [entry["digest"] for entry in answer["sessionDigests"]]
    return Prepared(seal, session_ids, digests, answer["digests_summary"], answer["signature_algorithm"])


async def approve_and_sign(integration: Integration, batch: Prepared) -> list[str]:
    """Let Anna approve the batch and have it signed."""
    token = await integration.authorize_signing(batch.seal.id, batch.summary)
    status, body = await integration.sign_batch(token, batch)
    assert status == 200, body
    return list(body["signatures"])


def the_seal(integration: Integration, key: KeyKind = KeyKind.P256) -> Identity:
    """Return Anna's seal with this kind of key."""
    return next(one for one in integration.sandbox.vendor.people["anna"].seals if one.key == key)


def the_auth_certificate(integration: Integration, login: str = "anna") -> str:
    """Return the person's authentication certificate as SignAPI wants it."""
    identities = integration.sandbox.vendor.people[login].identities
    mobile = next(one for one in identities if one.description == "eparaksts:mobileid:auth")
    return b64(mobile.credential.certificate_der)


async def seal_documents(
    integration: Integration, documents: Sequence[bytes], key: KeyKind = KeyKind.P256
) -> list[str]:
    """Seal the documents with one approval and return their sessions."""
    batch = await prepare_batch(integration, documents, the_seal(integration, key))
    values = await approve_and_sign(integration, batch)
    status, body = await integration.finalize(batch.session_ids, values, the_auth_certificate(integration))
    assert status == 200, body
    return batch.session_ids
