"""What programs are told: that a document was taken, and what became of it. Each at least once, by the same `id`.

id          names this result and nothing else
type        document.accepted, document.sealed, document.quarantined
document    its id; with it `route`, `name`, `sha256` (hexadecimal, of the original)
entry       of document.accepted: the id of the entry in zimogs:intake
outcome     of document.accepted: waiting, quarantined, repeated; missing where it is not judged yet
sealed      of document.sealed: its path below the route's outbox; with it `sealed_sha256`, `level`, `batch`
reason      of document.quarantined; with it `detail`
reference   as the metadata had it
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime

from redis.asyncio import Redis
from redis.exceptions import RedisError

from jobs.model.documents import Document
from jobs.model.duplicates import Duplicate
from jobs.model.events import Event
from jobs.model.hand_in import Receipt
from jobs.model.metadata import BadMetadata, Metadata, read_metadata
from jobs.model.records import Refusal
from worker.error_text import error_text
from worker.streams.entry import StreamEntry, Wish
from worker.streams.stream import RESULTS

ACCEPTED = "document.accepted"


class ResultsAway(Exception):
    """Redis did not take a result; it may later. The message says why."""


class ResultStream:
    """Writes results; about `most` are kept."""

    def __init__(self, redis: Redis, most: int) -> None:
        self._redis = redis
        self._most = most

    async def send(self, event: Event) -> None:
        """Write what became of a document. Raises ResultsAway."""
        try:
            await self._redis.xadd(RESULTS, dict(describe_event(event)), maxlen=self._most)  # type: ignore[arg-type]
        except (RedisError, OSError) as error:
            raise ResultsAway(f"redis did not take it: {error_text(error)}") from None


def describe_receipt(entry: StreamEntry, wish: Wish, receipt: Receipt) -> Mapping[str, str]:
    """That the document of an entry is ours."""
    outcome = receipt.outcome
    found = {
        "id": f"{receipt.document}.accepted",
        "type": ACCEPTED,
        "timestamp": _write_time(datetime.now(UTC)),
        "entry": entry.id,
        "document": receipt.document,
        "route": wish.about.route,
        "name": wish.about.name,
        "sha256": receipt.sha256.hex,
    }
    if isinstance(outcome, Document):
        found |= {"outcome": "waiting"}
    elif isinstance(outcome, Refusal):
        found |= {"outcome": "quarantined", "reason": outcome.reason, "detail": outcome.detail}
    elif isinstance(outcome, Duplicate):
        found |= {"outcome": "repeated", "repeats": outcome.earlier.document, "detail": outcome.words}
    with suppress(BadMetadata):
        if wish.about.metadata is not None:
            found |= _reference(read_metadata(wish.about.metadata))
    return found


def describe_event(event: Event) -> Mapping[str, str]:
    """An event in fields; those of it that are not known are left out."""
    found = {"id": event.id, "type": event.kind, "timestamp": _write_time(event.at)}
    about = {"route": event.route, "batch": event.batch, "seal": event.seal, "why": event.why}
    if (document := event.document) is not None:
        about |= {"document": document.id, "name": document.name, "sha256": document.sha256}
        about |= {"reason": document.reason, "detail": document.detail}
        about |= _reference(document.metadata)
        if document.sealed is not None:
            sealed = document.sealed
            about |= {"sealed": sealed.name, "sealed_sha256": sealed.sha256, "level": sealed.level}
    return found | {name: str(value) for name, value in about.items() if value}


def _reference(metadata: Metadata | None) -> dict[str, str]:
    return {"reference": metadata.reference} if metadata and metadata.reference else {}


def _write_time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
