"""The forms of sidecars, for other programs."""

import json
from enum import StrEnum
from typing import Annotated

import typer

from worker.cli.console import Json, say_json


class Described(StrEnum):
    """What a schema is there for."""

    METADATA = "metadata"
    SEALED = "sealed"


What = Annotated[Described, typer.Argument(help="The sidecar that comes with a document, or that of a sealed file.")]


def schema(what: What, *, as_json: Json = False) -> None:
    """Print the JSON Schema of a sidecar: `metadata` comes with a document, `sealed` stands beside a sealed file.

    Both are JSON Schema 2020-12, for the programs that write and read them. What stands beside a sealed file may get
    more fields within its version; what comes with a document may have no others than these.

    For example:

        zimogs schema metadata > metadata.schema.json
    """
    from worker.storage.schemas import describe_metadata, describe_sealed

    described = describe_metadata() if what is Described.METADATA else describe_sealed()
    if as_json:
        say_json(described)
    else:
        typer.echo(json.dumps(described, indent=2, ensure_ascii=False))
