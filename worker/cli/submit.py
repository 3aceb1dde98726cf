"""Handing documents in."""

from pathlib import Path
from typing import Annotated

import typer

from worker.cli.console import DEFAULT_CONFIG, Config, Json
from worker.cli.metadata_option import MetadataOption
from worker.cli.routes import RouteOption

FilesToSeal = Annotated[
    list[Path],
    typer.Argument(help="Files to seal, or folders that are one document each.", exists=True, show_default=False),
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

    For example:

        zimogs submit invoice.pdf
        zimogs submit --route contracts "Contract 17.edoc/"
    """
    from worker.cli.handlers.submit import submit_files

    submit_files(files, route, metadata, config, as_json=as_json)
