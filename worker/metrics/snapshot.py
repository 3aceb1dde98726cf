"""How things stand, read off the ledger, the waiting list and the queues at the moment of a scrape."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from jobs.batching import waits_since
from jobs.model.errors import BrokenLedger, LostKey, UnknownBatch
from jobs.model.glance import Glance
from jobs.model.lifecycle import FINAL, State
from jobs.model.seals import Seal
from jobs.model.standstill import Cause, Standstill
from jobs.ports import Tools
from worker.eparaksts.certificates import certificate_end
from worker.notices.target import Channel
from worker.storage.untaken import Obstacle, Untaken
from worker.storage.untold import Backlog

WAITING = "waiting"
"""The state of a document that no batch holds yet."""
OPEN_STATES = tuple(str(state) for state in State if state not in FINAL)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Open batches, waiting documents and what stands still at one moment; ages in seconds, expiries as Unix time."""

    batches: Mapping[str, int]
    documents: Mapping[str, int]
    oldest: Mapping[str, float]
    queues: Mapping[str, int]
    expiries: Mapping[str, float]
    untaken: Mapping[str, int]
    standstills: Mapping[str, int]
    untold: Mapping[str, float]
    """Age of the oldest event that somebody was not told, by channel."""
    given_up: Mapping[str, int]
    """Events that were given up, by channel."""
    damaged: int = 0
    """Open batches whose records are damaged."""


async def take_snapshot(
    tools: Tools,
    seals: Callable[[], Awaitable[tuple[Seal, ...]]],
    depth: Callable[[], Awaitable[dict[str, int]]],
    untaken: Callable[[], Sequence[Untaken]],
    standstills: Callable[[], Awaitable[Sequence[Standstill]]],
    *,
    notices: Callable[[], Awaitable[Sequence[Backlog]]],
) -> Snapshot:
    """Look at everything once."""
    now = tools.now()
    glances, damaged = await _look_at_open_batches(tools)
    open_batches = [glance for glance in glances if not glance.is_over]
    waiting = [(one, route) for route in tools.routes.values() for one in await tools.shelf.waiting_list(route.name)]
    batches = Counter(str(glance.state) for glance in open_batches)
    documents = Counter({WAITING: len(waiting)})
    waited = (waits_since(document, route.asking, now) for document, route in waiting)
    since = {WAITING: [at for at in waited if at is not None]}
    for glance in open_batches:
        documents[str(glance.state)] += glance.documents
        since.setdefault(str(glance.state), []).append(glance.since)
    left = Counter(str(each.obstacle) for each in await asyncio.to_thread(untaken))
    standing = Counter(str(each.cause) for each in await standstills())
    told = [(each.target.partition("-")[0], each) for each in await notices()]
    return Snapshot(
        batches={state: batches[state] for state in OPEN_STATES},
        documents={state: documents[state] for state in (WAITING, *OPEN_STATES)},
        oldest={
            state: max(0.0, (now - min(since.get(state, []), default=now)).total_seconds())
            for state in (WAITING, *OPEN_STATES)
        },
        queues=await depth(),
        expiries={seal.label: certificate_end(seal.certificate).timestamp() for seal in await seals()},
        untaken={obstacle: left[obstacle] for obstacle in map(str, Obstacle)},
        standstills={cause: standing[cause] for cause in map(str, Cause)},
        untold={
            channel: max(
                ((now - each.oldest).total_seconds() for of, each in told if of == channel and each.oldest), default=0
            )
            for channel in map(str, Channel)
        },
        given_up={channel: sum(each.dead for of, each in told if of == channel) for channel in map(str, Channel)},
        damaged=damaged,
    )


async def _look_at_open_batches(tools: Tools) -> tuple[list[Glance], int]:
    """How they stand, and how many are damaged: the page about all the others must not go blank with these."""
    glances, damaged = [], 0
    for batch in await tools.ledger.open_batches():
        try:
            glances.append(await tools.ledger.glance(batch))
        except (LostKey, UnknownBatch):
            continue
        except BrokenLedger:
            damaged += 1
    return glances, damaged


class SnapshotCollector(Collector):
    """Shows one Snapshot to Prometheus."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        """The gauges, in the order people read them."""
        snapshot = self._snapshot
        yield _gauge("zimogs_documents", "Documents on their way.", "state", snapshot.documents)
        yield _gauge("zimogs_batches", "Batches on their way.", "state", snapshot.batches)
        yield GaugeMetricFamily("zimogs_batches_damaged", "Open batches with damaged records.", value=snapshot.damaged)
        yield _gauge("zimogs_oldest_age_seconds", "Age of the oldest in this state.", "state", snapshot.oldest)
        yield _gauge("zimogs_inbox_untaken", "Left in the inbox for minutes.", "obstacle", snapshot.untaken)
        yield _gauge("zimogs_standstills", "What does not move, by cause.", "cause", snapshot.standstills)
        yield _gauge("zimogs_queue_depth", "Jobs in a queue, running ones included.", "queue", snapshot.queues)
        yield _gauge(
            "zimogs_notices_untold_age_seconds",
            "Age of the oldest event that somebody was not told.",
            "channel",
            snapshot.untold,
        )
        yield _gauge(
            "zimogs_notices_dead",
            "Events that somebody was not told and that were given up.",
            "channel",
            snapshot.given_up,
        )
        yield _gauge(
            "zimogs_seal_certificate_expiry_timestamp_seconds",
            "When a seal's certificate ends.",
            "seal",
            snapshot.expiries,
        )


def _gauge(name: str, text: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value in values:
        family.add_metric([value], values[value])
    return family
