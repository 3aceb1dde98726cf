"""A browser's session: who is signed in, and what is kept from one page to the next.

It is one encrypted cookie; on our side stands only which sessions were ended. Tokens and codes are never in it.
"""

import hmac
import secrets
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar

from aiohttp import web
from pydantic import AwareDatetime, ValidationError

from jobs.model.frozen import Frozen
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.names import APerson, BatchId
from jobs.model.text import Text
from worker.eparaksts.identities import User

TOUCH = timedelta(minutes=1)
"""How exactly it is kept when a session was last used."""
INTENT_LIFE = timedelta(minutes=10)
"""How long a pressed “Approve” may wait for fresh digests."""
GRANT_LIFE = timedelta(minutes=2)
"""How long a given approval counts as on its way; after that the batch is asked about again."""
_MOST_GRANTS = 10
"""The newest are known: browsers drop a cookie of more than 4096 bytes (RFC 6265 §6.1), and with it the session."""

T = TypeVar("T", bound=Frozen)
FlashTone = Literal["good", "plain", "bad"]


class SignedInPerson(Frozen):
    """The person who signed in, when, and when they last did something."""

    name: str
    code: APerson
    since: AwareDatetime
    seen: AwareDatetime


@dataclass(frozen=True, slots=True)
class SessionEnds:
    """When a session is over: after its whole `life`, or when nothing was done in it for `idle`.

    Both are counted by a clock that no step of the machine's moves while the process lives. A start after a step may
    lengthen a session by that step, but never by more than its life.
    """

    life: timedelta
    idle: timedelta

    def is_over(self, person: SignedInPerson, now: datetime) -> bool:
        """Say whether the person's session is over."""
        return abs(now - person.since) >= self.life or now - person.seen >= self.idle


class Flash(Frozen):
    """Sentences for the next page, each told by itself in that page's language, and whether they are good news."""

    sentences: tuple[str, ...]
    tone: FlashTone = "plain"


class DeskSession:
    """One browser's session as the pages see it. What is written here stands in the cookie of the answer.

    `now` is the time of ledger and records, `steady` the one by which the session ends.
    """

    def __init__(self, content: MutableMapping[str, Any], now: datetime, steady: datetime, ends: SessionEnds) -> None:
        self._content = content
        self._now = now
        self._steady = steady
        self._ends = ends

    @property
    def id(self) -> str | None:
        """By what the session is known on our side, from signing in on."""
        session = self._content.get("id")
        return None if session is None else str(session)

    @property
    def csrf(self) -> str:
        """The secret that every form of this session repeats."""
        return self._secret("csrf")

    @property
    def dialog_binding(self) -> str:
        """The secret that ties a dialog at the platform to this session."""
        return self._secret("binding")

    @property
    def person(self) -> SignedInPerson | None:
        """Who is signed in, if somebody still is."""
        person = self._read("person", SignedInPerson)
        return None if person is None or self._ends.is_over(person, self._steady) else person

    def is_alive(self, steady: datetime) -> bool:
        """Say whether somebody is still signed in at that time, later than the request's own."""
        person = self._read("person", SignedInPerson)
        return person is not None and not self._ends.is_over(person, steady)

    def has_csrf(self, secret: str) -> bool:
        """Say whether a form came from a page of this session."""
        return self._has_secret("csrf", secret)

    def is_bound_to(self, binding: str) -> bool:
        """Say whether a dialog was begun in this session."""
        return self._has_secret("binding", binding)

    def sign_in(self, user: User) -> None:
        """Begin anew as this person: nothing of the session before remains, its secrets least of all."""
        self._content.clear()
        self._content["id"] = secrets.token_urlsafe(32)
        now = self._steady
        self._write("person", SignedInPerson(name=user.name, code=user.personal_code, since=now, seen=now))

    def touch(self) -> None:
        """Note that the person did something."""
        person = self.person
        if person is not None and self._steady - person.seen >= TOUCH:
            self._write("person", person.model_copy(update={"seen": self._steady}))

    def sign_out(self) -> None:
        """Forget everything."""
        self._content.clear()

    def flash(self, text: str, tone: FlashTone = "plain") -> None:
        """Leave a sentence, or several, for the next page."""
        sentences = text.sentences if isinstance(text, Text) else (text,)
        self._write("flash", Flash(sentences=sentences, tone=tone))

    @property
    def has_flash(self) -> bool:
        """Whether there is a sentence to be read."""
        return "flash" in self._content

    def take_flash(self) -> Flash | None:
        """Take the sentence that was left, once."""
        flash = self._read("flash", Flash)
        self._content.pop("flash", None)
        return flash

    def remember_path(self, path: str) -> None:
        """Remember a page that somebody asked for before signing in."""
        self._content["next_path"] = path

    @property
    def next_path(self) -> str:
        """The page to show after signing in."""
        return str(self._content.get("next_path", "/"))

    def record_intent(self, batch: BatchId, appearance: str) -> None:
        """Note that the person pressed “Approve” for this batch, and what it looked like then."""
        self._content["intent"] = [batch, appearance, self._now.isoformat()]

    def find_intent(self, batch: BatchId) -> str | None:
        """What the batch looked like when “Approve” was pressed, not long ago and not used yet; else None."""
        try:
            intended, appearance, at = self._content["intent"]
        except (KeyError, ValueError):
            return None
        is_valid = intended == batch and self._now - datetime.fromisoformat(at) < INTENT_LIFE
        return str(appearance) if is_valid else None

    def use_intent(self) -> None:
        """Let one press of “Approve” lead to the platform once."""
        self._content.pop("intent", None)

    def record_grant(self, summary: str) -> None:
        """Note that this session brought back the consent to these digests."""
        others = [(known, given) for known, given in self._grants().items() if known != summary]
        given = [self._now.isoformat(), self._steady.isoformat()]
        self._content["grants"] = dict([*others[1 - _MOST_GRANTS :], (summary, given)])

    def has_granted(self, history: History) -> bool:
        """Say whether this session's consent to the batch as it stands is on its way.

        A consent from before its last preparation was used up, even where the digests came out the same again.
        """
        if history.state is not State.PREPARED or history.prepared.summary not in self._grants():
            return False
        at, steady = map(datetime.fromisoformat, self._grants()[history.prepared.summary])
        return self._steady - steady < GRANT_LIFE and at >= history.since

    def _grants(self) -> Mapping[str, tuple[str, str]]:
        """When each consent was given, by the clock of the records and by the steady one; oldest first."""
        grants: Mapping[str, tuple[str, str]] = self._content.get("grants", {})
        return grants

    def _secret(self, name: str) -> str:
        if name not in self._content:
            self._content[name] = secrets.token_urlsafe(32)
        return str(self._content[name])

    def _has_secret(self, name: str, given: str) -> bool:
        kept = self._content.get(name)
        return kept is not None and hmac.compare_digest(given.encode(), kept.encode())

    def _write(self, name: str, value: Frozen) -> None:
        self._content[name] = value.model_dump(mode="json")

    def _read(self, name: str, kind: type[T]) -> T | None:
        content = self._content.get(name)
        try:
            return None if content is None else kind.model_validate(content)
        except ValidationError:
            # Another version of zimogs wrote it: as good as not there.
            return None


SESSION = web.RequestKey("SESSION", DeskSession)
QUARANTINED = web.RequestKey("QUARANTINED", int)
"""How many documents of the person's routes lie in quarantine and wait for somebody."""
