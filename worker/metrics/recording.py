"""Hooks: what happened elsewhere is turned into counts here, so that no story and no client knows of metrics."""

from collections.abc import Sequence

from jobs.model.duplicates import Duplicates
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.names import RouteName
from jobs.model.reasons import Reason
from jobs.model.records import Abandoned, Delivered, Gathered, Refusal
from jobs.ports import Story
from worker.metrics.loops import Loop
from worker.metrics.series import Series
from worker.notices.target import Channel, TellingOutcome
from worker.verification.inspected import ReadingPath


class Recorder:
    """Counts what it is told of."""

    def __init__(self, series: Series) -> None:
        self.series = series

    def count_received(self, route: RouteName) -> None:
        """A document was taken from the inbox."""
        self.series.received.labels(route).inc()

    def count_quarantined(self, reason: Reason) -> None:
        """A document was put into quarantine."""
        self.series.quarantined.labels(reason).inc()

    def count_repeated(self, rule: Duplicates) -> None:
        """A document is the same as an earlier one, and what its route says was done about it."""
        self.series.repeated.labels(rule).inc()

    def observe_call(self, operation: str, outcome: str, seconds: float) -> None:
        """A call to the vendor ended."""
        self.series.calls.labels(operation, outcome).inc()
        self.series.call_seconds.labels(operation).observe(seconds)

    def count_retry(self, operation: str) -> None:
        """A call to the vendor is about to be repeated."""
        self.series.retries.labels(operation).inc()

    def count_run(self, story: Story, outcome: str) -> None:
        """A story was run; how long its stage took is in the ledger."""
        self.series.stories.labels(story, outcome).inc()

    def count_judgement(self, path: ReadingPath) -> None:
        """A sealed file was judged."""
        self.series.judgements.labels(path).inc()

    def count_telling(self, channel: Channel, outcome: TellingOutcome) -> None:
        """Somebody was told something, or could not be."""
        self.series.notices.labels(channel, outcome).inc()

    def count_restart(self, loop: Loop) -> None:
        """A loop of the process failed and is started again."""
        self.series.restarts.labels(loop).inc()

    def observe_record(self, history: History) -> None:
        """The ledger has a new record, the last of `history`."""
        record = history.records[-1]
        self.series.records.labels(record.kind).inc()
        if isinstance(record, Gathered):
            self.series.batch_size.observe(len(record.documents))
        elif record.kind in {State.RELEASED, State.SIGNING}:
            self.series.approval.observe((record.at - history.records[-2].at).total_seconds())
        else:
            self.series.stages.labels(record.kind).observe((record.at - history.records[-2].at).total_seconds())
        refused: Sequence[Refusal] = ()
        if isinstance(record, Delivered):
            refused = [outcome for outcome in record.outcomes if isinstance(outcome, Refusal)]
            self.series.sealed.labels(history.gathered.route).inc(len(record.outcomes) - len(refused))
        elif isinstance(record, Abandoned):
            refused = record.refused
            self.series.quarantined.labels(Reason.ABANDONED).inc(len(history.documents) - len(refused))
        for refusal in refused:
            self.count_quarantined(refusal.reason)
