"""The one composition root: here, and nowhere else, real things are chosen and put together."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from config.settings import Settings
from jobs.model.duplicates import Duplicate
from jobs.model.history import History
from jobs.model.patience import Patience
from jobs.model.standstill import Foundation
from jobs.ports import Doorbell, Outbox, Seals, Standstills, Tools, Verifier
from worker.api.ports import ApiContext
from worker.app.api import api_of
from worker.app.archiving import Archiving
from worker.app.documents import document_tools_of
from worker.app.foundations import Foundations, require_answer
from worker.app.handing_in import handing_in_of
from worker.app.intake import intake_of
from worker.app.keeper import keeper_of
from worker.app.looking import previews_of
from worker.app.on_disk import OnDisk
from worker.app.places import take_from_places
from worker.app.practice import load_trust
from worker.app.record_log import NameApprover, log_fault, log_intake, log_record, name_approver
from worker.app.standing import find_standstills
from worker.app.stream_url import find_stream_url
from worker.app.streaming import take_from_stream
from worker.app.targets import find_targets
from worker.app.telling import tell_others
from worker.app.vendor import client_of
from worker.clock import AgeByStopwatch, SteadyClock, monotonic, utc_now
from worker.desk.consent import PlatformConsent
from worker.desk.dialogs import RedisDialogs
from worker.desk.document_tools import DocumentTools
from worker.desk.ports import CollectStandstills, DeskContext, FindSameContent, ObserveConsent
from worker.desk.sittings import RedisSittings
from worker.eparaksts.client import VendorClient
from worker.eparaksts.identities import PersonalPurpose
from worker.eparaksts.limits import FileLimit
from worker.evidence.keeper import CheckpointKeeper
from worker.evidence.outbox import CheckpointOutbox
from worker.inbox.handing_in import HandingIn
from worker.inbox.intake import Intake
from worker.inbox.outcomes import IntakeOutcome
from worker.metrics.health import Check, Warn
from worker.metrics.loops import Loop
from worker.metrics.recording import Recorder
from worker.metrics.series import Series
from worker.metrics.snapshot import Snapshot, take_snapshot
from worker.preview import Previews
from worker.queue.connecting import connected
from worker.queue.doorbell import ArqDoorbell
from worker.queue.embedded import embedded_valkey
from worker.queue.socket_path import REDIS_FOLDER
from worker.queue.task_runner import TaskRunner
from worker.storage.agreement import Agreement
from worker.storage.durable import make_folder
from worker.storage.encryption import Cipher
from worker.storage.explanation import Explanation
from worker.storage.index.keeper import IndexKeeper
from worker.storage.ledger import DiskLedger
from worker.storage.notices import find_backlogs
from worker.storage.ports import Workers
from worker.storage.reach import Reach
from worker.storage.same_content import ContentSearch
from worker.streams.standing import look_at_intake
from worker.verification.verifier import LocalVerifier

_MOST_JUDGES = 3
"""Processes that judge sealed files, where the machine has as many cores beside the one that everything else takes."""


@dataclass(frozen=True, slots=True)
class App:
    """Everything that the parts of a process run with, opened and connected."""

    settings: Settings
    tools: Tools
    make_intake: Callable[[], Intake]
    keeper: CheckpointKeeper
    task_runner: TaskRunner
    desk: DeskContext
    api: ApiContext
    handing_in: HandingIn
    previews: Previews
    series: Series
    file_limit: FileLimit
    count_restart: Callable[[Loop], None]
    redis_url: str
    cipher: Cipher
    foundations: Foundations
    presence: Workers
    agreement: Agreement
    standstills: Standstills
    seals: Seals
    reach: Reach
    index_keeper: IndexKeeper
    archiving: Archiving
    name_approver: NameApprover
    checks: Mapping[str, Check]
    warnings: Mapping[str, Warn]
    take_snapshot: Callable[[], Awaitable[Snapshot]]
    tell_others: Callable[[], Awaitable[None]]
    take_from_stream: Callable[[], Awaitable[None]]
    take_from_places: Callable[[], Awaitable[None]]


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[App]:
    """Open everything for the time of the block; Redis and the vendor are not called yet.

    Raises OSError and redis' ConnectionError when the embedded server does not start.
    """
    recorder = Recorder(Series(settings.routes), settings.routes_by_name)
    make_folder(settings.folders.data, 0o700)
    disk = OnDisk.of(settings)
    disk.begin()
    name = name_approver(disk.obtain_key("log"), settings.log.approvers)
    disk = OnDisk.of(settings, observe=partial(_observe_record, recorder, name))
    async with AsyncExitStack() as stack:
        own, data = settings.redis.url, settings.folders.data
        embedded = embedded_valkey(data / REDIS_FOLDER, partial(recorder.count_restart, Loop.VALKEY))
        url = str(own) if own is not None else await stack.enter_async_context(embedded)
        redis = await stack.enter_async_context(connected(url))
        stream = find_stream_url(settings)
        client = await stack.enter_async_context(
            client_of(
                settings,
                disk.shelf.place,
                limits=disk.limits,
                bring=disk.reach.bring,
                observe=recorder.observe_call,
                observe_slots=recorder.observe_slots,
                on_retry=recorder.count_retry,
            )
        )
        limit = FileLimit(client.service.file_max_length)
        beside = min((os.cpu_count() or 1) - 1, _MOST_JUDGES)
        verifying = stack.enter_context(ThreadPoolExecutor(max(1, beside), thread_name_prefix="verifying"))
        anchors, judged = load_trust(settings), recorder.count_judgement
        verifier = LocalVerifier(
            disk.shelf.place, anchors, now=utc_now, thread=verifying, observe=judged, processes=beside
        )
        stack.callback(verifier.close)
        cipher = Cipher(disk.obtain_key("queue"))
        doorbell = ArqDoorbell(redis, cipher)
        heard = partial(_observe_intake, recorder)
        make_intake = partial(intake_of, settings, disk, limit=limit.get, observe=heard)
        keeper = keeper_of(settings, disk, make_intake())
        kept = CheckpointOutbox(disk.outbox, keeper.checkpoints, disk.layout)
        tools = _tools(settings, disk, client, verifier, doorbell, outbox=kept)
        previews = previews_of(settings, disk)
        intake = make_intake()
        handing_in = handing_in_of(settings, disk, intake)
        stack.push_async_callback(handing_in.close)
        stack.callback(previews.close)
        checks: dict[Foundation, Check] = {
            Foundation.REDIS: doorbell.check,
            Foundation.DATA: require_answer(disk.check, disk.silence),
        }
        standstills = partial(find_standstills, settings, disk)
        notices = partial(find_backlogs, disk.notices, [target.folder for target, _ in find_targets(settings)])
        yield App(
            settings=settings,
            tools=tools,
            make_intake=make_intake,
            keeper=keeper,
            task_runner=TaskRunner(tools, disk.leases, disk.standstills, recorder.observe_run),
            desk=_desk(
                settings,
                client,
                tools,
                disk,
                doorbell,
                dialogs=RedisDialogs(redis, cipher),
                sittings=RedisSittings(redis, cipher, settings.desk.session_life),
                standstills=standstills,
                documents=document_tools_of(settings, disk, intake, name),
                previews=previews,
                find_same_content=ContentSearch(disk.index, disk.outbox.deliveries_of).find,
                observe_consent=recorder.observe_consent,
            ),
            api=api_of(settings, disk, tools, handing_in=handing_in, intake=intake, limit=limit.get),
            handing_in=handing_in,
            previews=previews,
            series=recorder.series,
            file_limit=limit,
            count_restart=recorder.count_restart,
            redis_url=url,
            cipher=cipher,
            foundations=Foundations(checks, disk.standstills, utc_now),
            presence=disk.presence,
            agreement=disk.agreement,
            reach=disk.reach,
            standstills=disk.standstills,
            seals=disk.seals,
            index_keeper=_index_keeper(settings, disk),
            archiving=Archiving(settings, disk),
            name_approver=name,
            checks={foundation.removeprefix("_"): check for foundation, check in checks.items()},
            warnings={"vendor": recorder.vendor.find_warning},
            take_snapshot=partial(
                take_snapshot,
                tools,
                disk.seals.all,
                doorbell.depth,
                disk.untaken.read,
                standstills,
                notices=notices,
                look_at_intake=partial(look_at_intake, stream) if settings.queue.enabled else None,
                folders=dict(settings.folders),
            ),
            tell_others=partial(tell_others, settings, disk, recorder.count_telling, redis_url=stream),
            take_from_stream=partial(take_from_stream, settings, disk, handing_in, stream, recorder.count_entry),
            take_from_places=partial(take_from_places, settings, disk, handing_in),
        )


def _tools(
    settings: Settings, disk: OnDisk, client: VendorClient, verifier: Verifier, doorbell: Doorbell, *, outbox: Outbox
) -> Tools:
    return Tools(
        ledger=disk.ledger,
        shelf=disk.shelf,
        service=client.service,
        verifier=verifier,
        outbox=outbox,
        quarantine=disk.quarantine,
        originals=disk.shelf,
        seals=disk.seals,
        doorbell=doorbell,
        freezes=disk.freezes,
        limits=disk.limits,
        routes=settings.routes_by_name,
        now=utc_now,
        age=AgeByStopwatch(utc_now, monotonic),
        patience=Patience(approval=settings.approval.within),
        tell_fault=log_fault,
    )


def _desk(
    settings: Settings,
    client: VendorClient,
    tools: Tools,
    disk: OnDisk,
    doorbell: ArqDoorbell,
    *,
    dialogs: RedisDialogs,
    sittings: RedisSittings,
    standstills: CollectStandstills,
    documents: DocumentTools,
    previews: Previews,
    find_same_content: FindSameContent,
    observe_consent: ObserveConsent,
) -> DeskContext:
    flow = settings.eparaksts.authentication_flow
    timestamps_by = PersonalPurpose(settings.eparaksts.timestamps_by)
    return DeskContext(
        tools=tools,
        consent=PlatformConsent(
            client.platform, flow=flow, now=utc_now, timestamps_by=timestamps_by, pkce=settings.eparaksts.pkce
        ),
        dialogs=dialogs,
        sittings=sittings,
        approvals=doorbell,
        gathering=doorbell,
        people=disk.people,
        ended_sessions=disk.ended_sessions,
        settings=settings.desk,
        fresh_for=settings.approval.fresh_for,
        steady=SteadyClock(),
        session_key=disk.obtain_key("session"),
        untaken=disk.untaken.read,
        standstills=standstills,
        index=disk.index,
        documents=documents,
        house=settings.house,
        originals=disk.originals,
        previews=previews,
        find_same_content=find_same_content,
        observe_consent=observe_consent,
    )


def _index_keeper(settings: Settings, disk: OnDisk) -> IndexKeeper:
    """It reads the ledger's folder: where others have it in a bucket, this machine's copy of that."""
    folder = settings.folders.data / "ledger"
    ledger = DiskLedger(folder) if settings.storage.is_in_bucket else disk.ledger
    return IndexKeeper(ledger, folder, disk.index)


def _observe_record(recorder: Recorder, name: NameApprover, history: History) -> None:
    recorder.observe_record(history)
    log_record(history, name)


def _observe_intake(recorder: Recorder, outcome: IntakeOutcome) -> None:
    log_intake(outcome)
    match outcome:
        case Duplicate(is_answered=True):
            recorder.count_repeated(outcome.document.route, outcome.rule)
        case Explanation():
            recorder.count_quarantined(outcome.route, outcome.reason)
        case _:
            # A document is counted when a batch holds it.
            return
