"""The one composition root: here, and nowhere else, real things are chosen and put together."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import structlog
from arq import ArqRedis

from config.settings import Settings
from jobs.model.documents import Document
from jobs.ports import Patience, Tools
from worker.anchors import load_anchors
from worker.app.on_disk import OnDisk, utc_now
from worker.app.vendor import client_of
from worker.desk.consent import PlatformConsent
from worker.desk.dialogs import RedisDialogs
from worker.desk.ports import Desk
from worker.eparaksts.file_limit import FileLimit
from worker.eparaksts.opening import Client
from worker.inbox.intake import Intake
from worker.inbox.outcomes import Outcome, Stuck
from worker.metrics.health import Check
from worker.metrics.recording import CountedLedger, Recorder
from worker.metrics.series import Series
from worker.metrics.standing import Standing, standing
from worker.queue.connecting import connected
from worker.queue.doorbell import ArqDoorbell
from worker.queue.embedded import embedded_valkey
from worker.queue.teller import Teller
from worker.storage.durable import make_folder, write_once
from worker.storage.explanation import Explanation
from worker.storage.leases import FileLeases
from worker.storage.outbox import DiskOutbox
from worker.verification.verifier import LocalVerifier

log = structlog.get_logger()

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class House:
    """Everything that the parts of a process run with, opened and connected."""

    settings: Settings
    tools: Tools
    intake: Intake
    teller: Teller
    desk: Desk
    series: Series
    file_limit: FileLimit
    redis_url: str
    checks: Mapping[str, Check]
    standing: Callable[[], Awaitable[Standing]]


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[House]:
    """Open everything for the time of the block. Raises OSError and redis' ConnectionError when that fails."""
    disk, recorder = OnDisk.of(settings), Recorder(Series(settings.routes))
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(_redis_url(settings))
        redis = await stack.enter_async_context(connected(url))
        client = await stack.enter_async_context(
            client_of(settings, disk.shelf.place, observe=recorder.called, on_retry=recorder.retried)
        )
        limit = FileLimit(client.service.file_max_length)
        await limit.learn()
        verifying = stack.enter_context(ThreadPoolExecutor(max_workers=1, thread_name_prefix="verifying"))
        yield _Builder(settings, disk, recorder, client, limit, redis, url, verifying).house()


@asynccontextmanager
async def _redis_url(settings: Settings) -> AsyncIterator[str]:
    if settings.redis.url is not None:
        yield str(settings.redis.url)
        return
    async with embedded_valkey(settings.folders.data / "redis") as url:
        yield url


@dataclass(frozen=True, slots=True)
class _Builder:
    """Puts the house together from what has been opened."""

    settings: Settings
    disk: OnDisk
    recorder: Recorder
    client: Client
    limit: FileLimit
    redis: ArqRedis
    redis_url: str
    verifying: Executor

    def house(self) -> House:
        bell = ArqDoorbell(self.redis)
        tools = self._tools(bell)
        return House(
            settings=self.settings,
            tools=tools,
            intake=self._intake(),
            teller=Teller(tools, FileLeases(self.settings.folders.data / "ledger"), self.recorder.told),
            desk=self._desk(tools, bell),
            series=self.recorder.series,
            file_limit=self.limit,
            redis_url=self.redis_url,
            checks={"redis": self._redis_answers, "data": self._data_is_writable},
            standing=lambda: standing(tools, self.disk.seals.all, bell.depth),
        )

    def _tools(self, bell: ArqDoorbell) -> Tools:
        settings, disk = self.settings, self.disk
        return Tools(
            ledger=CountedLedger(disk.ledger, self.recorder),
            shelf=disk.shelf,
            service=self.client.service,
            verifier=LocalVerifier(
                disk.shelf.place,
                load_anchors(settings.trust.anchors),
                now=utc_now,
                thread=self.verifying,
                observe=self.recorder.judged,
            ),
            outbox=DiskOutbox(settings.folders.outbox, disk.layout),
            quarantine=disk.quarantine,
            originals=disk.shelf,
            seals=disk.seals,
            doorbell=bell,
            routes=settings.named_routes,
            now=utc_now,
            patience=Patience(approval=settings.approval.within),
        )

    def _intake(self) -> Intake:
        return self.disk.intake(self.settings, limit=self.limit.known, observe=self._taken_in)

    def _taken_in(self, outcome: Outcome) -> None:
        match outcome:
            case Document():
                self.recorder.received(outcome.route)
            case Explanation():
                self.recorder.quarantined(outcome.reason)
            case Stuck():
                log.warning("file stuck", path=str(outcome.path), error=str(outcome.error))

    def _desk(self, tools: Tools, bell: ArqDoorbell) -> Desk:
        flow = self.settings.eparaksts.authentication_flow
        return Desk(
            tools=tools,
            consent=PlatformConsent(self.client.platform, flow=flow, now=utc_now),
            dialogs=RedisDialogs(self.redis),
            approvals=bell,
            gathering=bell,
            seal_book=self.disk.seals,
            settings=self.settings.desk,
            fresh_for=self.settings.approval.fresh_for,
            session_key=_session_key(self.settings.folders.data),
        )

    async def _redis_answers(self) -> None:
        await self.redis.ping()

    async def _data_is_writable(self) -> None:
        if not os.access(self.settings.folders.data, os.W_OK):
            raise PermissionError(f"{self.settings.folders.data} cannot be written")


def _session_key(data: Path) -> bytes:
    """The key of the desk's cookies, made once and kept, so that a restart signs nobody out."""
    path = make_folder(data) / "session.key"
    with suppress(FileExistsError):
        write_once(path, os.urandom(_KEY_BYTES), mode=0o600)
    return path.read_bytes()
