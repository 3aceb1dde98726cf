"""How things stand, read off the ledger, the waiting list and the queues at the moment of a scrape."""

import base64
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from jobs.lifecycle import FINAL, State
from jobs.model import Seal
from jobs.ports import Tools

WAITING = "waiting"
"""The state of a document that no batch holds yet."""
OPEN_STATES = tuple(state for state in State if state not in FINAL)


@dataclass(frozen=True, slots=True)
class Standing:
    """Open batches and waiting documents at one moment; ages in seconds, expiries as Unix time."""

    batches: Mapping[str, int]
    documents: Mapping[str, int]
    oldest: Mapping[str, float]
    queues: Mapping[str, int]
    expiries: Mapping[str, float]


async def standing(
    tools: Tools,
    seals: Callable[[], Awaitable[tuple[Seal, ...]]],
    depth: Callable[[], Awaitable[dict[str, int]]],
) -> Standing:
    """Look at everything once."""
    now = tools.now()
    batches, documents, oldest = dict.fromkeys(OPEN_STATES, 0), dict.fromkeys((WAITING, *OPEN_STATES), 0), {}
    for batch in await tools.ledger.unclosed():
        history = await tools.ledger.read(batch)
        if history.is_over:
            continue
        batches[history.state] += 1
        documents[history.state] += len(history.documents)
        oldest[str(history.state)] = max(oldest.get(history.state, 0.0), _age(history.since, now))
    for route in tools.routes:
        waiting = await tools.shelf.waiting(route)
        documents[WAITING] += len(waiting)
        oldest[WAITING] = max([oldest.get(WAITING, 0.0), *(_age(d.received_at, now) for d in waiting)])
    expiries = {seal.label: _expiry(seal) for seal in await seals()}
    return Standing(
        batches={str(state): count for state, count in batches.items()},
        documents={str(state): count for state, count in documents.items()},
        oldest={state: oldest.get(state, 0.0) for state in (WAITING, *map(str, OPEN_STATES))},
        queues=await depth(),
        expiries=expiries,
    )


def _age(since: datetime, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds())


def _expiry(seal: Seal) -> float:
    certificate = x509.load_der_x509_certificate(base64.b64decode(seal.certificate))
    return certificate.not_valid_after_utc.timestamp()


class StandingCollector(Collector):
    """Shows one Standing to Prometheus."""

    def __init__(self, seen: Standing) -> None:
        self._seen = seen

    def collect(self) -> Iterator[Metric]:
        """The gauges, in the order people read them."""
        seen = self._seen
        yield _gauge("zimogs_documents", "Documents on their way.", "state", seen.documents)
        yield _gauge("zimogs_batches", "Batches on their way.", "state", seen.batches)
        yield _gauge("zimogs_oldest_age_seconds", "Age of the oldest in this state.", "state", seen.oldest)
        yield _gauge("zimogs_queue_depth", "Jobs in a queue, running ones included.", "queue", seen.queues)
        yield _gauge(
            "zimogs_seal_certificate_expiry_timestamp_seconds", "When a seal's certificate ends.", "seal", seen.expiries
        )


def _gauge(name: str, text: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value in values:
        family.add_metric([value], values[value])
    return family
