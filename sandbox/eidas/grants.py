"""What a person or a client was granted, and the codes and tokens that stand for it."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from sandbox.eidas.authorization import Binding
from sandbox.eidas.locks import Locks
from sandbox.eidas.methods import Method
from sandbox.settings import Settings
from sandbox.tickets import Tickets


@dataclass(frozen=True, slots=True)
class Login:
    """A person who proved who they are, and how."""

    login: str
    method: Method


@dataclass(frozen=True, slots=True)
class Grant:
    """The scope given to a client by a person, or without `login` the client's own grant."""

    client_id: str
    scope: str
    login: Login | None = None
    binding: Binding | None = None

    def covers(self, scope: str) -> bool:
        """Say whether this scope is among those granted."""
        return scope in self.scope.split()


@dataclass(frozen=True, slots=True)
class Code:
    """A grant waiting to be exchanged, with the redirect URI that must be repeated (RFC 6749 §4.1.3)."""

    grant: Grant
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Grants:
    """Everything the authorization server remembers."""

    codes: Tickets[Code]
    tokens: Tickets[Grant]
    logins: Tickets[Login]
    locks: Locks
    looks: Counter[str]  # at a person's identities, and at an identity's certificate
    exchanged: Tickets[str]  # the token that each spent code gave

    @classmethod
    def empty(cls, settings: Settings) -> "Grants":
        """Return an authorization server that has not met anyone yet."""
        return cls(
            codes=Tickets(settings.code_lifetime),
            tokens=Tickets(settings.token_lifetime),
            exchanged=Tickets(settings.code_lifetime),
            logins=Tickets(settings.session_expiration),
            locks=Locks(settings.password_tries),
            looks=Counter(),
        )

    def revoke_given_for(self, code: str, now: datetime) -> None:
        """Let the token that this spent code gave die (RFC 6749 §4.1.2)."""
        self.tokens.take(self.exchanged.take(code, now) or "", now)


def bearer(request: web.Request) -> str:
    """Return the bearer token of the request, or an empty string (RFC 6750 §2.1)."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""
