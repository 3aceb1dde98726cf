from typing import Annotated

import typer

from worker.cli.console import DEFAULT_CONFIG, Config, Json, a_table, console, run, say_json, settings_from
from worker.cli.plain_text import BAD, GOOD, UNSURE
from worker.doctor.examination import examine
from worker.doctor.finding import Severity

_MARKS = {Severity.OK: GOOD, Severity.WARNING: UNSURE, Severity.FAULT: BAD}


AfterRestore = Annotated[
    bool, typer.Option("--after-restore", help="Compare the ledger with the outbox and the vendor's sessions, too.")
]


def doctor(config: Config = DEFAULT_CONFIG, *, after_restore: AfterRestore = False, as_json: Json = False) -> None:
    """Examine the installation and say what to do about each finding.

    Looks at the settings, the folders and what they can do, who else could reach them, Redis and its persistence, the
    clock, the vendor, the trust anchors and the enrolled seals. Exit code 1 when something keeps sealing from working.

    With `--after-restore` it says what was sealed and delivered since the copy of the data folder was made. It changes
    nothing: the worker looks for itself before it prepares or seals anything.
    """
    findings = run(examine(config, settings_from(config), after_restore=after_restore))
    if as_json:
        say_json(
            [
                {"subject": one.subject, "verdict": one.severity, "found": one.found, "advice": one.advice}
                for one in findings
            ]
        )
    else:
        table = a_table("", "looked at", "found", "what to do")
        for finding in findings:
            table.add_row(_MARKS[finding.severity], finding.subject, finding.found, finding.advice)
        console.print(table)
    if any(finding.severity is Severity.FAULT for finding in findings):
        raise typer.Exit(1)
