"""`python -m tests.bench.hostile`: each hostile input to a running zimogs, and a table of what it cost."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from tests.bench.hostile.answers import answers, measure_answer
from tests.bench.hostile.forgeries import FORGERIES, measure_forgery
from tests.bench.hostile.inbox import inputs
from tests.bench.hostile.running import Bench, Cost, a_bench
from tests.bench.hostile.strangers import crowds, measure_crowd

Measure = Callable[[Bench], Awaitable[Cost]]

_HEAD = "| input | worker MB | child MB | CPU s | until its end s | delay of another route s | where it ends |"


async def bench(many: int, only: str) -> None:
    """Measure input after input, and print each row as it comes."""
    chosen = [measure for name, measure in _rows(many) if only in name]
    typer.echo(f"{_HEAD}\n|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="zimogs-hostile-") as name:
        async with a_bench(Path(name), len(chosen) + 1) as running:
            for measure in chosen:
                typer.echo(_row(await measure(running)))


def _rows(many: int) -> Iterator[tuple[str, Measure]]:
    """What is measured, by name: inboxes, the vendor, Redis, and strangers."""
    for one in inputs(many):
        yield one.name, partial(Bench.measure, one=one)
    for answer in answers():
        yield answer.name, partial(measure_answer, answer=answer)
    for forgery in FORGERIES:
        yield forgery, partial(measure_forgery, name=forgery)
    for crowd in crowds():
        yield crowd.name, partial(measure_crowd, crowd=crowd)


def _row(cost: Cost) -> str:
    figures = f"{cost.worker:.0f} | {cost.child:.0f} | {cost.cpu:.1f} | {cost.wall:.1f} | {cost.delay:.1f}"
    return f"| {cost.name} | {figures} | {cost.end} |"


def main(
    many: Annotated[int, typer.Option(help="Tiny files that come at once.")] = 100_000,
    only: Annotated[str, typer.Option(help="Measure only inputs whose name holds this.")] = "",
) -> None:
    """Feed a running zimogs each hostile input, and tell what it costs and where it ends."""
    asyncio.run(bench(many, only))


if __name__ == "__main__":
    typer.run(main)
