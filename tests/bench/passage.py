"""The vendor calls that seal a batch, in their order, over any transport: the same ones for every client here.

Nothing of zimogs is loaded, so that a client's memory is its own.
"""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.bench.case import Case

BATCH = 100
"""Documents under one authorization: what the vendor is sure to take in one call."""
IN_FLIGHT = 8
"""Calls under way at once."""
_AUTHORIZE = "/trustedx-authserver/oauth/lvrtc-eipsign-as"
_SIGN = "/trustedx-resources/esigp/v1/signatures/server/raw/batch"
_INTROSPECT = {"grant_type": "client_credentials", "scope": "urn:safelayer:eidas:oauth:token:introspect"}

Call = Callable[[str, Path, str], Awaitable[None]]


class Transport(Protocol):
    """Carries one call to the vendor; paths begin with a slash, `authorization` is the header of that name."""

    async def ask(
        self, method: str, path: str, authorization: str, body: bytes = b"", content_type: str = "application/json"
    ) -> bytes:
        """The body of a good answer; raises OSError or the client's own error for any other."""
        ...

    async def upload(self, path: str, authorization: str, file: Path, content_type: str) -> None:
        """Send the file, as the part `file` of a form (vendor §4.3)."""
        ...

    async def download(self, path: str, authorization: str, target: Path) -> None:
        """Write what is answered to `target`."""
        ...

    async def redirect(self, path: str) -> str:
        """Where the answer leads to; it is not followed."""
        ...


@dataclass(frozen=True, slots=True)
class Opened:
    """Sessions at the vendor, and the header that opens them."""

    bearer: str
    sessions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """One batch after the other through the vendor, with as little as possible around it."""

    case: Case
    transport: Transport
    in_flight: int = IN_FLIGHT

    async def run(self, files: Sequence[Path], target: Path, batch: int = BATCH) -> None:
        """Seal all files, as many as `batch` together; each sealed one is written to `target` by its own name."""
        for first in range(0, len(files), batch):
            together = files[first : first + batch]
            opened = await self.upload(together)
            await self.finalize(opened, await self.sign(await self.calculate(opened)))
            await self.fetch(opened, [target / file.name for file in together])

    async def upload(self, files: Sequence[Path]) -> Opened:
        """Open a session for each file and send it there."""
        bearer = f"Bearer {await self._token(_INTROSPECT)}"
        started = json.loads(await self.transport.ask("GET", f"/api-session/v1.0/start?amount={len(files)}", bearer))
        opened = Opened(bearer, tuple(started["data"]["sessionIds"]))
        await self._each(self._upload, zip(opened.sessions, files, strict=True), bearer)
        return opened

    async def calculate(self, opened: Opened) -> dict[str, Any]:
        """Ask for the digests of all sessions, and their summary."""
        flags = {"signAsPdf": True} if self.case.format == "pdf" else {"signAsPdf": False, "createNewEdoc": True}
        sessions = [{"sessionId": session} for session in opened.sessions]
        asked = {"sessions": sessions, "certificate": self.case.certificate, **flags}
        reply = await self._post("/api-sign/v1.0/CalculateDigest", opened.bearer, asked)
        digests: dict[str, Any] = reply["data"]
        return digests

    async def sign(self, digests: dict[str, Any]) -> list[dict[str, str]]:
        """Authorize the digests, exchange the code and have them signed."""
        code = await self._code(digests)
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.case.redirect_uri}
        bearer = f"Bearer {await self._token(fields)}"
        entries = digests["sessionDigests"]
        order = {
            "sign_identity_id": self.case.identity,
            "signature_algorithm": digests["signature_algorithm"],
            "requests": [{"digest_value": entry["digest"]} for entry in entries],
        }
        pairs = zip(entries, (await self._post(_SIGN, bearer, order))["signatures"], strict=True)
        return [{"sessionId": entry["sessionId"], "signatureValue": value} for entry, value in pairs]

    async def finalize(self, opened: Opened, values: list[dict[str, str]]) -> None:
        """Have the values put into the documents."""
        last = {"sessionSignatureValues": values, "authCertificate": self.case.authentication_certificate}
        await self._post("/api-sign/v1.0/finalizeSigning", opened.bearer, last)

    async def fetch(self, opened: Opened, targets: Sequence[Path]) -> None:
        """List, download and close every session."""
        await self._each(self._fetch, zip(opened.sessions, targets, strict=True), opened.bearer)

    async def _code(self, digests: dict[str, Any]) -> str:
        """The practice vendor approves unasked, so the code stands in its redirect."""
        query = {
            "response_type": "code",
            "client_id": self.case.client_id,
            "redirect_uri": self.case.redirect_uri,
            "state": "s",
            "scope": "urn:safelayer:eidas:sign:identity:use:server",
            "sign_identity_id": self.case.identity,
            "digests_summary": digests["digests_summary"],
            "digests_summary_algorithm": digests["algorithm"],
        }
        location = await self.transport.redirect(f"{_AUTHORIZE}?{urlencode(query)}")
        return parse_qs(urlsplit(location).query)["code"][0]

    async def _upload(self, session: str, file: Path, bearer: str) -> None:
        content_type = "application/pdf" if self.case.format == "pdf" else "application/octet-stream"
        await self.transport.upload(f"/api-storage/v1.0/{session}/upload", bearer, file, content_type)

    async def _fetch(self, session: str, target: Path, bearer: str) -> None:
        (entry,) = json.loads(await self.transport.ask("GET", f"/api-storage/v1.0/{session}/list", bearer))["data"]
        await self.transport.download(f"/api-storage/v1.0/{session}/{entry['id']}", bearer, target)
        await self.transport.ask("GET", f"/api-session/v1.0/{session}/close", bearer)

    async def _token(self, fields: dict[str, str]) -> str:
        key = base64.b64encode(f"{self.case.client_id}:{self.case.client_secret}".encode()).decode()
        form = "application/x-www-form-urlencoded"
        reply = await self.transport.ask(
            "POST", f"{_AUTHORIZE}/token", f"Basic {key}", urlencode(fields).encode(), form
        )
        return str(json.loads(reply)["access_token"])

    async def _post(self, path: str, bearer: str, body: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(await self.transport.ask("POST", path, bearer, json.dumps(body).encode()))
        return answer

    async def _each(self, call: Call, pairs: Iterable[tuple[str, Path]], bearer: str) -> None:
        slots = asyncio.Semaphore(self.in_flight)

        async def one(session: str, path: Path) -> None:
            async with slots:
                await call(session, path, bearer)

        await asyncio.gather(*(one(session, path) for session, path in pairs))
