from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from config.settings import Settings
from jobs.model.documents import Document, SealFormat
from jobs.model.names import RouteName
from jobs.model.records import Refusal
from worker.app.on_disk import OnDisk
from worker.cli.options import DEFAULT_CONFIG, Config, Json
from worker.cli.plain_text import BAD, GOOD, plain
from worker.cli.speaking import complaining, console, fail, run, say_json, settings_from

Files = Annotated[
    list[Path],
    typer.Argument(help="Files to seal, or folders that are one document each.", exists=True, show_default=False),
]
RouteOption = Annotated[
    str | None, typer.Option("--route", "-r", help="The route; not needed when there is only one.", show_default=False)
]


def submit(files: Files, route: RouteOption = None, config: Config = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Hand in copies of files to be sealed; your own files stay where they are.

    On a route with `format = "edoc"` a folder becomes one container with all of its files. A running worker takes it
    from there. Exit code 1 when a file cannot be sealed; the others are accepted.
    """
    settings = settings_from(config)
    chosen = chosen_route(settings, route)
    _check_folders(files, settings.routes[chosen].format, chosen)
    with complaining(OSError):
        outcomes = run(_accepted(settings, files, chosen))
    tell([facts_of(str(file), outcome) for file, outcome in zip(files, outcomes, strict=True)], as_json=as_json)


def chosen_route(settings: Settings, name: str | None) -> RouteName:
    """The named route, or the only one there is; ends with an explanation otherwise."""
    known = ", ".join(settings.routes)
    if name is None and len(settings.routes) > 1:
        fail(f"There are several routes; choose one with --route: {known}", code=2)
    route = RouteName(name or next(iter(settings.routes)))
    if route not in settings.routes:
        fail(f"There is no route {name!r}. Known routes: {known}", code=2)
    return route


def _check_folders(files: Sequence[Path], sealed_as: SealFormat, route: RouteName) -> None:
    folder = next((file for file in files if file.is_dir()), None)
    if folder is not None and sealed_as is not SealFormat.EDOC:
        fail(f'{folder} is a folder, and route {route} does not seal containers (format = "edoc").', code=2)


def tell(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    """Say what became of each file; ends with exit code 1 when one was refused."""
    if as_json:
        say_json(rows)
    else:
        for row in rows:
            mark = GOOD if row["accepted"] else BAD
            console.print(mark, plain(f"{row['file']}  {row['document']}  {row['reason']}"), highlight=False)
    if not all(row["accepted"] for row in rows):
        raise typer.Exit(1)


async def _accepted(settings: Settings, files: list[Path], route: RouteName) -> list[Document | Refusal]:
    intake = OnDisk.of(settings).intake(settings, limit=lambda: None, observe=lambda _: None)
    return [await intake.accept_copy(file, route) for file in files]


def facts_of(file: str, outcome: Document | Refusal) -> dict[str, Any]:
    """One line about one file, ready for JSON."""
    if isinstance(outcome, Document):
        return {"file": file, "document": outcome.id, "accepted": True, "reason": ""}
    return {
        "file": file,
        "document": outcome.document,
        "accepted": False,
        "reason": f"{outcome.reason}: {outcome.detail}",
    }
