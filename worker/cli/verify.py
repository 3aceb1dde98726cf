from pathlib import Path
from typing import Annotated

import typer

from worker.cli.console import DEFAULT_CONFIG, Anchors, Config, Json, fail
from worker.cli.exit_codes import ExitCode

Files = Annotated[
    list[Path], typer.Argument(help="Sealed PDFs or containers.", exists=True, dir_okay=False, show_default=False)
]
OriginalOption = Annotated[
    Path | None,
    typer.Option(
        help="What SEALED was made of: the file, or the folder that became a container. SEALED must be the sealing of "
        "this and nothing else, by the worker's own judgement too.",
        exists=True,
    ),
]
Visible = Annotated[bool, typer.Option("--visible", help="With --original: the seal may show on a page.")]


def verify(
    files: Files,
    original: OriginalOption = None,
    trust_anchor: Anchors = None,
    config: Config = DEFAULT_CONFIG,
    *,
    visible: Visible = False,
    as_json: Json = False,
) -> None:
    """Check sealed files thoroughly: signature, chain, revocation, timestamp, and that the whole file is covered.

    Each signature is judged by itself. Ours decides: the newest seal, or with --original the one that was added to it;
    what is wrong with somebody else's is said and decides nothing. Independent of the ledger; works offline, on any PDF
    or ASiC-E container. Exit code 0 when every file is sound, 1 when one is not.

    Is this file the sealing of that one, and nothing else?

        zimogs verify --original invoice.pdf --trust-anchor root.pem sealed/invoice.pdf
    """
    if original and len(files) != 1:
        fail("--original belongs to one sealed file; name just one.", ExitCode.USAGE)
    from worker.cli.handlers.verify import verify_files

    verify_files(files, original, trust_anchor, config, visible=visible, as_json=as_json)
