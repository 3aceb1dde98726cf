"""Webhooks by the Standard Webhooks scheme: an event is posted as JSON, and signed: the receiver knows who sent it."""

import hmac
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from http import HTTPStatus

import aiohttp
from aiohttp.abc import AbstractResolver

from config.notices import WebhookSettings, decode_webhook_secret
from jobs.model.events import Event
from worker.addresses import PrivateAddress, connector
from worker.notices.failures import NotTold, Unreachable, Unwanted
from worker.notices.payload import encode_event

CONNECTIONS = 4
"""How many posts to one receiver are under way at once."""
_TIMEOUT = aiohttp.ClientTimeout(total=20, sock_connect=10)


def sign(keys: Sequence[bytes], message: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of a message: its id, the time (Unix seconds), and an HMAC-SHA256 over both and the body by each."""
    seconds = str(int(at.timestamp()))
    content = b".".join((message.encode(), seconds.encode(), body))
    signatures = (b64encode(hmac.digest(key, content, "sha256")).decode() for key in keys)
    return {
        "webhook-id": message,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


class Webhook:
    """One receiver. What it answers is not read, but for the status; where it wants to redirect us is not followed."""

    def __init__(self, settings: WebhookSettings, session: aiohttp.ClientSession, now: Callable[[], datetime]) -> None:
        self._url = settings.url.get_secret_value()
        self._keys = [decode_webhook_secret(secret) for secret in settings.secrets]
        self._session = session
        self._now = now

    async def send(self, event: Event) -> None:
        """Post it. Raises NotTold, Unreachable and Unwanted."""
        body = encode_event(event)
        headers = {"content-type": "application/json", **sign(self._keys, event.id, self._now(), body)}
        try:
            async with self._session.post(self._url, data=body, headers=headers, allow_redirects=False) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(_tell(error)) from None
        if status == HTTPStatus.GONE:
            raise Unwanted("the receiver answers 410: it wants nothing any more")
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise NotTold(f"the receiver answers {status}")


@asynccontextmanager
async def opened_webhook(
    settings: WebhookSettings, now: Callable[[], datetime], resolver: AbstractResolver | None = None
) -> AsyncIterator[Webhook]:
    """A receiver with connections of its own, for the time of the block. A proxy of the environment is not used."""
    ways = connector(allow_private=settings.allow_private, connections=CONNECTIONS, resolver=resolver)
    async with aiohttp.ClientSession(
        connector=ways, timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar(), headers={"user-agent": "zimogs"}
    ) as session:
        yield Webhook(settings, session, now)


def _tell(error: Exception) -> str:
    """A sentence without the address, which may hold a secret."""
    if isinstance(error, TimeoutError):
        return "the receiver does not answer in time"
    if isinstance(error, aiohttp.InvalidURL):
        return "the receiver's address is none"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "the receiver's name is not known"
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return "the receiver's certificate is not valid"
    if isinstance(error, aiohttp.ClientConnectorError):
        cause = error.os_error
        return str(cause) if isinstance(cause, PrivateAddress) else f"no connection: {cause.strerror or 'refused'}"
    return f"the receiver broke off ({type(error).__name__})"
