"""What opens the vendor's doors: the client's credentials, and tokens, which live in memory only (vendor §3.4)."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote_plus

from pydantic import SecretStr

EARLY = timedelta(seconds=60)
"""Before its end a token is renewed, so that a call under way does not outlive it."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The client's name and secret. `url_encoded` follows the vendor's documentation; some do without (vendor §3.4)."""

    client_id: str
    client_secret: SecretStr
    url_encoded: bool = True

    def basic(self) -> SecretStr:
        """The `Authorization` header of the token endpoint (RFC 6749 §2.3.1)."""
        parts = (self.client_id, self.client_secret.get_secret_value())
        encoded = map(quote_plus, parts) if self.url_encoded else parts
        return SecretStr("Basic " + base64.b64encode(":".join(encoded).encode()).decode())


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token as the token endpoint gave it. It lives in memory only."""

    value: SecretStr
    issued_at: datetime
    expires_at: datetime
    scope: str = ""

    def bearer(self) -> SecretStr:
        """The `Authorization` header that presents it (RFC 6750 §2.1)."""
        return SecretStr(f"Bearer {self.value.get_secret_value()}")


class IntrospectToken:
    """The token that opens SignAPI: kept, renewed early, one renewal at a time. `issue` asks the vendor for one."""

    def __init__(self, issue: Callable[[], Awaitable[Token]], now: Callable[[], datetime]) -> None:
        self._issue = issue
        self._now = now
        self._renewal = asyncio.Lock()
        self._token: Token | None = None

    async def current(self) -> Token:
        """The kept token, or a new one when it has less than a minute left. Raises what issuing raises."""
        token = self._token
        if token is not None and self._is_fresh(token):
            return token
        async with self._renewal:
            if self._token is None or not self._is_fresh(self._token):
                self._token = await self._issue()
            return self._token

    def drop(self, refused: Token) -> None:
        """Forget a token that SignAPI refused, unless it was already replaced."""
        if self._token is refused:
            self._token = None

    def _is_fresh(self, token: Token) -> bool:
        # Half the life of a token that lives for less than two minutes, or it would be renewed for every call.
        early = min(EARLY, (token.expires_at - token.issued_at) / 2)
        return self._now() < token.expires_at - early
