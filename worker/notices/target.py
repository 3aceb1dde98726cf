"""Who is told: a name and what it is told of; how it is reached, its channel knows."""

from dataclasses import dataclass
from enum import StrEnum

from jobs.model.events import Event, EventKind
from jobs.model.names import PersonalCode, RouteName


class Channel(StrEnum):
    """By which way somebody is told. Values are metric labels and begin the names of folders below `data/notices`."""

    NOTIFICATION = "notification"
    WEBHOOK = "webhook"
    HOOK = "hook"
    RESULTS = "results"
    """The Redis Stream that those read who hand documents in by one."""
    OUTBOX = "outbox"
    """A folder elsewhere, which has what it is told of when the sealed file stands there."""


@dataclass(frozen=True, slots=True)
class Target:
    """One receiver; `number` tells apart the addresses of one name."""

    channel: Channel
    name: str
    routes: frozenset[RouteName]
    kinds: frozenset[EventKind]
    people: frozenset[PersonalCode] = frozenset()
    number: int = 1

    @property
    def folder(self) -> str:
        """The name of its folder below `data/notices`."""
        return f"{self.channel}-{self.name}" + (f".{self.number}" if self.channel is Channel.NOTIFICATION else "")

    def wants(self, event: Event) -> bool:
        """Say whether it is told of the event: of a document without a route only if it named no routes itself.

        What else has no route concerns them all: a freeze of everything, a seal.
        """
        concerns_all = event.route is None and event.document is None
        is_of_its_routes = concerns_all or not self.routes or event.route in self.routes
        is_for_others = self.people and event.people and not self.people & set(event.people)
        return event.kind in self.kinds and is_of_its_routes and not is_for_others


class TellingOutcome(StrEnum):
    """What came of telling something once, or of all tries. Values are metric labels."""

    TOLD = "told"
    FAILED = "failed"
    DEAD = "dead"
