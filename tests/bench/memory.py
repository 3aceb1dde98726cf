"""What memory `zimogs run` takes by a hundred documents and by ten thousand: `python -m tests.bench.memory [--write]`.

Each begins anew. First all documents lie in batches that wait for a person; then the person approves one batch after
the other, and waits for none of them.
"""

import asyncio
import logging
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from jobs.model.lifecycle import State
from tests.bench.ours import Ours
from tests.bench.place import Place, opened_place
from tests.bench.plan import KB, OURS, Planned
from tests.bench.readings import descendants, peak_megabytes, reset_peak, resident_megabytes, until_quiet
from tests.bench.samples import write_samples
from worker.app.logs import begin_logging
from worker.app.on_disk import OnDisk
from worker.demo.driver import drop
from worker.demo.plan import ROUTE

TABLE = Path(__file__).with_name("MEMORY.md")
_SIZE = 50 * KB
_LOOK = 0.5
_PATIENCE = 120.0
"""Seconds without any change after which it is given up."""
console = Console(soft_wrap=True, highlight=False, markup=False)


@dataclass(frozen=True, slots=True)
class Reading:
    """Megabytes resident: our own process at most and once it is quiet, and what it started, likewise together."""

    phase: str
    peak: float
    after: float
    children_peak: float
    children_after: float
    seconds: float


@dataclass
class Meter:
    """Watches the memory of a process and of what it started, phase by phase."""

    pid: int
    _children: float = 0.0

    @asynccontextmanager
    async def read(self, phase: str, readings: list[Reading]) -> AsyncIterator[None]:
        """Add what was taken for the time of the block, and what stays behind it."""
        self._children, began = 0.0, time.monotonic()
        reset_peak(self.pid)
        watcher = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watcher.cancel()
        seconds = time.monotonic() - began
        await until_quiet(self.pid)
        readings.append(
            Reading(
                phase,
                peak_megabytes(self.pid),
                resident_megabytes(self.pid),
                self._children,
                self._children_now(),
                seconds,
            )
        )
        console.print(str(readings[-1]))

    async def _watch(self) -> None:
        while True:
            self._children = max(self._children, self._children_now())
            await asyncio.sleep(_LOOK)

    def _children_now(self) -> float:
        return sum(map(resident_megabytes, descendants(self.pid)))


@dataclass(frozen=True, slots=True)
class House:
    """A running zimogs with what lies in its folders."""

    ours: Ours
    disk: OnDisk

    async def take_in(self, files: Sequence[Path]) -> None:
        """Have all documents in batches that wait for the person."""
        await asyncio.to_thread(drop, files, self.ours.installed.settings.folders.inbox)
        is_gathered, patience = False, _Patience()
        while True:
            glances = [await self.disk.ledger.glance(one) for one in await self.disk.ledger.open_batches()]
            in_batches, waiting = sum(one.documents for one in glances), self.disk.shelf.count_waiting()
            if in_batches == len(files) and all(one.state is State.PREPARED for one in glances):
                return
            if in_batches + waiting == len(files) and not is_gathered:
                is_gathered = True
                if waiting:
                    await self.ours.person.gather(ROUTE)
            patience.require((in_batches, waiting, tuple(one.state for one in glances)))
            await asyncio.sleep(_LOOK)

    async def seal(self) -> None:
        """Approve one batch after the other, and wait until all of them are over."""
        for batch in await self.disk.ledger.open_batches():
            await self.ours.person.approve(batch)
        patience = _Patience()
        while batches := await self.disk.ledger.open_batches():
            patience.require(tuple([await self.disk.ledger.glance(one) for one in batches]))
            await asyncio.sleep(_LOOK)


class _Patience:
    """Waits as long as anything changes."""

    def __init__(self) -> None:
        self._seen: object = None
        self._since = time.monotonic()

    def require(self, seen: object) -> None:
        """Raises TimeoutError where nothing has changed for long."""
        if seen != self._seen:
            self._seen, self._since = seen, time.monotonic()
        elif time.monotonic() - self._since > _PATIENCE:
            raise TimeoutError(f"nothing moves any more: {seen}")


async def measure(place: Place, documents: int, together: int) -> list[Reading]:
    """What so many documents take in a zimogs of their own, `together` of them at most under one approval."""
    readings: list[Reading] = []
    planned = Planned(f"memory {documents} by {together}", contestants=(OURS,), max_documents=together)
    files = await asyncio.to_thread(
        write_samples, place.folder / "samples", documents, _SIZE, f"of {documents} by {together}"
    )
    async with place.taking_part(planned) as contestants:
        ours = contestants[OURS]
        assert isinstance(ours, Ours)
        house, meter = House(ours, OnDisk.of(ours.installed.settings)), Meter(ours.pid)
        async with meter.read("nothing yet", readings):
            pass
        async with meter.read("wait for a person", readings):
            await house.take_in(files)
        async with meter.read("are sealed", readings):
            await house.seal()
    return readings


async def bench(counts: Sequence[int], together: int) -> list[list[Reading]]:
    """Measure by each number of documents."""
    with tempfile.TemporaryDirectory(prefix="zimogs-bench-") as folder:
        async with opened_place(Path(folder)) as place:
            return [await measure(place, count, together) for count in counts]


def draw_table(counts: Sequence[int], readings: Sequence[Sequence[Reading]]) -> str:
    """The table, in Markdown; `readings` by the same phases for each of the counts."""
    rows = [
        f"| {one.phase} | {count} | {one.peak:.0f} | {one.after:.0f} | {one.children_peak:.0f} "
        f"| {one.children_after:.0f} | {one.seconds:.0f} |"
        for alike in zip(*readings, strict=True)
        for count, one in zip(counts, alike, strict=True)
    ]
    titles = "| | documents | at most | quiet | children, at most | children, quiet | seconds |"
    return "\n".join((titles, "|---|---|---|---|---|---|---|", *rows, ""))


_HEAD = f"""# Memory of `zimogs run`

Made by `python -m tests.bench.memory --write`. Megabytes resident of our own process, at most in that phase and once it
is quiet again; of what it started (readers of documents, Valkey) likewise, together. Documents are PDFs
of {_SIZE // KB} kB.
"""


def main(
    few: Annotated[int, typer.Option(help="Documents, and")] = 100,
    many: Annotated[int, typer.Option(help="many of them.")] = 10_000,
    together: Annotated[
        list[int], typer.Option(help="Documents at most under one approval; may be given several times.")
    ] = [100, 1000],  # noqa: B006  typer reads it and changes nothing
    *,
    write: Annotated[bool, typer.Option("--write", help=f"Renew {TABLE.name}.")] = False,
) -> None:
    """Measure the memory of `zimogs run` by few documents and by many."""
    begin_logging(logging.WARNING)
    page = _HEAD
    for each in together:
        page += f"\n## {each} documents under one approval\n\n"
        page += draw_table((few, many), asyncio.run(bench((few, many), each)))
    console.print(page)
    if write:
        TABLE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
