from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from worker.audit import FileReport, audit
from worker.cli.console import DEFAULT_CONFIG, Config, Json, a_table, complaining, console, run, say_json, settings_from
from worker.clock import utc_now
from worker.verification.anchors import UnusableAnchor, load_anchors

Files = Annotated[list[Path], typer.Argument(help="Sealed files.", exists=True, dir_okay=False, show_default=False)]
Anchors = Annotated[
    list[Path] | None,
    typer.Option("--trust-anchor", help="Root certificate (PEM); repeatable. Without it, those of the settings."),
]


def verify(
    files: Files, trust_anchor: Anchors = None, config: Config = DEFAULT_CONFIG, *, as_json: Json = False
) -> None:
    """Check sealed files thoroughly: signature, chain, revocation, timestamp, and that the whole file is covered.

    Independent of the ledger and of how the worker verifies; works offline, on any PDF or ASiC-E container. Exit code
    1 when one fails.
    """
    anchors = trust_anchor or settings_from(config).trust.anchors
    with complaining(UnusableAnchor):
        reports = run(_audited(files, anchors))
    if as_json:
        say_json([_facts(report) for report in reports])
    else:
        console.print(_table(reports))
    if not all(report.ok for report in reports):
        raise typer.Exit(1)


async def _audited(files: Sequence[Path], anchors: Sequence[Path]) -> list[FileReport]:
    trusted = load_anchors(anchors)
    return [await audit(file, trusted, utc_now()) for file in files]


def _facts(report: FileReport) -> dict[str, Any]:
    return {
        "file": str(report.file),
        "format": report.format,
        "ok": report.ok,
        "problems": report.problems,
        "data_files": report.data_files,
        "signatures": [
            {
                "sealed_by": signature.sealed_by,
                "organisation": signature.organisation,
                "sealed_at": signature.sealed_at and signature.sealed_at.isoformat(),
                "level": signature.level and signature.level.of(signature.form),
                "intact": signature.intact,
                "trusted": signature.trusted,
                "covers_whole_file": signature.covers_whole_file,
                "problems": signature.problems,
            }
            for signature in report.signatures
        ],
    }


def _table(reports: Sequence[FileReport]) -> Table:
    table = a_table("", "file", "sealed by", "at (UTC)", "level", "problems")
    for report in reports:
        mark = "[green]✔[/green]" if report.ok else "[red]✘[/red]"
        if not report.signatures:
            table.add_row(mark, report.file.name, "", "", "", "\n".join(report.problems))
        for signature in report.signatures:
            at = f"{signature.sealed_at:%Y-%m-%d %H:%M:%S}" if signature.sealed_at else ""
            level = signature.level.of(signature.form) if signature.level else ""
            problems = "\n".join((*report.problems, *signature.problems))
            table.add_row(mark, report.file.name, signature.sealed_by, at, level, problems)
    return table
