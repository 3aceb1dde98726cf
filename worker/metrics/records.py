"""What a record of the ledger tells, as counts: told by the one process that wrote it, so each is counted once."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from jobs.batching import waits_since
from jobs.model.asking import Asking
from jobs.model.documents import Route
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.names import DocumentId, RouteName
from jobs.model.reasons import Reason
from jobs.model.records import (
    Abandoned,
    Archived,
    Delivered,
    Delivery,
    DocumentResult,
    Gathered,
    Lapsed,
    Prepared,
    Record,
    Refusal,
    Sealed,
    Signing,
)
from worker.metrics.labels import TimestampKind, WaitsFor
from worker.metrics.series import Series


class RecordCounts:
    """Counts each record that it is told of; `routes` say until when documents are collected."""

    def __init__(self, series: Series, routes: Mapping[RouteName, Route]) -> None:
        self._series = series
        self._routes = routes

    def count(self, history: History) -> None:
        """Count the newest record of `history`."""
        record, route = history.records[-1], history.gathered.route
        self._series.records.labels(record.kind).inc()
        if len(history.records) > 1:
            self._count_time(history, history.records[-2], record)
        match record:
            case Gathered():
                self._count_gathered(record)
            case Prepared():
                self._count_asked(history, record)
            case Signing():
                self._series.authorizations.labels(route).observe(len(history.prepared.documents))
            case Sealed():
                self._count_timestamps(route, TimestampKind.SEAL, record.results)
            case Archived():
                self._count_timestamps(route, TimestampKind.ARCHIVE, record.results)
            case Lapsed() if _is_approved(history.records[:-1]):
                self._series.in_vain.labels(route).inc(len(history.prepared.documents))
            case Delivered():
                self._count_delivered(history, record)
            case Abandoned():
                left = len(history.documents) - len(record.refused) - len(record.delivered)
                self._series.quarantined.labels(route, Reason.ABANDONED).inc(left)
                self._count_refused(route, record.refused)

    def _count_time(self, history: History, before: Record, record: Record) -> None:
        route, seconds = history.gathered.route, _seconds_between(before.at, record.at)
        is_asked = before.kind is State.PREPARED or (isinstance(before, Lapsed) and before.is_stopped)
        waits_for = WaitsFor.PERSON if is_asked else WaitsFor.MACHINE
        self._series.batch_seconds.labels(route, waits_for).inc(seconds)
        if record.kind in {State.RELEASED, State.SIGNING}:
            self._series.approval.labels(route).observe(seconds)
        else:
            self._series.stages.labels(record.kind).observe(seconds)

    def _count_gathered(self, record: Gathered) -> None:
        self._series.batch_size.labels(record.route).observe(len(record.documents))
        if record.split_from is not None:
            # Its documents were counted with the batch in which they were first.
            return
        for document in record.documents:
            labels = (record.route, document.way_in)
            self._series.received.labels(*labels).inc()
            self._series.bytes_received.labels(*labels).inc(document.size)

    def _count_asked(self, history: History, record: Prepared) -> None:
        """How long each document took until somebody was asked; asked anew, it was asked about already."""
        if history.count(Prepared) > 1:
            return
        gathered, route = history.gathered, self._routes.get(history.gathered.route)
        asking = Asking() if route is None else route.asking
        for item in record.documents:
            # What is collected until a time of day waits as it should.
            since = waits_since(history.documents[item.document], asking, gathered.at) or gathered.at
            self._series.asked.labels(gathered.route).observe(_seconds_between(since, record.at))

    def _count_timestamps(self, route: RouteName, kind: TimestampKind, results: Iterable[DocumentResult]) -> None:
        self._series.timestamps.labels(route, kind).inc(sum(result.error is None for result in results))

    def _count_delivered(self, history: History, record: Delivered) -> None:
        route = history.gathered.route
        approved = _find_approved(history)
        for outcome in record.outcomes:
            if isinstance(outcome, Delivery):
                labels = (route, history.documents[outcome.document].way_in)
                self._series.sealed.labels(*labels).inc()
                self._series.bytes_sealed.labels(*labels).inc(outcome.size)
                if outcome.document in approved:
                    self._series.kept.labels(route).observe(_seconds_between(history.last(Signing).at, record.at))
            elif outcome.document in approved:
                self._series.in_vain.labels(route).inc()
        self._count_refused(route, (outcome for outcome in record.outcomes if isinstance(outcome, Refusal)))

    def _count_refused(self, route: RouteName, refused: Iterable[Refusal]) -> None:
        for refusal in refused:
            self._series.quarantined.labels(route, refusal.reason).inc()


def _seconds_between(begin: datetime, end: datetime) -> float:
    """Never less than nothing: a clock that was set back in between makes no counter fall."""
    return max(0.0, (end - begin).total_seconds())


def _is_approved(records: Iterable[Record]) -> bool:
    """Whether the newest preparation among the records was approved, and has not lapsed since."""
    kinds = [record.kind for record in records if isinstance(record, Prepared | Signing | Lapsed)]
    return kinds[-1:] == [State.SIGNING]


def _find_approved(history: History) -> frozenset[DocumentId]:
    if not history.has(Signing):
        return frozenset()
    return frozenset(item.document for item in history.prepared.documents)
