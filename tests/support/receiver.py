"""A receiver of webhooks, as others run one: it checks signatures, fails when it is told to, and comes back."""

import asyncio
import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from worker.app.serving import listen, served

SECRET = "whsec_" + b64encode(b"a secret of the receiver and us").decode()


@dataclass
class Receiver:
    """What it got, how many at once at most, and what it answers; setting `gate` lets go of those that wait."""

    url: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    got: list[Any] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    raw: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: int = 0
    most_at_once: int = 0

    def is_signed(self, number: int, secret: str = SECRET) -> bool:
        """Check the message as the Standard Webhooks scheme tells a receiver to."""
        headers, body = self.raw[number]
        content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        wanted = b64encode(hmac.digest(b64decode(secret.removeprefix("whsec_")), content, "sha256")).decode()
        return f"v1,{wanted}" in headers["webhook-signature"].split(" ")


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Run one for the time of the block."""
    listener = listen("127.0.0.1", 0)
    receiver = Receiver(f"http://127.0.0.1:{listener.getsockname()[1]}/hook")
    receiver.gate.set()

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        receiver.raw.append((dict(request.headers.items()) | {k.lower(): v for k, v in request.headers.items()}, body))
        receiver.got.append(json.loads(body))
        receiver.ids.append(request.headers.get("webhook-id", ""))
        receiver.waiting += 1
        receiver.most_at_once = max(receiver.most_at_once, receiver.waiting)
        await receiver.gate.wait()
        receiver.waiting -= 1
        return web.Response(status=receiver.status, headers=receiver.headers)

    application = web.Application()
    application.add_routes([web.post("/hook", take), web.post("/elsewhere", take)])
    async with served(application, listener):
        yield receiver
        receiver.gate.set()
