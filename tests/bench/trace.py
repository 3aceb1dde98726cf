"""`python -m tests.bench.trace`: several batches at once under latency, and who waited for what.

It stands on ports and metrics alone, so that it tells the same of an older worker and of a newer one.
"""

import asyncio
import logging
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from statistics import mean, median
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import typer
from pydantic import SecretStr

from jobs.approve import authorization_request
from jobs.model.documents import Profile
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.names import BatchId
from jobs.model.records import Delivered, Prepared, Signed, Signing
from jobs.model.seals import Authorization
from tests.bench.timed import Times
from worker.app.logs import begin_logging
from worker.app.supervision import Supervisor
from worker.app.wiring import App, opened
from worker.clock import utc_now
from worker.demo.driver import drop
from worker.demo.invoices import write_invoices
from worker.demo.plan import ROUTE, Sealing, write_plan
from worker.demo.practice_vendor import PracticeVendor, practice_vendor
from worker.metrics.loops import Loop
from worker.queue.doorbell import SEALING, STORIES
from worker.queue.sweep import sweep_for_ever
from worker.queue.task_runner import TaskRunner
from worker.queue.workers import work
from worker.storage.leases import FileLeases

_DESK = "http://127.0.0.1:9"
"""Registered, and never called."""
_LOOK = 0.1  # seconds between two looks at the ledger
_SIGN_IN_EVERY = 2.0  # seconds
_SWEEP = timedelta(seconds=2)


@dataclass
class Run:
    """What was seen of one run; times are seconds since its beginning."""

    app: App
    browser: aiohttp.ClientSession
    began: float = field(default_factory=time.perf_counter)
    began_at: datetime = field(default_factory=utc_now)
    times: Times = field(default_factory=Times)
    approved: dict[BatchId, datetime] = field(default_factory=dict)
    sign_ins: list[float] = field(default_factory=list)
    histories: list[History] = field(default_factory=list)

    async def work_off(self, batches: int) -> None:
        """Approve each batch the moment it is prepared, until all of them are settled."""
        ledger, app = self.app.tools.ledger, self.app
        before = app.tools
        tools = replace(
            before,
            service=self.times.of(before.service, "service"),
            verifier=self.times.of(before.verifier, "verifier"),
            outbox=self.times.of(before.outbox, "outbox"),
        )
        runner = TaskRunner(tools, FileLeases(app.settings.folders.data / "ledger"), app.standstills, _ignore)
        loops = {
            Loop.STORIES: lambda: work(app.redis_url, runner, app.cipher, STORIES),
            Loop.SEALING: lambda: work(app.redis_url, runner, app.cipher, SEALING),
            Loop.SWEEP: lambda: sweep_for_ever(tools, runner.backoff, app.standstills, _SWEEP),
        }
        async with Supervisor(app.count_restart).keeping(loops):
            await app.desk.gathering.gather_now(ROUTE)
            signing_in = asyncio.create_task(self._sign_in_for_ever())
            while len(self.approved) < batches or await ledger.open_batches():
                await asyncio.sleep(_LOOK)
                for batch in set(await ledger.open_batches()) - self.approved.keys():
                    if (await ledger.glance(batch)).state is State.PREPARED:
                        await self._approve(await ledger.read(batch))
            signing_in.cancel()
            with suppress(asyncio.CancelledError):
                await signing_in
        self.histories = [await ledger.read(batch) for batch in await ledger.batches()]

    async def _approve(self, history: History) -> None:
        route, now = self.app.tools.routes[ROUTE], self.app.tools.now()
        (approver,) = route.approvers
        request = authorization_request(history, approver, route, now=now, freeze=None)
        consent = self.app.desk.consent
        code = await self._code(consent.authorization_url(request, "s", None))
        self.approved[history.batch] = utc_now()
        await self.app.desk.approvals.enqueue_sealing(
            Authorization(
                batch=history.batch, approver=approver, summary=request.summary, code=code, granted_at=utc_now()
            )
        )

    async def _sign_in_for_ever(self) -> None:
        """Somebody signs in on the desk every two seconds; their browser's own way is not counted."""
        consent = self.app.desk.consent
        while True:
            code = await self._code(consent.identification_url("s", None))
            began = time.perf_counter()
            await consent.identify(code, None)
            self.sign_ins.append(time.perf_counter() - began)
            await asyncio.sleep(_SIGN_IN_EVERY)

    async def _code(self, url: str) -> SecretStr:
        async with self.browser.get(url, allow_redirects=False) as reply:
            return SecretStr(parse_qs(urlsplit(reply.headers["Location"]).query)["code"][0])


async def trace(batches: int, weather: dict[str, Any]) -> str:
    """Seal that many batches of a hundred in this weather; gives the tables as Markdown."""
    with tempfile.TemporaryDirectory(prefix="zimogs-trace-") as name:
        folder = Path(name)
        samples = write_invoices(folder / "samples", batches * 100)
        options = ("--key", "p-256", "--auto-approve", "anna")
        async with (
            practice_vendor(folder / "vendor", f"{_DESK}/callback", *options) as vendor,
            aiohttp.ClientSession() as browser,
        ):
            persona, seal = vendor.holder_of("p-256")
            settings = write_plan(folder, vendor, Sealing(persona, seal.label, Profile()), _DESK)
            drop(samples, settings.folders.inbox)
            async with opened(settings) as app:
                await _enrol(app, browser)
                await app.make_intake().rescan()
                while len(await app.tools.shelf.waiting_list(ROUTE)) < len(samples):
                    await app.make_intake().rescan()
                await _set_weather(vendor, browser, weather)
                calls = _calls(app)
                run = Run(app, browser)
                await run.work_off(batches)
                seconds = time.perf_counter() - run.began
                return _report(run, {name: now - calls[name] for name, now in _calls(app).items()}, seconds)


async def _enrol(app: App, browser: aiohttp.ClientSession) -> None:
    route, consent = app.settings.routes[ROUTE], app.desk.consent
    (holder,) = route.approvers
    async with browser.get(consent.identification_url("s", None), allow_redirects=False) as reply:
        code = SecretStr(parse_qs(urlsplit(reply.headers["Location"]).query)["code"][0])
    await app.tools.seals.save(await consent.enrol(code, None, route.seal, holder))


async def _set_weather(vendor: PracticeVendor, http: aiohttp.ClientSession, weather: dict[str, Any]) -> None:
    async with http.post(f"{vendor.platform_url}/sandbox/weather", json=weather) as reply:
        reply.raise_for_status()


def _calls(app: App) -> dict[str, float]:
    """The vendor's part, as the worker's own metrics tell it: calls and seconds by operation, and failures."""
    told: dict[str, float] = {}
    for metric in app.series.registry.collect():
        for sample in metric.samples:
            if sample.name in {"zimogs_vendor_call_seconds_sum", "zimogs_vendor_call_seconds_count"}:
                told[f"{sample.name.rpartition('_')[2]} {sample.labels['operation']}"] = sample.value
            if sample.name == "zimogs_vendor_calls_total" and sample.labels["outcome"] != "ok":
                told["failed"] = told.get("failed", 0.0) + sample.value
    return told


def _report(run: Run, calls: dict[str, float], seconds: float) -> str:
    documents = sum(len(history.documents) for history in run.histories)
    ends = [(history.last(Delivered).at - run.began_at).total_seconds() for history in run.histories]
    signed = [(history.last(Signed).at - run.approved[history.batch]).total_seconds() for history in run.histories]
    made = sum(value for name, value in calls.items() if name.startswith("count"))
    facts = {
        "documents/s": f"{documents / seconds:.1f}",
        "first batch delivered after": f"{min(ends):.1f} s",
        "last batch delivered after": f"{max(ends):.1f} s",
        "from consent to verified values": _spread(signed),
        "sign-in on the desk": _spread(run.sign_ins),
        "calls per document": f"{made / documents:.2f}",
        "`close` per document": f"{calls['count close'] / documents:.2f}",
        "failed calls": f"{calls['failed']:.0f}",
    }
    lines = ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in facts.items()), ""]
    return "\n".join([*lines, *_stages(run, calls), "", *_batches(run)])


def _stages(run: Run, calls: dict[str, float]) -> Iterable[str]:
    """For each port call, of how long it took, what was the vendor's; the rest is waiting for a slot, and our own."""
    by_vendor = {
        "service.upload": ("upload",),
        "service.download": ("list", "download"),
        "service.close": ("close",),
        "service.open_sessions": ("start",),
        "service.digests": ("calculate_digest",),
        "service.sign": ("exchange", "user", "sign"),
        "service.finalize": ("finalize",),
    }
    yield "| stage | times | took (median) | took (longest) | at the vendor (mean) | queued and ours (mean) |"
    yield "|---|---|---|---|---|---|"
    for name, taken in sorted(run.times.seconds.items(), key=lambda item: -sum(item[1])):
        row = f"| {name} | {len(taken)} | {median(taken):.2f} s | {max(taken):.2f} s |"
        operations = by_vendor.get(name)
        if operations is None:
            yield f"{row} | {mean(taken):.2f} s |"
            continue
        vendor = sum(calls[f"sum {each}"] / max(1.0, calls[f"count {each}"]) for each in operations)
        yield f"{row} {vendor:.2f} s | {max(0.0, mean(taken) - vendor):.2f} s |"


def _batches(run: Run) -> Iterable[str]:
    yield "| batch | prepared after | approved | signed | delivered |"
    yield "|---|---|---|---|---|"
    for history in run.histories:
        moments = [next(record.at for record in history.records if isinstance(record, kind)) for kind in _MILESTONES]
        told = " | ".join(f"{(moment - run.began_at).total_seconds():.1f} s" for moment in moments)
        yield f"| {history.batch} | {told} |"


_MILESTONES = (Prepared, Signing, Signed, Delivered)


def _spread(seconds: list[float]) -> str:
    return f"{median(seconds):.1f} s, at most {max(seconds):.1f} s" if seconds else "never"


def _ignore(*_: object) -> None:
    """Measure nothing."""


def main(
    batches: Annotated[int, typer.Option(help="Batches of a hundred.")] = 10,
    latency: Annotated[float, typer.Option(help="Seconds that each call takes on top of its work.")] = 0.1,
    capacity: Annotated[int, typer.Option(help="Calls at once above which the vendor answers 429; 0 for none.")] = 0,
) -> None:
    """Print who waited for what, as Markdown."""
    begin_logging(logging.ERROR)
    weather: dict[str, Any] = {"latency": [{"distribution": "constant", "seconds": latency}]}
    if capacity:
        weather["capacity"] = capacity
    typer.echo(asyncio.run(trace(batches, weather)))


if __name__ == "__main__":
    typer.run(main)
