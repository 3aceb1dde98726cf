"""Handing documents in, and what all commands share that do so."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from config.settings import Settings
from jobs.model.documents import Document, SealFormat
from jobs.model.duplicates import Duplicate
from jobs.model.records import Refusal
from worker.app.intake import intake_of, take_in_order
from worker.app.on_disk import OnDisk
from worker.cli.console import console, fail, run, say_json, settings_to_write
from worker.cli.exit_codes import ExitCode
from worker.cli.metadata_option import read_metadata_option
from worker.cli.plain_text import BAD, GOOD, plain
from worker.cli.routes import choose_route
from worker.inbox.intake import Intake
from worker.storage.resent import Resending


def submit_files(
    files: Sequence[Path], route: str | None, metadata: list[str] | None, config: Path, *, as_json: bool
) -> None:
    """Take copies of the files in, and say what became of each."""
    settings = settings_to_write(config)
    chosen, known = choose_route(settings, route), read_metadata_option(metadata)
    folder = next((file for file in files if file.is_dir()), None)
    if folder is not None and settings.routes[chosen].format is not SealFormat.EDOC:
        fail(f'{folder} is a folder, and route {chosen} does not seal containers (format = "edoc").', ExitCode.USAGE)
    intake = open_intake(settings)
    outcomes = run(take_in_order(intake.accept_copy(file, chosen, known) for file in files))
    report(list(map(str, files)), outcomes, as_json=as_json)


def open_intake(settings: Settings) -> Intake:
    """The way in, for this one command."""
    # Nobody asks the vendor for its limit here; a file that is too large is refused at upload.
    return intake_of(settings, OnDisk.of(settings), limit=lambda: None, observe=lambda _: None)


def report(files: Sequence[str], outcomes: Sequence[Resending], *, as_json: bool) -> None:
    """Say what became of each file; ends with exit code 1 when one was refused."""
    rows: list[dict[str, Any]] = []
    for file, outcome in zip(files, outcomes, strict=True):
        if isinstance(outcome, Document):
            rows.append({"file": file, "document": outcome.id, "accepted": True, "reason": ""})
        elif isinstance(outcome, Duplicate):
            why = f"duplicate: {outcome.words}"
            rows.append({"file": file, "document": outcome.document.id, "accepted": True, "reason": why})
        elif isinstance(outcome, Refusal):
            reason = f"{outcome.reason}: {outcome.detail}"
            rows.append({"file": file, "document": outcome.document, "accepted": False, "reason": reason})
        else:
            fault = outcome.strerror if isinstance(outcome, OSError) else None
            rows.append({"file": file, "document": "", "accepted": False, "reason": fault or str(outcome)})
    if as_json:
        say_json(rows)
    else:
        for row in rows:
            mark = GOOD if row["accepted"] else BAD
            console.print(mark, plain(f"{row['file']}  {row['document']}  {row['reason']}"), highlight=False)
    if not all(row["accepted"] for row in rows):
        raise typer.Exit(ExitCode.FAILED)
