"""What the desk needs from the rest of the app, each as small as its pages allow, and the desk itself."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from pydantic import SecretStr

from config import sections
from jobs.model.names import PersonalCode, RouteName
from jobs.model.seals import Authorization, AuthorizationRequest, Seal
from jobs.ports import Tools
from worker.desk.dialogs import Dialog


@dataclass(frozen=True, slots=True)
class Person:
    """Who came back from the platform."""

    name: str
    code: PersonalCode


class Consent(Protocol):
    """The platform as the desk sees it: two addresses for the browser, and what a one-time code tells."""

    def identification_url(self, state: str) -> str:
        """Where the browser goes so that a person says who they are (leg 1)."""
        ...

    def authorization_url(self, request: AuthorizationRequest, state: str) -> str:
        """Where the browser goes so that a person consents to exactly this (leg 2)."""
        ...

    async def person(self, code: SecretStr) -> Person:
        """Spend the code of a leg 1 to learn who it was. Raises Retryable, Permanent or Uncertain."""
        ...

    async def seal(self, code: SecretStr, label: str, holder: PersonalCode) -> Seal:
        """Spend the code of a leg 1 to enrol a seal.

        Raises AnotherPerson unless it was the holder who came back; Retryable, Permanent or Uncertain.
        """
        ...


class AnotherPerson(Exception):
    """Somebody else came back from the platform than the one who is signed in on the desk."""


class Dialogs(Protocol):
    """Browser dialogs under way, each known by an unguessable single-use state (RFC 6749 §10.12)."""

    async def begin(self, dialog: Dialog) -> str:
        """Keep the dialog for a while; gives its state."""
        ...

    async def take(self, state: str) -> Dialog | None:
        """Look at the dialog and thereby spend it: of several takers one gets it, the others None."""
        ...


class Approvals(Protocol):
    """Where a person's consent goes."""

    async def enqueue_sealing(self, authorization: Authorization) -> None:
        """Queue the sealing of the authorized batch."""
        ...


class Gathering(Protocol):
    """Cutting a batch because a person wants it now."""

    async def gather_now(self, route: RouteName) -> None:
        """Ask for a batch of whatever waits, without waiting for company."""
        ...


class SealBook(Protocol):
    """Where enrolled seals are kept."""

    async def save(self, seal: Seal) -> None:
        """Keep a seal under its label; an older one is replaced."""
        ...


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything the pages may touch. `session_key` is 32 secret bytes; digests older than `fresh_for` are renewed."""

    tools: Tools
    consent: Consent
    dialogs: Dialogs
    approvals: Approvals
    gathering: Gathering
    seal_book: SealBook
    settings: sections.Desk
    fresh_for: timedelta
    session_key: bytes = field(repr=False)
