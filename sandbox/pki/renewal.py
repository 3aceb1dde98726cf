"""Answers that stay the same for a second, the unit in which OCSP, CRLs and timestamps tell the time."""

from collections.abc import Callable, Hashable
from datetime import datetime


class AnswerCache:
    """Keeps each answer for the second it was made in, so that many seals at once share it.

    Never longer: proof that a certificate was good is worth something only if it is not older than the timestamp on
    the signature, and verifiers look (libdigidocpp refuses an older one).
    """

    def __init__(self) -> None:
        """Start empty."""
        self._kept: dict[Hashable, tuple[datetime, bytes]] = {}

    def current(self, key: Hashable, now: datetime, make: Callable[[datetime], bytes]) -> bytes:
        """Return the answer made in the same second, otherwise what `make(now)` gives."""
        second = now.replace(microsecond=0)
        made_in, answer = self._kept.get(key, (None, b""))
        if made_in != second:
            answer = make(now)
            self._kept[key] = (second, answer)
        return answer
