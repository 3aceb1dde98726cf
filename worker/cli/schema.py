"""The forms of sidecars, for other programs."""

import json
from enum import StrEnum
from typing import Annotated

import typer

from worker.storage.schemas import describe_metadata, describe_sealed


class Described(StrEnum):
    """What a schema is there for."""

    METADATA = "metadata"
    SEALED = "sealed"


What = Annotated[Described, typer.Argument(help="The sidecar that comes with a document, or that of a sealed file.")]


def schema(what: What) -> None:
    """Print the JSON Schema of a sidecar: `metadata` comes with a document, `sealed` stands beside a sealed file."""
    described = describe_metadata() if what is Described.METADATA else describe_sealed()
    typer.echo(json.dumps(described, indent=2, ensure_ascii=False))
