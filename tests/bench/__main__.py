"""`make bench`: what zimogs costs beside clients that cannot do without the same calls, all in one run."""

import asyncio
import json
import logging
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tests.bench.plan import PLANS
from tests.bench.report import as_markdown, sheets
from tests.bench.results import Results
from tests.bench.running import run_bench
from worker.app.logs import begin_logging

HERE = Path(__file__).parent
STORED, PAGE, SHAPE = HERE / "results.json", HERE / "RESULTS.md", HERE / "results.schema.json"
"""What was kept, the page made of it, and the JSON Schema of what is kept."""


def write(results: Results) -> None:
    """Keep the results, and the page that is made of them."""
    STORED.write_text(results.model_dump_json(indent=1) + "\n", encoding="utf-8")
    SHAPE.write_text(json.dumps(Results.model_json_schema(), indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(as_markdown(results), encoding="utf-8")


def main(
    only: Annotated[str, typer.Option(help="Run only scenarios whose name holds this.")] = "",
    *,
    quick: Annotated[bool, typer.Option("--quick", help="About a minute.")] = False,
    full: Annotated[bool, typer.Option("--full", help="With 10,000 documents; about twenty minutes.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    keep: Annotated[bool, typer.Option("--write", help="Keep it as RESULTS.md and results.json.")] = False,
) -> None:
    """Measure zimogs beside other clients of the same vendor."""
    begin_logging(logging.WARNING)
    plan = PLANS["full" if full else "quick" if quick else "default"]
    plan = replace(plan, scenarios=tuple(each for each in plan.scenarios if only in each.name))
    with tempfile.TemporaryDirectory(prefix="zimogs-bench-") as folder:
        tell = Console(stderr=True, highlight=False).print if sys.stderr.isatty() or not as_json else lambda _: None
        results = asyncio.run(run_bench(plan, Path(folder), tell))
    if keep:
        write(results)
    if as_json:
        typer.echo(results.model_dump_json())
        return
    # Piped, a table is as wide as it is.
    console = Console(width=None if sys.stdout.isatty() else 190)
    for sheet in sheets(results):
        console.print(sheet.as_rich())


if __name__ == "__main__":
    typer.run(main)
