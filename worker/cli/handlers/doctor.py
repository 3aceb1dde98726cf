from pathlib import Path

import typer

from worker.cli.console import run, say_json, settings_from
from worker.cli.exit_codes import ExitCode
from worker.cli.plain_text import BAD, GOOD, UNSURE
from worker.cli.tables import show_table
from worker.doctor.examination import examine
from worker.doctor.finding import Severity

_MARKS = {Severity.OK: GOOD, Severity.WARNING: UNSURE, Severity.FAULT: BAD}


def examine_installation(config: Path, *, after_restore: bool, as_json: bool) -> None:
    """Say what was found; ends with exit code 1 when something keeps sealing from working."""
    findings = run(examine(config, settings_from(config), after_restore=after_restore))
    if as_json:
        say_json(
            [
                {"subject": one.subject, "verdict": one.severity, "found": one.found, "advice": one.advice}
                for one in findings
            ]
        )
    else:
        show_table(
            [
                {"": _MARKS[one.severity], "looked at": one.subject, "found": one.found, "what to do": one.advice}
                for one in findings
            ]
        )
    if any(finding.severity is Severity.FAULT for finding in findings):
        raise typer.Exit(ExitCode.FAILED)
