"""The counters and histograms of one process. Labels come only from closed sets: routes, reasons, states and so on."""

from collections.abc import Iterable
from itertools import product

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

from jobs.model.duplicates import ANSWERED
from jobs.model.lifecycle import State
from jobs.model.names import RouteName
from jobs.model.reasons import Reason
from jobs.ports import Story
from worker.eparaksts.operations import CallOutcome, Operation
from worker.metrics.loops import Loop
from worker.notices.target import Channel, TellingOutcome
from worker.queue.task_runner import RunOutcome
from worker.verification.inspected import ReadingPath

# When a series began tells nobody anything here, and would double the number of series.
disable_created_metrics()  # type: ignore[no-untyped-call]

_STAGE_BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
_PERSON_BUCKETS = (5, 15, 30, 60, 120, 300, 600, 1800, 3600, 14400, 86400)
_CALL_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_SIZE_BUCKETS = (1, 2, 5, 10, 25, 50, 75, 100)


class Series:
    """Every counter and histogram that zimogs exports, in a registry of its own.

    Counters exist at zero from the start for all their labels: Prometheus cannot see a rise from nothing.
    """

    def __init__(self, routes: Iterable[RouteName] = ()) -> None:
        self.registry = CollectorRegistry()
        self.received = self._counter("documents_received", "Documents taken from the inbox.", "route")
        self.sealed = self._counter("documents_sealed", "Documents sealed, verified and delivered.", "route")
        self.quarantined = self._counter("documents_quarantined", "Documents put into quarantine.", "reason")
        self.repeated = self._counter(
            "documents_repeated", "Documents not sealed by themselves, being the same as earlier ones.", "rule"
        )
        self.records = self._counter("batch_records", "Records written to the ledger.", "state")
        self.calls = self._counter("vendor_calls", "Calls to the vendor.", "operation", "outcome")
        self.retries = self._counter("vendor_retries", "Calls to the vendor that were repeated.", "operation")
        self.stories = self._counter("stories", "Stories told by this worker.", "story", "outcome")
        self.judgements = self._counter("judgements", "Sealed files that were judged, by how they were read.", "path")
        self.notices = self._counter("notices", "Tries to tell somebody what happened.", "channel", "outcome")
        self.restarts = self._counter("restarts", "Loops of this process that failed and were started again.", "part")
        self.batch_size = self._histogram("batch_documents", "Documents in a batch when gathered.", _SIZE_BUCKETS)
        self.stages = self._histogram("stage_seconds", "Time a batch spent before a record.", _STAGE_BUCKETS, "stage")
        self.approval = self._histogram("approval_wait_seconds", "Time a batch waited for a person.", _PERSON_BUCKETS)
        self.call_seconds = self._histogram(
            "vendor_call_seconds", "Time a call to the vendor took.", _CALL_BUCKETS, "operation"
        )
        names = tuple(routes)
        _begin_at_zero(self.received, names)
        _begin_at_zero(self.sealed, names)
        _begin_at_zero(self.quarantined, Reason)
        _begin_at_zero(self.repeated, ANSWERED)
        _begin_at_zero(self.records, State)
        _begin_at_zero(self.retries, Operation)
        _begin_at_zero(self.calls, Operation, CallOutcome)
        _begin_at_zero(self.stories, Story, RunOutcome)
        _begin_at_zero(self.judgements, ReadingPath)
        _begin_at_zero(self.notices, Channel, TellingOutcome)
        _begin_at_zero(self.restarts, Loop)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"zimogs_{name}", text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"zimogs_{name}", text, labels, buckets=buckets, registry=self.registry)


def _begin_at_zero(counter: Counter, *labels: Iterable[str]) -> None:
    for values in product(*labels):
        counter.labels(*values)
