"""The floor: a bare aiohttp client that makes the same vendor calls as the worker, and does nothing else.

It reads each file whole, checks nothing, keeps no record and writes only the downloads. No worker can cost less.
"""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp

from jobs.model.seals import Seal
from worker.demo.practice_vendor import PracticeVendor

AUTHORIZE = "/trustedx-authserver/oauth/lvrtc-eipsign-as"
_SIGN = "/trustedx-resources/esigp/v1/signatures/server/raw/batch"
_IN_FLIGHT = 8

Headers = Mapping[str, str]
Call = Callable[[str, Path, Headers], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Opened:
    """Sessions at the vendor, and the header that opens them."""

    bearer: Headers
    sessions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Floor:
    """One batch through the vendor with as little as possible around it."""

    http: aiohttp.ClientSession
    vendor: PracticeVendor
    seal: Seal
    redirect_uri: str

    async def run(self, files: Sequence[Path], target: Path) -> None:
        """Start, upload, calculate, authorize, exchange, sign, finalize, list, download, close."""
        opened = await self.upload(files)
        await self.finalize(opened, await self.sign(await self.calculate(opened)))
        await self.fetch(opened, target)

    async def upload(self, files: Sequence[Path]) -> Opened:
        """Open a session for each file and send it there."""
        scope = "urn:safelayer:eidas:oauth:token:introspect"
        bearer = _bearer(await self._token({"grant_type": "client_credentials", "scope": scope}))
        started = await self._json("GET", f"/api-session/v1.0/start?amount={len(files)}", headers=bearer)
        opened = Opened(bearer, tuple(started["data"]["sessionIds"]))
        await _each(self._upload, zip(opened.sessions, files, strict=True), bearer)
        return opened

    async def calculate(self, opened: Opened) -> dict[str, Any]:
        """Ask for the digests of all sessions, and their summary."""
        asked = {
            "sessions": [{"sessionId": session} for session in opened.sessions],
            "certificate": self.seal.certificate,
            "signAsPdf": True,
        }
        reply = await self._json("POST", "/api-sign/v1.0/CalculateDigest", headers=opened.bearer, json=asked)
        digests: dict[str, Any] = reply["data"]
        return digests

    async def finalize(self, opened: Opened, values: list[dict[str, str]]) -> None:
        """Have the values put into the documents."""
        last = {"sessionSignatureValues": values, "authCertificate": self.seal.authentication_certificate}
        await self._json("POST", "/api-sign/v1.0/finalizeSigning", headers=opened.bearer, json=last)

    async def fetch(self, opened: Opened, target: Path) -> None:
        """List, download and close every session."""
        pairs = ((session, target / session) for session in opened.sessions)
        await _each(self._fetch, pairs, opened.bearer)

    async def sign(self, digests: dict[str, Any]) -> list[dict[str, str]]:
        """Authorize the digests, exchange the code and have them signed."""
        code = await self._code(digests)
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect_uri}
        bearer = _bearer(await self._token(fields))
        entries = digests["sessionDigests"]
        order = {
            "sign_identity_id": self.seal.identity,
            "signature_algorithm": digests["signature_algorithm"],
            "requests": [{"digest_value": entry["digest"]} for entry in entries],
        }
        signed = await self._json("POST", _SIGN, headers=bearer, json=order)
        pairs = zip(entries, signed["signatures"], strict=True)
        return [{"sessionId": entry["sessionId"], "signatureValue": value} for entry, value in pairs]

    async def _code(self, digests: dict[str, Any]) -> str:
        """The practice vendor approves unasked, so the code stands in its redirect."""
        query = {
            "response_type": "code",
            "client_id": self.vendor.client_id,
            "redirect_uri": self.redirect_uri,
            "state": "s",
            "scope": "urn:safelayer:eidas:sign:identity:use:server",
            "sign_identity_id": self.seal.identity,
            "digests_summary": digests["digests_summary"],
            "digests_summary_algorithm": digests["algorithm"],
        }
        url = f"{self.vendor.platform_url}{AUTHORIZE}?{urlencode(query)}"
        async with self.http.get(url, allow_redirects=False) as reply:
            return parse_qs(urlsplit(reply.headers["Location"]).query)["code"][0]

    async def _upload(self, session: str, file: Path, bearer: Headers) -> None:
        form = aiohttp.FormData(quote_fields=False)
        content = await asyncio.to_thread(file.read_bytes)
        form.add_field("file", content, filename=file.name, content_type="application/pdf")
        await self._json("PUT", f"/api-storage/v1.0/{session}/upload", headers=bearer, data=form)

    async def _fetch(self, session: str, target: Path, bearer: Headers) -> None:
        (entry,) = (await self._json("GET", f"/api-storage/v1.0/{session}/list", headers=bearer))["data"]
        url = f"{self.vendor.signapi_url}/api-storage/v1.0/{session}/{entry['id']}"
        async with self.http.get(url, headers=bearer) as reply:
            await asyncio.to_thread(target.write_bytes, await reply.read())
        await self._json("GET", f"/api-session/v1.0/{session}/close", headers=bearer)

    async def _token(self, fields: Mapping[str, str]) -> str:
        key = base64.b64encode(f"{self.vendor.client_id}:{self.vendor.client_secret}".encode()).decode()
        basic = {"Authorization": f"Basic {key}"}
        reply = await self._json("POST", f"{AUTHORIZE}/token", headers=basic, data=fields)
        return str(reply["access_token"])

    async def _json(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        async with self.http.request(method, self.vendor.platform_url + path, **more) as reply:
            reply.raise_for_status()
            answer: dict[str, Any] = await reply.json(content_type=None)
            return answer


def _bearer(token: str) -> Headers:
    return {"Authorization": f"Bearer {token}"}


async def _each(call: Call, pairs: Iterable[tuple[str, Path]], bearer: Headers) -> None:
    slots = asyncio.Semaphore(_IN_FLIGHT)

    async def one(session: str, path: Path) -> None:
        async with slots:
            await call(session, path, bearer)

    await asyncio.gather(*(one(session, path) for session, path in pairs))
