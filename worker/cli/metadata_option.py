"""What a person at a terminal says about documents: a file of JSON, or pairs of a name and a value."""

from pathlib import Path
from typing import Annotated

import typer

from jobs.model.metadata import LONGEST_METADATA, BadMetadata, read_metadata, read_pairs
from worker.cli.console import fail
from worker.cli.exit_codes import ExitCode

MetadataOption = Annotated[
    list[str] | None,
    typer.Option(
        "--metadata",
        "-m",
        metavar="FILE|KEY=VALUE",
        help="What is known of each document: a JSON file, or number=…, issued_on=…, total=…, currency=…, customer=…, "
        "sender=…, reference=…, and any other name.",
        show_default=False,
    ),
]


def read_metadata_option(values: list[str] | None) -> bytes | None:
    """The metadata as JSON; None where nothing was said. Ends with an explanation where it cannot be carried."""
    if not values:
        return None
    pairs = [value.partition("=") for value in values]
    try:
        if len(values) == 1 and (not pairs[0][1] or Path(values[0]).is_file()):
            with Path(values[0]).open("rb") as file:
                content = file.read(LONGEST_METADATA + 1)
            read_metadata(content)
            return content
        if nameless := [value for value, equals, _ in pairs if not equals]:
            fail(f"--metadata {nameless[0]} is no pair: one FILE, or pairs as number=R-17.", ExitCode.USAGE)
        return read_pairs((name, value) for name, _, value in pairs).model_dump_json(exclude_none=True).encode()
    except OSError as error:
        fail(f"--metadata {values[0]}: {error.strerror}", ExitCode.USAGE)
    except BadMetadata as error:
        fail(f"--metadata: {error}", ExitCode.USAGE)
