"""The counters and histograms of one process. Labels come only from closed sets: routes, reasons, states and so on.

Each process counts what it did itself, and begins at zero: add them up over all processes, and let `rate` and
`increase` bridge restarts. What a record of the ledger tells is counted by the one process that wrote it.
The one gauge is the process's own, too.
"""

from collections.abc import Iterable
from importlib.metadata import version
from itertools import product
from typing import TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.metrics import MetricWrapperBase

from jobs.model.duplicates import ANSWERED
from jobs.model.lifecycle import State
from jobs.model.names import RouteName
from jobs.model.reasons import Reason
from jobs.model.way_in import WayIn
from jobs.ports import Story
from worker.eparaksts.operations import CallOutcome, Operation
from worker.metrics.labels import TimestampKind, WaitsFor
from worker.metrics.loops import Loop
from worker.notices.target import Channel, TellingOutcome
from worker.queue.task_runner import RunOutcome
from worker.streams.reader import EntryOutcome
from worker.verification.inspected import ReadingPath

# When a series began tells nobody anything here, and would double the number of series.
disable_created_metrics()  # type: ignore[no-untyped-call]

_STAGE_BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
_PERSON_BUCKETS = (5, 15, 30, 60, 120, 300, 600, 1800, 3600, 14400, 86400)
_CALL_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_SIZE_BUCKETS = (1, 2, 5, 10, 25, 50, 75, 100)
_PROMISE_BUCKETS = (5, 15, 30, 60, 120, 300, 600, 1800, 3600)
"""The objectives of `deploy/prometheus/slo.yml` ask for 300."""


M = TypeVar("M", bound=MetricWrapperBase)


class Series:
    """Every metric that zimogs exports and no snapshot tells, in a registry of its own.

    They exist at zero from the start for all their labels: Prometheus cannot see a rise from nothing.
    """

    def __init__(self, routes: Iterable[RouteName] = ()) -> None:
        self.registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        Info("zimogs_build", "The version that runs.", registry=self.registry).info({"version": version("zimogs")})
        self._routes = tuple(routes)
        self._register_documents()
        self._register_batches()
        self._register_people()
        self._register_machinery()

    def _register_documents(self) -> None:
        ways = {"route": self._routes, "way_in": tuple(WayIn)}
        self.received = self._counter("documents_received", "Documents that a batch was made of.", **ways)
        self.bytes_received = self._counter("bytes_received", "Their size.", **ways)
        self.sealed = self._counter("documents_sealed", "Documents sealed, verified and delivered.", **ways)
        self.bytes_sealed = self._counter("bytes_sealed", "The size of the sealed files.", **ways)
        reasons = {"route": (*self._routes, ""), "reason": tuple(Reason)}
        self.quarantined = self._counter("documents_quarantined", "Documents put into quarantine.", **reasons)
        self.repeated = self._counter(
            "documents_repeated",
            "Documents not sealed by themselves, being the same as earlier ones.",
            route=self._routes,
            rule=tuple(ANSWERED),
        )
        self.judgements = self._counter(
            "judgements", "Sealed files that were judged, by how they were read.", path=tuple(ReadingPath)
        )
        kinds = {"route": self._routes, "kind": tuple(TimestampKind)}
        self.timestamps = self._counter("timestamps", "Timestamps that the vendor was asked for and gave.", **kinds)

    def _register_batches(self) -> None:
        routes = {"route": self._routes}
        self.records = self._counter("batch_records", "Records written to the ledger.", state=tuple(State))
        self.batch_size = self._histogram(
            "batch_documents", "Documents in a batch when gathered.", _SIZE_BUCKETS, **routes
        )
        self.stages = self._histogram(
            "stage_seconds", "Time a batch spent before a record.", _STAGE_BUCKETS, stage=tuple(State)
        )
        self.batch_seconds = self._counter(
            "batch_seconds", "Time that batches waited, and for whom.", **routes, waits_for=tuple(WaitsFor)
        )
        self.asked = self._histogram(
            "document_asked_seconds",
            "Time from when a document could be in a batch until somebody was asked about it.",
            _PROMISE_BUCKETS,
            **routes,
        )
        self.kept = self._histogram(
            "document_sealed_seconds", "Time from approval until a document was delivered.", _PROMISE_BUCKETS, **routes
        )
        self.in_vain = self._counter(
            "documents_approved_in_vain", "Approved documents that were refused, or have to be approved anew.", **routes
        )

    def _register_people(self) -> None:
        routes = {"route": self._routes}
        self.approval = self._histogram(
            "approval_wait_seconds", "Time a batch waited for a person.", _PERSON_BUCKETS, **routes
        )
        self.authorizations = self._histogram(
            "authorization_documents", "Documents that one authorization covered.", _SIZE_BUCKETS, **routes
        )
        self.consents = self._histogram(
            "consent_seconds", "Time a person spent on the vendor's pages to consent.", _PERSON_BUCKETS, **routes
        )
        self.consented = self._counter("documents_consented", "Documents that these people consented to.", **routes)

    def _register_machinery(self) -> None:
        operations = {"operation": tuple(Operation)}
        self.calls = self._counter("vendor_calls", "Calls to the vendor.", **operations, outcome=tuple(CallOutcome))
        self.call_seconds = self._histogram(
            "vendor_call_seconds", "Time a call to the vendor took.", _CALL_BUCKETS, **operations
        )
        self.retries = self._counter("vendor_retries", "Calls to the vendor that were repeated.", **operations)
        self.slots = Gauge(
            "zimogs_vendor_slots", "Calls of single documents that may be under way at once.", registry=self.registry
        )
        stories = {"story": tuple(Story)}
        self.stories = self._counter("stories", "Stories told by this worker.", **stories, outcome=tuple(RunOutcome))
        self.story_seconds = self._histogram("story_seconds", "Time a story took.", _STAGE_BUCKETS, **stories)
        self.notices = self._counter(
            "notices",
            "Tries to tell somebody what happened.",
            channel=tuple(Channel),
            outcome=tuple(TellingOutcome),
        )
        self.entries = self._counter(
            "stream_entries", "Entries of zimogs:intake that are done with.", outcome=tuple(EntryOutcome)
        )
        self.restarts = self._counter(
            "restarts", "Loops of this process that failed and were started again.", part=tuple(Loop)
        )

    def _counter(self, name: str, text: str, **labels: tuple[str, ...]) -> Counter:
        return _begin_at_zero(Counter(f"zimogs_{name}", text, labels, registry=self.registry), labels.values())

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...], **labels: tuple[str, ...]) -> Histogram:
        histogram = Histogram(f"zimogs_{name}", text, labels, buckets=buckets, registry=self.registry)
        return _begin_at_zero(histogram, labels.values())


def _begin_at_zero(metric: M, labels: Iterable[tuple[str, ...]]) -> M:
    for values in product(*labels):
        metric.labels(*values)
    return metric
