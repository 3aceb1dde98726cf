"""What a person finds on the desk: each of their routes with its seal, what waits, and its newest batches."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from jobs.model.documents import Route
from jobs.model.errors import NotEnrolled, UnknownBatch
from jobs.model.history import History
from jobs.model.names import BatchId, batch_id, batch_number, batch_route
from jobs.model.seals import Seal
from jobs.ports import Tools
from worker.desk.presenting import Standing, Tone, standing

NEWEST = 12
"""How many batches of a route are looked up; older ones are listed while something may still happen to them."""

HasGranted = Callable[[History], bool]


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One batch in the list; `size` is in bytes."""

    batch: BatchId
    documents: int
    size: int
    since: datetime
    standing: Standing


@dataclass(frozen=True, slots=True)
class RouteCard:
    """One route; `seal` and the end of its certificate are None until it is enrolled."""

    route: Route
    seal: Seal | None
    expires_at: datetime | None
    waiting: int
    batches: tuple[BatchLine, ...]

    @property
    def is_moving(self) -> bool:
        """Whether looking again soon will show something new."""
        return bool(self.waiting) or any(line.standing.is_moving for line in self.batches)


async def route_card(route: Route, tools: Tools, has_granted: HasGranted) -> RouteCard:
    """Look everything up once. `has_granted` knows the consents that are on their way."""
    seal = await enrolled_seal(route.seal, tools)
    histories = [await _read(batch, tools) for batch in await _listed(route, tools)]
    lines = (_line(h, enrolled=seal is not None, granted=has_granted(h)) for h in histories if h is not None)
    return RouteCard(
        route=route,
        seal=seal,
        expires_at=None if seal is None else certificate_end(seal),
        waiting=len(await tools.shelf.waiting_list(route.name)),
        batches=tuple(sorted(lines, key=_what_asks_first)),
    )


async def enrolled_seal(label: str, tools: Tools) -> Seal | None:
    """The seal of that label, None until somebody enrols it."""
    try:
        return await tools.seals.find(label)
    except NotEnrolled:
        return None


def certificate_end(seal: Seal) -> datetime:
    """When the seal's certificate ends (notAfter, RFC 5280 §4.1.2.5)."""
    return x509.load_der_x509_certificate(base64.b64decode(seal.certificate)).not_valid_after_utc


async def _listed(route: Route, tools: Tools) -> set[BatchId]:
    latest = await tools.ledger.latest(route.name)
    newest = {batch_id(route.name, number) for number in range(max(1, latest - NEWEST + 1), latest + 1)}
    return newest | {batch for batch in await tools.ledger.open_batches() if batch_route(batch) == route.name}


async def _read(batch: BatchId, tools: Tools) -> History | None:
    try:
        return await tools.ledger.read(batch)
    except UnknownBatch:
        return None  # Archived: numbers go on, old folders may have been taken away.


def _line(history: History, *, enrolled: bool, granted: bool) -> BatchLine:
    documents = history.gathered.documents
    return BatchLine(
        batch=history.batch,
        documents=len(documents),
        size=sum(document.size for document in documents),
        since=history.since,
        standing=standing(history, enrolled=enrolled, granted=granted),
    )


def _what_asks_first(line: BatchLine) -> tuple[bool, int]:
    return line.standing.tone is not Tone.ASKS, -batch_number(line.batch)
