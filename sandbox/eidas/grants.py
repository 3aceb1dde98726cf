"""What a person or a client was granted, the codes and tokens that stand for it, and the locks of their keys."""

import hmac
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sandbox.eidas.authorization import Binding, RedirectTarget
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
    """The scope given to a client by a person, or without `login` the client's own grant.

    `is_early` says that the client asked as in 2020, with its parameters in the query; `ends_at` is when it ends, where
    that is before the token does.
    """

    client_id: str
    scope: str
    login: Login | None = None
    binding: Binding | None = None
    is_early: bool = False
    ends_at: datetime | None = None

    def has_ended(self, now: datetime) -> bool:
        """Say whether it ended before other tokens do."""
        return self.ends_at is not None and now >= self.ends_at

    def covers(self, scope: str) -> bool:
        """Say whether this scope is among those granted."""
        return scope in self.scope.split()


@dataclass(frozen=True, slots=True)
class Code:
    """A grant waiting to be exchanged, the place that its browser was sent to, and the proof that it is bound to."""

    grant: Grant
    target: RedirectTarget
    challenge: str | None = None

    def is_presented_rightly(self, client_id: str, redirect_uri: str | None) -> bool:
        """Say whether this client may exchange the code, and repeats the URI if it named one (RFC 6749 §4.1.3)."""
        if redirect_uri is None and not self.target.is_named:
            return client_id == self.grant.client_id
        return (client_id, redirect_uri) == (self.grant.client_id, self.target.redirect_uri)


class Locks:
    """Count wrong passwords per key and wrong PINs per card; a right one forgives those before it."""

    def __init__(self, tries: int) -> None:
        """Lock after this many wrong ones in a row, for as long as the vendor runs."""
        self.tries = tries
        self._wrong: Counter[str] = Counter()

    def tries_left(self, lock: str) -> int:
        """Return how many tries are left."""
        return max(0, self.tries - self._wrong[lock])

    def unlock(self, lock: str, given: str, right: str) -> bool:
        """Return whether the secret is right and its lock still gives way; a wrong one is counted."""
        if not self.tries_left(lock):
            return False
        # In constant time, so that how long the answer takes says nothing about the secret.
        if hmac.compare_digest(given.encode(), right.encode()):
            del self._wrong[lock]
            return True
        self._wrong[lock] += 1
        return False


@dataclass(frozen=True, slots=True)
class Grants:
    """Everything the authorization server remembers."""

    codes: Tickets[Code]
    tokens: Tickets[Grant]
    logins: Tickets[Login]
    locks: Locks
    lookups: Counter[str]  # at a person's identities, and at an identity's certificate
    exchanged: Tickets[str]  # the token that each spent code gave
    digests: Tickets[tuple[bytes, ...]]  # what SignAPI calculated, by the base64 of its summary
    signed: Counter[str]  # how many digests were signed with a token that is good for parts

    @classmethod
    def empty(cls, settings: Settings) -> "Grants":
        """Return an authorization server that has not met anyone yet."""
        return cls(
            codes=Tickets(settings.code_lifetime),
            tokens=Tickets(settings.token_lifetime),
            exchanged=Tickets(settings.code_lifetime),
            logins=Tickets(settings.session_expiration),
            locks=Locks(settings.password_tries),
            lookups=Counter(),
            digests=Tickets(settings.session_expiration),
            signed=Counter(),
        )

    def revoke_given_for(self, code: str, now: datetime) -> None:
        """Let the token that this spent code gave die (RFC 6749 §4.1.2)."""
        self.tokens.take(self.exchanged.take(code, now) or "", now)
