from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from jobs.batching import waits_since
from jobs.model.documents import Document, Route
from jobs.model.glance import Glance
from jobs.model.lifecycle import FINAL, State
from jobs.model.names import RouteName, batch_route

WAITING = "waiting"
"""The state of a document that no batch holds yet."""
OPEN_STATES = tuple(str(state) for state in State if state not in FINAL)

RouteState = tuple[str, str]
"""A route, and the state in which something of it stands."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How much stands in one state of a route, `size` in bytes, and since when the oldest of it does.

    `since` is None where nothing stands, or waits as it should: collected until a time of day.
    """

    batches: int = 0
    documents: int = 0
    size: int = 0
    since: datetime | None = None

    def __add__(self, other: "Tally") -> "Tally":
        """Both together."""
        times = [at for at in (self.since, other.since) if at is not None]
        return Tally(
            self.batches + other.batches,
            self.documents + other.documents,
            self.size + other.size,
            min(times, default=None),
        )

    def age(self, now: datetime) -> float:
        """Seconds since the oldest came to stand here; 0 where nothing does."""
        return 0.0 if self.since is None else max(0.0, (now - self.since).total_seconds())


def tally(
    waiting: Iterable[tuple[Route, Sequence[Document]]], open_batches: Iterable[Glance], now: datetime
) -> dict[RouteState, Tally]:
    """Add up what stands where; every place of these routes is there, and of others those in which a batch stands."""
    places: dict[RouteState, Tally] = {}
    for route, documents in waiting:
        places |= {(route.name, state): Tally() for state in (WAITING, *OPEN_STATES)}
        for document in documents:
            one = Tally(0, 1, document.size, waits_since(document, route.asking, now))
            places[route.name, WAITING] += one
    for glance in open_batches:
        place = (batch_route(glance.batch), str(glance.state))
        batch = Tally(1, glance.documents, glance.size, glance.since)
        places[place] = places.get(place, Tally()) + batch
    return places


def waiting_since(places: Mapping[RouteState, Tally]) -> dict[RouteName, datetime]:
    """Since when the oldest document of each route waits that no batch holds, where one does."""
    found = {route: standing.since for (route, state), standing in places.items() if state == WAITING}
    return {RouteName(route): since for route, since in found.items() if since is not None}
