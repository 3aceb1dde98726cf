"""Handing documents in, and what all commands share that do so."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from config.settings import Settings
from jobs.model.documents import Document, SealFormat
from jobs.model.duplicates import Duplicate
from jobs.model.names import RouteName
from jobs.model.records import Refusal
from worker.app.intake import intake_of, take_in_order
from worker.app.on_disk import OnDisk
from worker.cli.console import DEFAULT_CONFIG, Config, Json, console, fail, run, say_json, settings_to_write
from worker.cli.metadata_option import MetadataOption, read_metadata_option
from worker.cli.plain_text import BAD, GOOD, plain
from worker.inbox.intake import Intake
from worker.storage.resent import Resending

FilesToSeal = Annotated[
    list[Path],
    typer.Argument(help="Files to seal, or folders that are one document each.", exists=True, show_default=False),
]
RouteOption = Annotated[
    str | None, typer.Option("--route", "-r", help="The route; not needed when there is only one.", show_default=False)
]


def submit(
    files: FilesToSeal,
    route: RouteOption = None,
    metadata: MetadataOption = None,
    config: Config = DEFAULT_CONFIG,
    *,
    as_json: Json = False,
) -> None:
    """Hand in copies of files to be sealed; your own files stay where they are.

    On a route with `format = "edoc"` a folder becomes one container with all of its files. A running worker takes it
    from there; `zimogs status ID` says where a document is by then. Exit code 1 when a file cannot be sealed; the
    others are accepted.
    """
    settings = settings_to_write(config)
    chosen, known = choose_route(settings, route), read_metadata_option(metadata)
    folder = next((file for file in files if file.is_dir()), None)
    if folder is not None and settings.routes[chosen].format is not SealFormat.EDOC:
        fail(f'{folder} is a folder, and route {chosen} does not seal containers (format = "edoc").', code=2)
    intake = open_intake(settings)
    outcomes = run(take_in_order(intake.accept_copy(file, chosen, known) for file in files))
    report(list(map(str, files)), outcomes, as_json=as_json)


def open_intake(settings: Settings) -> Intake:
    """The way in, for this one command."""
    # Nobody asks the vendor for its limit here; a file that is too large is refused at upload.
    return intake_of(settings, OnDisk.of(settings), limit=lambda: None, observe=lambda _: None)


def choose_route(settings: Settings, name: str | None) -> RouteName:
    """The named route, or the only one there is; ends with an explanation otherwise."""
    known = ", ".join(settings.routes)
    if name is None and len(settings.routes) > 1:
        fail(f"There are several routes; choose one with --route: {known}", code=2)
    route = RouteName(name or next(iter(settings.routes)))
    if route not in settings.routes:
        fail(f"There is no route {name!r}. Known routes: {known}", code=2)
    return route


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
        raise typer.Exit(1)
