"""Hooks: what happened elsewhere is turned into counts here, so that no story and no client knows of metrics."""

from collections.abc import Mapping
from types import MappingProxyType

from jobs.model.documents import Route
from jobs.model.duplicates import Duplicates
from jobs.model.history import History
from jobs.model.names import RouteName
from jobs.model.reasons import Reason
from jobs.ports import Story
from worker.eparaksts.operations import CallOutcome
from worker.metrics.loops import Loop
from worker.metrics.records import RecordCounts
from worker.metrics.series import Series
from worker.metrics.vendor_silence import VendorSilence
from worker.notices.target import Channel, TellingOutcome
from worker.queue.task_runner import RunOutcome
from worker.streams.reader import EntryOutcome
from worker.verification.inspected import ReadingPath


class Recorder:
    """Counts what it is told of; `routes` say until when documents are collected."""

    def __init__(self, series: Series, routes: Mapping[RouteName, Route] = MappingProxyType({})) -> None:
        self.series = series
        self.vendor = VendorSilence()
        self._records = RecordCounts(series, routes)

    def count_quarantined(self, route: RouteName | None, reason: Reason) -> None:
        """A document was put into quarantine before any batch held it; `route` is None where it had none."""
        self.series.quarantined.labels(route or "", reason).inc()

    def observe_record(self, history: History) -> None:
        """The ledger has a new record, the last of `history`."""
        self._records.count(history)

    def observe_consent(self, route: RouteName, documents: int, seconds: float) -> None:
        """A person consented to so many documents at once, which took them so long on the vendor's pages."""
        self.series.consents.labels(route).observe(seconds)
        self.series.consented.labels(route).inc(documents)

    def count_repeated(self, route: RouteName, rule: Duplicates) -> None:
        """A document is the same as an earlier one, and what its route says was done about it."""
        self.series.repeated.labels(route, rule).inc()

    def observe_call(self, operation: str, outcome: CallOutcome, seconds: float) -> None:
        """A call to the vendor ended."""
        self.vendor.note(outcome)
        self.series.calls.labels(operation, outcome).inc()
        self.series.call_seconds.labels(operation).observe(seconds)

    def count_retry(self, operation: str) -> None:
        """A call to the vendor is about to be repeated."""
        self.series.retries.labels(operation).inc()

    def observe_slots(self, count: int) -> None:
        """So many calls of single documents may be under way at once now."""
        self.series.slots.set(count)

    def observe_run(self, story: Story, outcome: RunOutcome, seconds: float) -> None:
        """A story was run; how long its stage took is in the ledger."""
        self.series.stories.labels(story, outcome).inc()
        self.series.story_seconds.labels(story).observe(seconds)

    def count_judgement(self, path: ReadingPath) -> None:
        """A sealed file was judged."""
        self.series.judgements.labels(path).inc()

    def count_telling(self, channel: Channel, outcome: TellingOutcome) -> None:
        """Somebody was told something, or could not be."""
        self.series.notices.labels(channel, outcome).inc()

    def count_entry(self, outcome: EntryOutcome) -> None:
        """An entry of the stream is done with."""
        self.series.entries.labels(outcome).inc()

    def count_restart(self, loop: Loop) -> None:
        """A loop of the process failed and is started again."""
        self.series.restarts.labels(loop).inc()
