"""What every driver needs: an address, credentials, a browser with a person before it, and plain HTTP."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from multidict import CIMultiDict
from yarl import URL

AUTHORIZE = "/trustedx-authserver/oauth/lvrtc-eipsign-as"
TOKEN = f"{AUTHORIZE}/token"
USERS_ME = "/trustedx-resources/openid/v1/users/me"
ESIGP = "/trustedx-resources/esigp/v1"
CLAIMS = "urn:lvrtc:fpeil:aa"
PROFILE = "urn:safelayer:eidas:sign:identity:profile"
SIGN = "urn:safelayer:eidas:sign:identity:use:server"
INTROSPECT = "urn:safelayer:eidas:oauth:token:introspect"
STATE = "an unguessable state"
PASSWORD = "parole"


class Stumble(AssertionError):
    """The client would give up here."""


@dataclass(frozen=True)
class Answer:
    """One answer, as a client reads it."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def require(self, status: int) -> "Answer":
        """The answer, if it has the one status that the client takes for success."""
        if self.status != status:
            raise Stumble(f"{self.status} instead of {status}: {self.body[:300]!r}")
        return self


@dataclass(frozen=True)
class Client:
    """One registered client, and Anna at her browser."""

    http: aiohttp.ClientSession
    url: str
    client_id: str
    secret: str
    redirect_uris: tuple[str, ...]
    login: str = "anna"

    async def call(
        self, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Call with exactly these headers; redirects are not followed."""
        request = self.http.request(
            method,
            URL(self.url + target, encoded=True),
            headers=CIMultiDict(headers or {}),
            data=body,
            allow_redirects=False,
            skip_auto_headers=("Content-Type", "Accept", "User-Agent"),
        )
        async with request as reply:
            return Answer(reply.status, await reply.read())

    async def browse(self, query: str) -> str:
        """Let the person log in and consent; return the code that the browser brings back with our state."""
        target = await self._submit(query, {"login": self.login})
        if target is None:
            target = await self._submit(query, {"password": PASSWORD, "action": "approve"})
        if target is None or "code" not in target.query:
            raise Stumble(f"the browser came to {target}")
        if not hmac.compare_digest(target.query["state"], STATE):
            raise Stumble("another state came back")
        return target.query["code"]

    async def _submit(self, query: str, form: dict[str, str]) -> URL | None:
        target = URL(f"{self.url}{AUTHORIZE}?{query}", encoded=True)
        async with self.http.post(target, data=form, allow_redirects=False) as reply:
            if reply.status >= 400:
                raise Stumble(f"the browser shows {reply.status}")
            return URL(reply.headers["Location"]) if reply.status == 302 else None


def basic(client_id: str, secret: str) -> str:
    """Basic credentials of what is given, encoded or not."""
    return "Basic " + base64_of(f"{client_id}:{secret}".encode())


def base64_of(value: bytes) -> str:
    """Standard base64 on one line."""
    return base64.b64encode(value).decode("ascii")


def as_json(value: object) -> bytes:
    """JSON, with letters as they are."""
    return json.dumps(value, ensure_ascii=False).encode()


def multipart(name: str, content: bytes, **headers: str) -> tuple[str, bytes]:
    """The Content-Type and the body of one part `file`, with more headers of the part."""
    boundary = hashlib.sha256(content).hexdigest()[:32]
    lines = [f'Content-Disposition: form-data; name="file"; filename="{name}"']
    lines += [f"{header.replace('_', '-')}: {value}" for header, value in headers.items()]
    head = "\r\n".join([f"--{boundary}", *lines, "", ""]).encode()
    return f"multipart/form-data; boundary={boundary}", head + content + f"\r\n--{boundary}--\r\n".encode()
