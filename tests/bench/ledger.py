"""What years of batches cost: each look, page and start over a ledger of few batches and of many, side by side.

python -m tests.bench.ledger --closed 100000 --few 100
"""

import asyncio
import logging
import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Annotated

import typer

from tests.bench.ledger_house import House, a_house, console
from tests.bench.starting import measure_command
from tests.bench.starts import measure_start, write_settings
from tests.support.builders import INVOICES
from tests.support.generated_ledger import write_years
from worker.app.logs import begin_logging
from worker.storage.listed_folder import list_names

_TIMES = 7
_STARTS = 3
_FIRST_LOOKS = 2400
"""Looks, one every two seconds, in which a process goes through the whole index once, some with each."""
_GRAIN = 2.5
"""Seconds after which the time of a folder is believed (see `ListedFolder`)."""
_WHY = """
What costs more over many, and with what it grows. A new process that reads a batch of the first day, or asks for the
newest number, lists the archives and reads the summaries of a few of them, found by halving: less than half a
millisecond, once. A whole name is put together from the lists of its trigrams, and so is a day, which may stand in a
name: they grow with the documents, a millisecond for 300,000. Where a batch came or went while no process ran, the next
start compares the names in the ledger's folder with the index; and after any start each of these folders is looked at
once, 400 every two seconds. That grows with the batches that are not archived yet, those of two months, and not with
the years.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """CPU of one piece of work in milliseconds, each time it was done: over few batches, and over many."""

    name: str
    few: tuple[float, ...]
    many: tuple[float, ...]

    def __str__(self) -> str:
        ratio = min(self.many) / min(self.few)
        told = " | ".join(f"{_tell(min(times))} ({_tell(median(times))})" for times in (self.few, self.many))
        return f"| {self.name} | {told} | {ratio:.2f} |"


async def bench(few: Path, many: Path, closed: tuple[int, int]) -> list[Row]:
    """Measure everything on both, by turns."""
    rows = []
    async with a_house(few, closed[0]) as small, a_house(many, closed[1]) as large:
        for house in (small, large):
            await house.ledger.latest(INVOICES)
            await asyncio.sleep(_GRAIN)
            console.print(f"{house.closed} closed batches: the first hour and a half of looks")
            for _ in range(_FIRST_LOOKS):
                await house.ledger.open_batches()
                await house.keeper.update()
        works = [*zip(small.works().items(), large.works().values(), strict=True)]
        for (name, at_few), at_many in works:
            spent: tuple[list[float], list[float]] = [], []
            for _ in range(_TIMES):
                for work, times in zip((at_few, at_many), spent, strict=True):
                    begun = time.process_time()
                    await work()
                    times.append(1000 * (time.process_time() - begun))
            rows.append(Row(name, tuple(spent[0]), tuple(spent[1])))
            console.print(str(rows[-1]))
        for house in (small, large):
            await _note_names(house)
    return rows


async def _note_names(house: House) -> None:
    """Have the index bear for the next start that nothing has come or gone."""
    await house.keeper.update()
    await asyncio.sleep(_GRAIN)
    await house.keeper.update()


def _measure_status(data: Path) -> float:
    """CPU of `zimogs status` in milliseconds."""
    return 1000 * measure_command(("status", "--json", "--config", str(data.parent / "zimogs.toml")))


def bench_programs(few: Path, many: Path) -> list[Row]:
    """The same for whole programs: a command, and a worker that starts and then has nothing to do."""
    commands = [[_measure_status(data) for data in (few, many)] for _ in range(2 * _STARTS)]
    rows = [Row("`zimogs status`, the whole command", *map(tuple, zip(*commands, strict=True)))]
    starts = [[measure_start(data) for data in (few, many)] for _ in range(_STARTS)]
    for place, name in enumerate(("`zimogs run` until it is ready", "and the ten seconds after that")):
        rows.append(Row(name, *(tuple(start[which][place] for start in starts) for which in (0, 1))))
    for row in rows:
        console.print(str(row))
    return rows


def _tell(milliseconds: float) -> str:
    return f"{milliseconds:.1f}" if milliseconds >= 1 else f"{milliseconds:.2f}"


def _write(data: Path, closed: int, opened: int, documents: int) -> None:
    begun = time.monotonic()
    write_years(data, closed, opened, documents, tell=lambda done: console.print(f"{closed} closed batches: {done}"))
    write_settings(data)
    archives = [*(data / "archives").glob("*.zip")]
    folders = len(list_names(data / "ledger"))
    console.print(
        f"{closed} closed batches written in {time.monotonic() - begun:.0f} s: {len(archives)} archives of "
        f"{sum(path.stat().st_size for path in archives) / 1e6:.0f} MB, {folders} folders"
    )


def main(  # noqa: PLR0917  typer passes by name
    closed: Annotated[int, typer.Option(help="Batches that are over, in the large ledger.")] = 100_000,
    few: Annotated[int, typer.Option(help="And in the small one.")] = 100,
    opened: Annotated[int, typer.Option(help="Batches that wait for approval, in either.")] = 40,
    documents: Annotated[int, typer.Option(help="Documents in each.")] = 3,
    table: Annotated[Path | None, typer.Option(help="Write the table into this file.")] = None,
    folder: Annotated[Path | None, typer.Option(help="Keep the ledgers here, or use those that are here.")] = None,
) -> None:
    """Measure what a ledger of so many batches costs beside one of few."""
    begin_logging(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="zimogs-bench-") as name:
        base = folder or Path(name)
        data = (base / f"{few}" / "data", base / f"{closed}" / "data")
        for place, count in zip(data, (few, closed), strict=True):
            if not place.exists():
                _write(place, count, opened, documents)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        rows = asyncio.run(bench(*data, (few, closed)))
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        rows += bench_programs(*data)
        size = (data[1] / "index.sqlite").stat().st_size / 1e6
    lines = [
        f"CPU ms, least of {_TIMES} times (median); {opened} open batches in either, {documents} documents in each.",
        "",
        f"| | {few} closed batches | {closed} closed batches | ratio |",
        "|---|---|---|---|",
        *map(str, rows),
        "",
        f"The index of the large ledger takes {size:.0f} MB on disk; memory grew by {grown:.0f} MB meanwhile.",
        _WHY.rstrip(),
    ]
    text = "\n".join(lines) + "\n"
    console.print(text)
    if table is not None:
        table.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
