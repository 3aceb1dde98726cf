from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from pydantic import ValidationError

from jobs.model.documents import Content, Profile, SealFormat, Validation
from jobs.model.levels import SealLevel
from worker.app.logs import begin_logging
from worker.cli.console import Json, Verbose

DocumentCount = Annotated[int, typer.Option(help="How many sample invoices to make.", min=1)]
From = Annotated[
    Path | None,
    typer.Option(
        "--from", help="Seal every file of this folder instead (not LICENSE, README …).", exists=True, file_okay=False
    ),
]
Data = Annotated[Path | None, typer.Option("--data", help="Where everything is kept; default: a new folder in ./demo.")]
Key = Annotated[str, typer.Option(help="The seal's key: rsa-2048, rsa-3072, p-256 or p-384.")]
Format = Annotated[
    SealFormat, typer.Option("--format", help="PAdES inside the PDF, or an ASiC-E container around any file.")
]
HashOnly = Annotated[
    bool, typer.Option("--hash-only", help="With --format edoc: files stay here, only hashes are sent.")
]
Archive = Annotated[Literal["LT", "LTA"], typer.Option(help="LTA adds an archive timestamp.", case_sensitive=False)]
Validate = Annotated[Validation, typer.Option(help="Have the practice vendor validate each sealed file too.")]
Expected = Annotated[int, typer.Option("--expect-quarantine", help="How many files must end in quarantine.", min=0)]
Largest = Annotated[int | None, typer.Option(help="Largest file the practice vendor takes, in bytes.", min=1)]
WeatherName = Annotated[
    str | None,
    typer.Option(
        "--weather",
        help="What goes wrong at the vendor: busy, flaky, slow-evening, lost-answers, or a TOML file.",
    ),
]
PdfWriterName = Annotated[
    str | None,
    typer.Option(
        "--pdf-writer",
        help="With which library's habits the vendor writes PDFs: pyhanko, rewriting, table, stream or hybrid.",
    ),
]
VariantNames = Annotated[
    list[str] | None,
    typer.Option(
        "--variant", metavar="NAME=VALUE", help="How the vendor behaves where sources differ; may be given again."
    ),
]

KEYS = ("rsa-2048", "rsa-3072", "p-256", "p-384")


def demo(
    documents: DocumentCount = 20,
    source: From = None,
    data: Data = None,
    key: Key = "p-256",
    *,
    sealed_as: Format = SealFormat.PDF,
    level: Archive = "LT",
    validate: Validate = Validation.LOCAL,
    hash_only: HashOnly = False,
    expect_quarantine: Expected = 0,
    file_max_length: Largest = None,
    weather: WeatherName = None,
    pdf_writer: PdfWriterName = None,
    variant: VariantNames = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Rehearse everything on this machine: a practice vendor, a practice person, real sealed and verified files.

    Nothing is needed but this program, and nothing that it seals is legally binding. Exit code 0 only when every
    document was sealed and verified, or quarantined as `--expect-quarantine` says.

    For example:

        zimogs demo --documents 5
        zimogs demo --format edoc --from ~/contracts
        zimogs demo --documents 5000 --variant calculate_limit=1000
    """
    if key not in KEYS:
        raise typer.BadParameter(f"choose one of {', '.join(KEYS)}", param_hint="--key")
    if verbose:
        begin_logging()
    folder = data or Path("demo") / f"{datetime.now():%Y%m%d-%H%M%S}"  # noqa: DTZ005  a folder name in local time
    content = Content.HASH_ONLY if hash_only else Content.WHOLE
    try:
        profile = Profile(format=sealed_as, content=content, level=SealLevel(level), validation=validate)
    except ValidationError as error:
        raise typer.BadParameter(error.errors()[0]["msg"].removeprefix("Value error, ")) from None
    from worker.cli.handlers.demo import Demo, rehearse_and_report

    plan = Demo(
        folder.resolve(), documents, source, key, profile, file_max_length, weather, pdf_writer, tuple(variant or ())
    )
    rehearse_and_report(plan, expect_quarantine, as_json=as_json)
