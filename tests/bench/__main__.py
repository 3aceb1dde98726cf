"""`make bench`: our CPU for each document beside the floor's, in one run, and how fast everything goes together."""

import asyncio
import json
import logging
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import aiohttp
import typer
from rich.console import Console
from rich.table import Table

from config.settings import Settings
from jobs.model.documents import Profile
from tests.bench.cost import Cost
from tests.bench.floor import Floor
from tests.bench.judgement import bench_judgement, collections, judgement_table
from tests.bench.ours import Ours, enrolled
from tests.bench.vendor import DESK, Passage, bench_vendor, vendor_table
from worker.app.logs import begin_logging
from worker.app.supervision import Supervisor
from worker.app.vendor import client_of
from worker.app.wiring import opened
from worker.demo.driver import drop
from worker.demo.invoices import write_invoices
from worker.demo.plan import ROUTE, Sealing, write_plan
from worker.demo.practice_vendor import practice_vendor
from worker.metrics.loops import Loop
from worker.queue.doorbell import SEALING, STORIES
from worker.queue.workers import work


async def measured(work: Awaitable[None], documents: int) -> Cost:
    """Run the work; the practice vendor and Valkey are processes of their own and are not counted in `cpu`."""
    cpu, wall = time.process_time(), time.perf_counter()
    await work
    factor = 1000 / documents
    return Cost((time.process_time() - cpu) * factor, (time.perf_counter() - wall) * factor)


async def bench(documents: int, rounds: int, key: str) -> list[tuple[Cost, Cost]]:
    """Floor and ours in turn, `rounds` times after one that warms both up; the app stays open, as it would."""
    with tempfile.TemporaryDirectory(prefix="zimogs-bench-") as name:
        folder = Path(name)
        samples = write_invoices(folder / "samples", documents)
        options = ("--key", key, "--auto-approve", "anna")
        async with practice_vendor(folder / "vendor", f"{DESK}/callback", *options) as vendor:
            persona, seal = vendor.holder_of(key)
            (folder / "app").mkdir()
            settings = write_plan(folder / "app", vendor, Sealing(persona, seal.label, Profile()), DESK)
            async with _working(settings) as ours, aiohttp.ClientSession() as http:
                floor = Floor(http, vendor, await enrolled(settings, http), f"{DESK}/callback")
                return [await _round(floor, ours, samples) for _ in range(rounds + 1)][1:]


@asynccontextmanager
async def _working(settings: Settings) -> AsyncIterator[Ours]:
    (approver,) = settings.routes[ROUTE].approvers
    async with (
        aiohttp.ClientSession() as http,
        client_of(settings, lambda _: (Path(), Path())) as client,
        opened(settings) as app,
        Supervisor(app.count_restart).keeping(
            {
                Loop.STORIES: lambda: work(app.redis_url, app.task_runner, app.cipher, STORIES),
                Loop.SEALING: lambda: work(app.redis_url, app.task_runner, app.cipher, SEALING),
            }
        ),
    ):
        await app.tools.seals.save(await enrolled(settings, http))
        yield Ours(app, app.make_intake(), client.platform, approver, http)


async def _round(floor: Floor, ours: Ours, samples: list[Path]) -> tuple[Cost, Cost]:
    with tempfile.TemporaryDirectory(prefix="zimogs-floor-") as target:
        lower = await measured(floor.run(samples, Path(target)), len(samples))
    drop(samples, ours.app.settings.folders.inbox)
    return lower, await measured(ours.run(), len(samples))


def _show(results: list[tuple[Cost, Cost]], documents: int) -> None:
    floors, ours = zip(*results, strict=True)
    table = Table("", "CPU ms/document", "wall ms/document", "documents/s", title=f"{documents} documents a round")
    for name, costs in (("floor", floors), ("ours", ours)):
        cost = Cost.median(costs)
        table.add_row(name, f"{cost.cpu:.2f}", f"{cost.wall:.1f}", f"{1000 / cost.wall:.1f}")
    console = Console()
    console.print(table)
    ratios = sorted(our.cpu / floor.cpu for floor, our in results)
    console.print(
        f"CPU, ours to floor: {median(ratios):.2f} (from {ratios[0]:.2f} to {ratios[-1]:.2f}); the goal is 3 at most"
    )


def _as_json(results: list[tuple[Cost, Cost]], vendor: dict[str, list[Passage]]) -> dict[str, Any]:
    return {
        "rounds": [{"floor": asdict(floor), "ours": asdict(ours)} for floor, ours in results],
        "vendor": {key: [asdict(passage) for passage in passages] for key, passages in vendor.items()},
    }


def main(
    documents: Annotated[int, typer.Option(help="Documents in each round.")] = 100,
    rounds: Annotated[int, typer.Option(help="Rounds that count; one more warms up.")] = 3,
    key: Annotated[str, typer.Option(help="The seal's key.")] = "p-256",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure our cost beside the floor's, and what the practice vendor costs."""
    begin_logging(logging.WARNING)
    results = asyncio.run(bench(documents, rounds, key))
    vendor = asyncio.run(bench_vendor(documents, rounds))
    if as_json:
        typer.echo(json.dumps(_as_json(results, vendor)))
    else:
        _show(results, documents)
        Console().print(vendor_table(vendor, documents))
        with tempfile.TemporaryDirectory(prefix="zimogs-samples-") as folder:
            originals = collections(write_invoices(Path(folder), 10))
            Console().print(judgement_table({name: bench_judgement(paths) for name, paths in originals.items()}))


if __name__ == "__main__":
    typer.run(main)
