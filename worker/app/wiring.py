"""The one composition root: here, and nowhere else, real things are chosen and put together."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog

from config.settings import Settings
from jobs.model.documents import Document
from jobs.ports import Doorbell, Patience, Tools, Verifier
from worker.app.intake import intake_of
from worker.app.on_disk import OnDisk
from worker.app.practice import load_trust
from worker.app.vendor import client_of
from worker.clock import utc_now
from worker.desk.consent import PlatformConsent
from worker.desk.dialogs import RedisDialogs
from worker.desk.ports import DeskContext
from worker.eparaksts.client import VendorClient
from worker.eparaksts.identities import PersonalPurpose
from worker.eparaksts.limits import FileLimit
from worker.inbox.intake import Intake
from worker.inbox.outcomes import IntakeOutcome, Stuck
from worker.metrics.health import Check
from worker.metrics.recording import Recorder
from worker.metrics.series import Series
from worker.metrics.snapshot import Snapshot, take_snapshot
from worker.queue.connecting import connected
from worker.queue.doorbell import ArqDoorbell
from worker.queue.embedded import embedded_valkey
from worker.queue.task_runner import TaskRunner
from worker.storage.durable import make_folder
from worker.storage.explanation import Explanation
from worker.storage.keys import obtain_key
from worker.storage.leases import FileLeases
from worker.storage.names import escape_controls
from worker.storage.outbox import DiskOutbox
from worker.storage.untaken import Untaken
from worker.verification.verifier import LocalVerifier

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class App:
    """Everything that the parts of a process run with, opened and connected."""

    settings: Settings
    tools: Tools
    intake: Intake
    task_runner: TaskRunner
    desk: DeskContext
    series: Series
    file_limit: FileLimit
    redis_url: str
    checks: Mapping[str, Check]
    take_snapshot: Callable[[], Awaitable[Snapshot]]


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[App]:
    """Open everything for the time of the block. Raises OSError and redis' ConnectionError when that fails."""
    recorder = Recorder(Series(settings.routes))
    disk = OnDisk.of(settings, observe=recorder.observe_record)
    make_folder(settings.folders.data, 0o700)
    async with AsyncExitStack() as stack:
        own, data = settings.redis.url, settings.folders.data
        url = str(own) if own is not None else await stack.enter_async_context(embedded_valkey(data / "redis"))
        redis = await stack.enter_async_context(connected(url))
        client = await stack.enter_async_context(
            client_of(settings, disk.shelf.place, observe=recorder.observe_call, on_retry=recorder.count_retry)
        )
        limit = FileLimit(client.service.file_max_length)
        await limit.refresh()
        verifying = stack.enter_context(ThreadPoolExecutor(max_workers=1, thread_name_prefix="verifying"))
        anchors, judged = load_trust(settings), recorder.count_judgement
        verifier = LocalVerifier(disk.shelf.place, anchors, now=utc_now, thread=verifying, observe=judged)
        doorbell = ArqDoorbell(redis)
        tools = _tools(settings, disk, client, verifier, doorbell)
        yield App(
            settings=settings,
            tools=tools,
            intake=intake_of(settings, disk, limit=limit.get, observe=partial(_record_intake, recorder)),
            task_runner=TaskRunner(tools, FileLeases(data / "ledger"), recorder.count_run),
            desk=_desk(settings, client, tools, disk, doorbell, dialogs=RedisDialogs(redis)),
            series=recorder.series,
            file_limit=limit,
            redis_url=url,
            checks={"redis": doorbell.check, "data": partial(_check_writable, data)},
            take_snapshot=partial(take_snapshot, tools, disk.seals.all, doorbell.depth, disk.untaken.read),
        )


def _tools(settings: Settings, disk: OnDisk, client: VendorClient, verifier: Verifier, doorbell: Doorbell) -> Tools:
    return Tools(
        ledger=disk.ledger,
        shelf=disk.shelf,
        service=client.service,
        verifier=verifier,
        outbox=DiskOutbox(settings.folders.outbox, disk.layout),
        quarantine=disk.quarantine,
        originals=disk.shelf,
        seals=disk.seals,
        doorbell=doorbell,
        routes=settings.routes_by_name,
        now=utc_now,
        patience=Patience(approval=settings.approval.within),
    )


def _desk(
    settings: Settings,
    client: VendorClient,
    tools: Tools,
    disk: OnDisk,
    doorbell: ArqDoorbell,
    *,
    dialogs: RedisDialogs,
) -> DeskContext:
    flow = settings.eparaksts.authentication_flow
    timestamps_by = PersonalPurpose(settings.eparaksts.timestamps_by)
    return DeskContext(
        tools=tools,
        consent=PlatformConsent(client.platform, flow=flow, now=utc_now, timestamps_by=timestamps_by),
        dialogs=dialogs,
        approvals=doorbell,
        gathering=doorbell,
        seal_store=disk.seals,
        settings=settings.desk,
        fresh_for=settings.approval.fresh_for,
        session_key=obtain_key(settings.folders.data, "session"),
        untaken=disk.untaken.read,
    )


def _record_intake(recorder: Recorder, outcome: IntakeOutcome) -> None:
    match outcome:
        case Document():
            recorder.count_received(outcome.route)
        case Explanation():
            recorder.count_quarantined(outcome.reason)
        case Stuck():
            log.warning("file stuck", path=escape_controls(str(outcome.path)), error=str(outcome.error))
        case Untaken():
            told = {"why": outcome.obstacle, "advice": outcome.advice, "detail": outcome.detail}
            log.warning("file left in the inbox", path=outcome.path, **told)


async def _check_writable(folder: Path) -> None:
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"{folder} cannot be written")
