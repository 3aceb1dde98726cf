"""`python -m tests.bench.hostile`: each hostile input to a running zimogs, and a table of what it cost."""

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tests.bench.hostile.inbox import inputs
from tests.bench.hostile.running import Cost, a_bench

_HEAD = "| input | worker MB | child MB | CPU s | until its end s | delay of another route s | where it ends |"


async def bench(many: int, only: str) -> None:
    """Measure input after input, and print each row as it comes."""
    chosen = [one for one in inputs(many) if only in one.name]
    typer.echo(f"{_HEAD}\n|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="zimogs-hostile-") as name:
        async with a_bench(Path(name), len(chosen) + 1) as running:
            for one in chosen:
                typer.echo(_row(await running.measure(one)))


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
