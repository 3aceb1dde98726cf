"""One browser's visit to the desk: who is signed in, and what is kept from one page to the next."""

import hmac
import secrets
from collections.abc import Mapping, MutableMapping
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar

from pydantic import AwareDatetime

from jobs.model.frozen import Frozen
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.names import APerson, BatchId
from worker.desk.ports import Person

INTENT_LIFE = timedelta(minutes=10)
"""How long a pressed “Approve” may wait for fresh digests."""
GRANT_LIFE = timedelta(minutes=2)
"""How long a given approval counts as on its way; after that the batch is asked about again."""

T = TypeVar("T", bound=Frozen)
Tone = Literal["good", "plain", "bad"]


class SignedIn(Frozen):
    """The person who signed in, until their session ends."""

    name: str
    code: APerson
    until: AwareDatetime


class Notice(Frozen):
    """A sentence for the next page, and whether it is good news."""

    text: str
    tone: Tone = "plain"


class Visit:
    """One browser's session as the pages see it. What is written here stands in the cookie of the answer."""

    def __init__(self, session: MutableMapping[str, Any], now: datetime) -> None:
        self._session = session
        self._now = now

    @property
    def csrf(self) -> str:
        """The secret that every form of this session repeats."""
        return self._secret("csrf")

    @property
    def binding(self) -> str:
        """The secret that ties a dialog at the platform to this session."""
        return self._secret("binding")

    @property
    def person(self) -> SignedIn | None:
        """Who is signed in, if somebody still is."""
        person = self._read("person", SignedIn)
        return person if person is not None and self._now < person.until else None

    def has_csrf(self, given: str) -> bool:
        """Say whether a form came from a page of this session."""
        return _same(given, self._session.get("csrf"))

    def began(self, binding: str) -> bool:
        """Say whether a dialog was begun in this session."""
        return _same(binding, self._session.get("binding"))

    def sign_in(self, person: Person, until: datetime) -> None:
        """Begin anew as this person: nothing of the session before remains, its secrets least of all."""
        self._session.clear()
        self._write("person", SignedIn(name=person.name, code=person.code, until=until))

    def sign_out(self) -> None:
        """Forget everything."""
        self._session.clear()

    def say(self, text: str, tone: Tone = "plain") -> None:
        """Leave a sentence for the next page."""
        self._write("notice", Notice(text=text, tone=tone))

    @property
    def has_notice(self) -> bool:
        """Whether there is a sentence to be read."""
        return "notice" in self._session

    def heard(self) -> Notice | None:
        """Take the sentence that was left, once."""
        notice = self._read("notice", Notice)
        self._session.pop("notice", None)
        return notice

    def wants(self, path: str) -> None:
        """Remember a page that somebody wanted before signing in."""
        self._session["wanted"] = path

    @property
    def wanted(self) -> str:
        """The page to show after signing in."""
        return str(self._session.get("wanted", "/"))

    def intend(self, batch: BatchId) -> None:
        """Note that the person pressed “Approve” for this batch."""
        self._session["intent"] = [batch, self._now.isoformat()]

    def intends(self, batch: BatchId) -> bool:
        """Say whether “Approve” was pressed for this batch, not long ago and not used yet."""
        intended, at = self._session.get("intent", ["", self._now.isoformat()])
        return bool(intended == batch) and self._now - datetime.fromisoformat(at) < INTENT_LIFE

    def use_intent(self) -> None:
        """Let one press of “Approve” lead to the platform once."""
        self._session.pop("intent", None)

    def granted(self, summary: str) -> None:
        """Note that this session brought back the consent to these digests."""
        recent = {known: at for known, at in self._grants().items() if self._is_recent(at)}
        self._session["granted"] = recent | {summary: self._now.isoformat()}

    def has_granted(self, history: History) -> bool:
        """Say whether this session's consent to the batch as it stands is on its way.

        A consent from before its last preparation was used up, even where the digests came out the same again.
        """
        at = self._grants().get(history.prepared.summary) if history.state is State.PREPARED else None
        return at is not None and self._is_recent(at) and datetime.fromisoformat(at) >= history.since

    def _grants(self) -> Mapping[str, str]:
        grants: Mapping[str, str] = self._session.get("granted", {})
        return grants

    def _is_recent(self, at: str) -> bool:
        return self._now - datetime.fromisoformat(at) < GRANT_LIFE

    def _secret(self, name: str) -> str:
        if name not in self._session:
            self._session[name] = secrets.token_urlsafe(32)
        return str(self._session[name])

    def _write(self, name: str, value: Frozen) -> None:
        self._session[name] = value.model_dump(mode="json")

    def _read(self, name: str, kind: type[T]) -> T | None:
        content = self._session.get(name)
        return None if content is None else kind.model_validate(content)


def _same(given: str, kept: str | None) -> bool:
    return kept is not None and hmac.compare_digest(given.encode(), kept.encode())
