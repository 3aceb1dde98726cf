"""The commands about evidence, under one name."""

import typer

from worker.cli.evidence import checkpoint, export
from worker.cli.ledger import verify

application = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Check the evidence that the ledger holds, and give it to others.",
)
for command in (verify, checkpoint, export):
    application.command()(command)
