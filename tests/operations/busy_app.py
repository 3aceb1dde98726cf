"""A app in which everything happens that can be counted, and whose metrics are served by the real health routes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count, product

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest

from jobs.model.digest import Digest
from jobs.model.documents import Profile
from jobs.model.duplicates import ANSWERED
from jobs.model.history import History
from jobs.model.names import batch_id
from jobs.model.reasons import Reason
from jobs.model.records import (
    Abandoned,
    Delivered,
    Delivery,
    DocumentResult,
    Finalizing,
    Gathered,
    Lapsed,
    Prepared,
    PreparedDocument,
    Record,
    Refusal,
    Sealed,
    Signed,
    SignedDocument,
    Signing,
)
from jobs.model.standstill import Cause
from jobs.ports import Story
from tests.support.builders import ANNA, INVOICES, NOON, a_document_id, a_seal, documents
from tests.support.vendor import value_for
from worker.app.serving import listen, served
from worker.eparaksts.operations import CallOutcome, Operation
from worker.metrics.health import add_metrics, add_probes
from worker.metrics.loops import Loop
from worker.metrics.recording import Recorder
from worker.metrics.series import Series
from worker.metrics.snapshot import OPEN_STATES, WAITING, Snapshot, SnapshotCollector
from worker.notices.target import Channel, TellingOutcome
from worker.queue.task_runner import RunOutcome
from worker.storage.untaken import Obstacle
from worker.verification.inspected import ReadingPath

FIRST, SECOND = a_document_id(1), a_document_id(2)
DIGEST = Digest.sha256(b"attributes")
SNAPSHOT = Snapshot(
    batches=dict.fromkeys(OPEN_STATES, 1),
    documents=dict.fromkeys((WAITING, *OPEN_STATES), 7),
    oldest=dict.fromkeys((WAITING, *OPEN_STATES), 120.0),
    queues={"zimogs:stories": 2, "zimogs:sealing": 1},
    expiries={"CN:SIA PARAUGS: eZīmogs": 4_102_444_800.0},
    untaken=dict.fromkeys(Obstacle, 1),
    standstills=dict.fromkeys(Cause, 1),
    untold=dict.fromkeys(Channel, 60.0),
    given_up=dict.fromkeys(Channel, 1),
)


class BusyApp:
    """Counts into series of its own."""

    def __init__(self) -> None:
        self.series = Series()
        self._recorder = Recorder(self.series)
        self._numbers = count(1)

    def work(self) -> None:
        """Let everything happen once more."""
        for lived in (_sealed_batch(), _abandoned_batch()):
            self._live(lived)
        self._recorder.count_received(INVOICES)
        for reason in Reason:
            self._recorder.count_quarantined(reason)
        for rule in ANSWERED:
            self._recorder.count_repeated(rule)
        for operation, outcome in product(Operation, CallOutcome):
            self._recorder.observe_call(operation, outcome, 0.2)
            self._recorder.count_retry(operation)
        for story, run in product(Story, RunOutcome):
            self._recorder.count_run(story, run)
        for path in ReadingPath:
            self._recorder.count_judgement(path)
        for channel, telling in product(Channel, TellingOutcome):
            self._recorder.count_telling(channel, telling)
        for loop in Loop:
            self._recorder.count_restart(loop)

    def _live(self, lived: tuple[Gathered, list[Record]]) -> None:
        gathered, rest = lived
        history = History(batch=batch_id(INVOICES, next(self._numbers)), records=(gathered,))
        self._recorder.observe_record(history)
        for record in rest:
            history = history.extend(record)
            self._recorder.observe_record(history)

    def exposition(self) -> str:
        """What a scrape would read."""
        now = CollectorRegistry()
        now.register(SnapshotCollector(SNAPSHOT))
        return (generate_latest(self.series.registry) + generate_latest(now)).decode()

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        """Serve `/metrics` for the time of the block; yields host:port."""
        application = web.Application()
        add_probes(application, {}, tells_why=True)
        add_metrics(application, self.series.registry, _look)
        listener = listen("127.0.0.1", 0)
        host, port = listener.getsockname()
        async with served(application, listener):
            yield f"{host}:{port}"


async def _look() -> Snapshot:
    return SNAPSHOT


def _gathered() -> Gathered:
    return Gathered(at=NOON, route=INVOICES, seal="S", profile=Profile(), documents=documents(2))


def _abandoned_batch() -> tuple[Gathered, list[Record]]:
    return _gathered(), [Abandoned(at=NOON + timedelta(seconds=5), why="nobody wants it")]


def _sealed_batch() -> tuple[Gathered, list[Record]]:
    """A batch of two that lapses once; one document is delivered, the other refused."""
    at = (NOON + timedelta(seconds=seconds) for seconds in count(2, 2))
    return _gathered(), [
        _prepared().model_copy(update={"at": next(at)}),
        Lapsed(at=next(at), why="too late"),
        _prepared().model_copy(update={"at": next(at)}),
        Signing(at=next(at), approver=ANNA, attempt=1),
        Signed(
            at=next(at), values=tuple(SignedDocument(document=id_, value=value_for(DIGEST)) for id_ in (FIRST, SECOND))
        ),
        Finalizing(at=next(at), attempt=1),
        Sealed(at=next(at), results=(DocumentResult(document=FIRST), DocumentResult(document=SECOND, error="no"))),
        Delivered(
            at=next(at), outcomes=(_delivery(), Refusal(document=SECOND, reason=Reason.NOT_FINALIZED, detail="no"))
        ),
    ]


def _prepared() -> Prepared:
    return Prepared(
        at=NOON,
        documents=tuple(
            PreparedDocument(document=id_, session=f"session-{id_}", digest=DIGEST) for id_ in (FIRST, SECOND)
        ),
        seal=a_seal(),
        summary="summary",
        summary_algorithm="SHA256",
        signature_algorithm="ecdsa",
        expires_at=NOON + timedelta(days=1),
    )


def _delivery() -> Delivery:
    return Delivery(document=FIRST, name="invoice-1.pdf", sha256=DIGEST, size=1001, level="PAdES B-LT")
