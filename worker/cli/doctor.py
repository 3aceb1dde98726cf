from collections.abc import Sequence
from dataclasses import asdict

import typer

from worker.cli.options import DEFAULT_CONFIG, Config, Json
from worker.cli.plain_text import BAD, GOOD, UNSURE
from worker.cli.speaking import a_table, console, run, say_json, settings_from
from worker.doctor.examination import examine
from worker.doctor.finding import Finding, Verdict

_MARKS = {Verdict.OK: GOOD, Verdict.WARNING: UNSURE, Verdict.FAULT: BAD}


def doctor(config: Config = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Examine the installation and say what to do about each finding.

    Looks at the settings, Redis and its persistence, the folders, the clock, the vendor, the trust anchors and the
    enrolled seals. Exit code 1 when something keeps sealing from working.
    """
    findings = run(examine(settings_from(config)))
    if as_json:
        say_json([asdict(finding) for finding in findings])
    else:
        _show(findings)
    if any(finding.verdict is Verdict.FAULT for finding in findings):
        raise typer.Exit(1)


def _show(findings: Sequence[Finding]) -> None:
    table = a_table("", "looked at", "found", "what to do")
    for finding in findings:
        table.add_row(_MARKS[finding.verdict], finding.subject, finding.found, finding.advice)
    console.print(table)
