"""One Snapshot as Prometheus reads it: gauges, which every process tells alike, since all read the same folders."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from worker.metrics.snapshot import Snapshot
from worker.metrics.tally import WAITING


class SnapshotCollector(Collector):
    """Shows one Snapshot to Prometheus."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        """The gauges, in the order people read them."""
        now = self._snapshot
        yield from _places(now)
        yield _figure("batches_damaged", "Open batches with damaged records.", now.damaged)
        yield _figure("unexplained", "What does not move, and nobody knows why.", now.unexplained)
        yield _standstills(now.standstills)
        yield _gauge("inbox_untaken", "Left in the inbox for minutes.", _by(now.untaken), "obstacle")
        yield _gauge("queue_depth", "Jobs in a queue, running ones included.", _by(now.queues), "queue")
        untold = "Age of the oldest event that somebody was not told."
        yield _gauge("notices_untold_age_seconds", untold, _by(now.untold), "channel")
        yield _gauge("notices_dead", "Events that were given up.", _by(now.given_up), "channel")
        yield from _intake(now)
        yield _gauge("ledger_batches", "Batches that there ever were.", _by(now.ever), "route")
        free = (([folder], space.free) for folder, space in now.spaces.items())
        yield _gauge("disk_free_bytes", "Free space of the file system below a folder.", free, "folder")
        size = (([folder], space.size) for folder, space in now.spaces.items())
        yield _gauge("disk_size_bytes", "Size of the file system below a folder.", size, "folder")
        yield _gauge(
            "seal_certificate_expiry_timestamp_seconds", "When a seal's certificate ends.", _by(now.expiries), "seal"
        )


class FailureCollector(Collector):
    """Shows Prometheus what holds everything up, where nothing else can be told."""

    def __init__(self, causes: Collection[str]) -> None:
        self._causes = Counter(causes)

    def collect(self) -> Iterator[Metric]:
        """That one gauge."""
        yield _standstills(self._causes)


def _standstills(causes: Mapping[str, float]) -> GaugeMetricFamily:
    return _gauge("standstills", "What does not move, by cause.", _by(causes), "cause")


def _places(now: Snapshot) -> Iterator[Metric]:
    labels, places = ("route", "state"), now.places.items()
    documents = ((place, standing.documents) for place, standing in places)
    yield _gauge("documents", "Documents on their way.", documents, *labels)
    sizes = ((place, standing.size) for place, standing in places)
    yield _gauge("document_bytes", "Size of documents on their way.", sizes, *labels)
    batches = ((place, standing.batches) for place, standing in places if place[1] != WAITING)
    yield _gauge("batches", "Batches on their way.", batches, *labels)
    ages = ((place, standing.age(now.at)) for place, standing in places)
    yield _gauge("oldest_age_seconds", "Age of the oldest in this state.", ages, *labels)


def _intake(now: Snapshot) -> Iterator[Metric]:
    standing = now.intake
    entries, ages = {}, []
    if standing is not None:
        entries = {"waiting": standing.waiting, "pending": standing.pending, "dead": standing.dead}
        since = standing.oldest
        ages = [0.0 if since is None else max(0.0, (now.at - since).total_seconds())]
    yield _gauge("stream_length", "Entries of zimogs:intake.", _by(entries), "state")
    age = "Age of the oldest entry of zimogs:intake that is not done with."
    yield _gauge("stream_oldest_age_seconds", age, (([], each) for each in ages))


Samples = Iterable[tuple[Sequence[str], float]]
"""Values of labels, and what they have."""


def _by(values: Mapping[str, float]) -> Samples:
    return (([label], value) for label, value in values.items())


def _figure(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"zimogs_{name}", text, value=value)


def _gauge(name: str, text: str, samples: Samples, *labels: str) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"zimogs_{name}", text, labels=labels)
    for values, sample in samples:
        family.add_metric(values, sample)
    return family
