"""Unguessable names for things that expire: authorization codes, access tokens and single sign-on sessions."""

import secrets
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")


class Tickets(Generic[T]):
    """Give out a random name for a value and honour it until its lifetime is over."""

    def __init__(self, lifetime: timedelta) -> None:
        """Give every ticket the same lifetime, so the oldest always expires first."""
        self.lifetime = lifetime
        self._held: OrderedDict[str, tuple[datetime, T]] = OrderedDict()

    def issue(self, value: T, now: datetime) -> str:
        """Return a fresh 64-character hexadecimal name for this value."""
        name = secrets.token_hex(32)
        self.keep(name, value, now)
        return name

    def keep(self, name: str, value: T, now: datetime) -> None:
        """Honour a name that somebody else gave out."""
        self._forget_expired(now)
        self._held[name] = (now + self.lifetime, value)

    def get(self, name: str, now: datetime) -> T | None:
        """Return the value behind the name, or None when it is unknown, spent or expired."""
        self._forget_expired(now)
        entry = self._held.get(name)
        return entry[1] if entry else None

    def take(self, name: str, now: datetime) -> T | None:
        """Return the value and spend its name: of several takers at most one gets it."""
        value = self.get(name, now)
        self._held.pop(name, None)
        return value

    def _forget_expired(self, now: datetime) -> None:
        while self._held:
            # One lifetime for all keeps them in the order in which they expire.
            name, (expires_at, _) = next(iter(self._held.items()))
            if now < expires_at:
                return
            del self._held[name]
