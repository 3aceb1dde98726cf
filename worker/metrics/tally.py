from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from jobs.batching import waits_since
from jobs.model.documents import Document, Route
from jobs.model.glance import Glance
from jobs.model.lifecycle import FINAL, State
from jobs.model.names import RouteName, batch_route

WAITING = "waiting"
"""The state of a document that no batch holds yet."""
OPEN_STATES = tuple(str(state) for state in State if state not in FINAL)

Place = tuple[str, str]
"""A route, and the state in which something of it stands."""


class Tally:
    """What stands where, added up: batches, documents, their bytes; and since when the oldest does."""

    def __init__(self, routes: Iterable[RouteName], now: datetime) -> None:
        self._now = now
        self.places: dict[Place, None] = {(route, state): None for route in routes for state in (WAITING, *OPEN_STATES)}
        self.batches: Counter[Place] = Counter()
        self.documents: Counter[Place] = Counter()
        self.sizes: Counter[Place] = Counter()
        self.waiting_since: dict[RouteName, datetime] = {}
        self._since: defaultdict[Place, list[datetime]] = defaultdict(list)

    def add_waiting(self, route: Route, documents: Sequence[Document]) -> None:
        """Add what no batch holds yet."""
        place = (route.name, WAITING)
        self.documents[place] += len(documents)
        self.sizes[place] += sum(document.size for document in documents)
        since = [at for each in documents if (at := waits_since(each, route.asking, self._now)) is not None]
        self._since[place] += since
        if since:
            self.waiting_since[route.name] = min(since)

    def add_batch(self, glance: Glance) -> None:
        """Add an open batch."""
        # A batch of a route that the settings do not name any more is told all the same.
        place = (batch_route(glance.batch), str(glance.state))
        self.places[place] = None
        self.batches[place] += 1
        self.documents[place] += glance.documents
        self.sizes[place] += glance.size
        self._since[place].append(glance.since)

    def age(self, place: Place) -> float:
        """How old the oldest there is, in seconds; 0 where there is nothing."""
        return max(0.0, (self._now - min(self._since[place], default=self._now)).total_seconds())
