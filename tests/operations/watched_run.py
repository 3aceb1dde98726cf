"""The whole system at work, and a real Prometheus that scrapes it and evaluates the rules: made once, asked by many.

Documents come by every way there is. Some are sealed, one is put aside, some wait for an approval that is frozen.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path

from aiohttp import ClientSession, FormData
from redis.asyncio import Redis

from config.queue import QueueSettings
from config.settings import Settings
from jobs.model.api_keys import Permission
from jobs.model.documents import Profile
from jobs.model.freeze import Freeze
from jobs.model.lifecycle import State
from jobs.model.names import BatchId
from tests.operations.prometheus import Prometheus, scraping
from tests.support.streams import Program
from tests.support.waiting import PATIENCE
from tests.whole.rehearsal import run_command
from worker.api.addresses import PREFIX
from worker.app.on_disk import OnDisk
from worker.app.running import EVERYTHING, Running, running
from worker.app.serving import listen
from worker.app.stream_url import find_stream_url
from worker.clock import utc_now
from worker.demo.driver import drop
from worker.demo.invoices import write_invoices
from worker.demo.person import PracticePerson, open_browser
from worker.demo.plan import ROUTE, Sealing, write_plan
from worker.demo.practice_vendor import practice_vendor
from worker.storage.api_key_files import KeyFiles
from worker.storage.api_keys import KeyBook

DROPPED, SUBMITTED, QUEUED, POSTED, REFUSED, WAITING = 3, 1, 1, 1, 1, 2
SEALED = DROPPED + SUBMITTED + QUEUED + POSTED
"""Documents."""
_KEY = "p-256"


@asynccontextmanager
async def watched_run(folder: Path, vendor_state: Path) -> AsyncIterator[Prometheus]:
    """Let it all happen, and yield the Prometheus that saw it; its files and all others live in `folder`."""
    listener = listen("127.0.0.1", 0)
    desk = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with practice_vendor(vendor_state, f"{desk}/callback", "--key", _KEY) as vendor:
        persona, seal = vendor.holder_of(_KEY)
        planned = write_plan(folder, vendor, Sealing(persona, seal.label, Profile()), desk)
        settings = planned.model_copy(update={"queue": QueueSettings(enabled=True)})
        async with (
            running(settings, EVERYTHING, listener) as app,
            scraping(app.observed_at.removeprefix("http://"), folder) as prometheus,
            open_browser() as browser,
        ):
            # What a process did before it was first scraped, no rate can tell.
            await _until_seen(prometheus, 'zimogs_documents_received_total{way_in="folder"} == 0')
            person = PracticePerson(browser, persona, desk)
            await person.sign_in()
            await person.enrol()
            await _work(settings, app, person)
            await _until_seen(prometheus, f'sum(zimogs_documents{{state="prepared"}}) == {WAITING}')
            await _until_seen(prometheus, 'count_over_time((max(zimogs_standstills{cause="frozen"}) > 0)[1m:1s])')
            for promise in ("asked", "sealed", "unexplained"):
                await _until_seen(prometheus, f"zimogs:{promise}_missed:ratio_30d == 0")
            yield prometheus


async def _work(settings: Settings, app: Running, person: PracticePerson) -> None:
    folder = settings.folders.data.parent
    invoices = write_invoices(folder / "invoices", SEALED + WAITING)
    left = iter(invoices)
    dropped, submitted, queued, posted, waiting = (
        [*islice(left, count)] for count in (DROPPED, SUBMITTED, QUEUED, POSTED, WAITING)
    )
    bad = folder / "not-a-pdf.pdf"
    bad.write_text("This is no PDF.")
    disk = OnDisk.of(settings)
    await _submit(folder, submitted)
    await _enqueue(settings, queued)
    await _post(settings, posted)
    await asyncio.to_thread(drop, [*dropped, bad], settings.folders.inbox)
    await person.approve(await _gather(disk, person, SEALED))
    await _until(lambda: _is_settled(disk))
    await asyncio.to_thread(drop, waiting, settings.folders.inbox)
    await _gather(disk, person, WAITING)
    await app.app.tools.freezes.begin(Freeze(at=utc_now(), by="Anna Parauga", reason="the accounts are looked through"))


async def _submit(folder: Path, files: Sequence[Path]) -> None:
    ended = await asyncio.to_thread(run_command, "submit", *files, "--config", folder / "zimogs.toml")
    assert ended.code == 0, ended.output + ended.complaints


async def _enqueue(settings: Settings, files: Sequence[Path]) -> None:
    """Hand them in by the stream."""
    async with Redis.from_url(find_stream_url(settings)) as redis:
        program = Program(redis)
        for file in files:
            await program.send(route=ROUTE, name=file.name, content=await asyncio.to_thread(file.read_bytes))
        await program.until_done()


async def _post(settings: Settings, files: Sequence[Path]) -> None:
    """Hand them in over the API."""
    book = KeyBook(KeyFiles(settings.folders.data))
    _, token = await book.create("accounting", [ROUTE], [Permission.SUBMIT], now=utc_now())
    url = f"{settings.desk.public_url}{PREFIX}/routes/{ROUTE}/documents"
    async with ClientSession(headers={"Authorization": f"Bearer {token}"}, raise_for_status=True) as session:
        for file in files:
            form = FormData()
            form.add_field("file", await asyncio.to_thread(file.read_bytes), filename=file.name)
            await session.post(url, data=form)


async def _gather(disk: OnDisk, person: PracticePerson, documents: int) -> BatchId:
    """Have a batch made of so many documents once they wait; gives it when it is prepared."""

    async def wait() -> bool:
        return len(await disk.shelf.waiting_list(ROUTE)) == documents

    async def are_prepared() -> list[BatchId]:
        batches = await disk.ledger.open_batches()
        return [batch for batch in batches if (await disk.ledger.read(batch)).state is State.PREPARED]

    await _until(wait)
    await person.gather(ROUTE)
    await _until(are_prepared)
    (batch,) = await are_prepared()
    return batch


async def _is_settled(disk: OnDisk) -> bool:
    return not await disk.ledger.open_batches()


async def _until(holds: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await holds():  # noqa: ASYNC110  nothing of ours tells what it looks at
            await asyncio.sleep(0.05)


async def _until_seen(prometheus: Prometheus, expr: str) -> None:
    await _until(lambda: prometheus.ask(expr))
