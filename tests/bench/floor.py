"""The floor: a bare aiohttp client that makes the same vendor calls as the worker, and does nothing else.

It reads each file whole, checks nothing, writes nothing but the downloads, and keeps no record. No worker can cost less.
"""

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp

from jobs.model import Seal
from worker.demo.practice_vendor import PracticeVendor

_AUTHORIZE = "/trustedx-authserver/oauth/lvrtc-eipsign-as"
_SIGN = "/trustedx-resources/esigp/v1/signatures/server/raw/batch"
_IN_FLIGHT = 8


@dataclass(frozen=True, slots=True)
class Floor:
    """One batch through the vendor with as little as possible around it."""

    http: aiohttp.ClientSession
    vendor: PracticeVendor
    seal: Seal
    redirect_uri: str

    async def run(self, files: Sequence[Path], target: Path) -> None:
        """Start, upload, calculate, authorize, exchange, sign, finalize, list, download, close."""
        token = await self._token({"grant_type": "client_credentials", "scope": "urn:safelayer:eidas:oauth:token:introspect"})
        bearer = {"Authorization": f"Bearer {token}"}
        await self._json("GET", "/api-config/v1.0/", headers=bearer)
        started = await self._json("GET", f"/api-session/v1.0/start?amount={len(files)}", headers=bearer)
        sessions = started["data"]["sessionIds"]
        await self._each(self._upload, zip(sessions, files, strict=True), bearer)
        digests = (await self._json("POST", "/api-sign/v1.0/CalculateDigest", headers=bearer, json={
            "sessions": [{"sessionId": session} for session in sessions],
            "certificate": self.seal.certificate, "signAsPdf": True,
        }))["data"]
        values = await self._signed(digests)
        await self._json("POST", "/api-sign/v1.0/finalizeSigning", headers=bearer, json={
            "sessionSignatureValues": values, "authCertificate": self.seal.authentication_certificate,
        })
        await self._each(self._fetch, ((session, target / session) for session in sessions), bearer)

    async def _signed(self, digests):
        query = {
            "response_type": "code", "client_id": self.vendor.client_id, "redirect_uri": self.redirect_uri, "state": "s",
            "scope": "urn:safelayer:eidas:sign:identity:use:server", "sign_identity_id": self.seal.identity,
            "digests_summary": digests["digests_summary"], "digests_summary_algorithm": digests["algorithm"],
        }
        async with self.http.get(f"{self.vendor.platform_url}{_AUTHORIZE}?{urlencode(query)}", allow_redirects=False) as reply:
            (code,) = parse_qs(urlsplit(reply.headers["Location"]).query)["code"]
        token = await self._token({"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect_uri})
        entries = digests["sessionDigests"]
        signed = await self._json("POST", _SIGN, headers={"Authorization": f"Bearer {token}"}, json={
            "sign_identity_id": self.seal.identity, "signature_algorithm": digests["signature_algorithm"],
            "requests": [{"digest_value": entry["digest"]} for entry in entries],
        })
        pairs = zip(entries, signed["signatures"], strict=True)
        return [{"sessionId": entry["sessionId"], "signatureValue": value} for entry, value in pairs]

    async def _upload(self, session: str, file: Path, bearer) -> None:
        form = aiohttp.FormData()
        form.add_field("file", file.read_bytes(), filename=file.name, content_type="application/pdf")
        await self._json("PUT", f"/api-storage/v1.0/{session}/upload", headers=bearer, data=form)

    async def _fetch(self, session: str, target: Path, bearer) -> None:
        (entry,) = (await self._json("GET", f"/api-storage/v1.0/{session}/list", headers=bearer))["data"]
        url = f"{self.vendor.signapi_url}/api-storage/v1.0/{session}/{entry['id']}"
        async with self.http.get(url, headers=bearer) as reply:
            target.write_bytes(await reply.read())
        await self._json("GET", f"/api-session/v1.0/{session}/close", headers=bearer)

    async def _each(self, call, pairs, bearer) -> None:
        slots = asyncio.Semaphore(_IN_FLIGHT)

        async def one(session: str, path: Path) -> None:
            async with slots:
                await call(session, path, bearer)

        await asyncio.gather(*(one(session, path) for session, path in pairs))

    async def _token(self, fields) -> str:
        key = base64.b64encode(f"{self.vendor.client_id}:{self.vendor.client_secret}".encode()).decode()
        reply = await self._json("POST", f"{_AUTHORIZE}/token", headers={"Authorization": f"Basic {key}"}, data=fields)
        return reply["access_token"]

    async def _json(self, method: str, path: str, **more):
        async with self.http.request(method, self.vendor.platform_url + path, **more) as reply:
            reply.raise_for_status()
            return await reply.json(content_type=None)
