"""Fixing the ledger by a checkpoint, and the evidence of a batch for others."""

from pathlib import Path
from typing import Annotated

import typer

from worker.cli.console import DEFAULT_CONFIG, Config, Json, require_batch_id

Batch = Annotated[str, typer.Argument(help="The batch, as invoices-000001.", show_default=False)]
To = Annotated[
    Path | None, typer.Option("--to", help="The folder to make; else BATCH-evidence here.", show_default=False)
]


def checkpoint(config: Config = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Write down how far every batch goes, now: whatever lies before it can no longer be rewritten unseen.

    A running worker does it once a day. The checkpoint is handed in to the route that `audit.checkpoint_route` names,
    and sealed with its next batch; it never asks for an approval of its own. It is copied, with the records that it
    covers, where `audit.copy_to` says. Exit code 1 when it cannot be handed in or copied.

    For example:

        zimogs audit checkpoint
    """
    from worker.cli.handlers.evidence import make_checkpoint

    make_checkpoint(config, as_json=as_json)


def export(batch: Batch, to: To = None, config: Config = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Put together the evidence of one batch, for somebody who has neither zimogs nor any reason to trust it.

    Its records byte for byte, who approved it and when, hashes, certificates, reports, and its place in a sealed
    checkpoint; README.txt in it says how to check all of it with openssl and sha256sum. Exit code 1 when that fails.

    For example:

        zimogs audit export invoices-000017 --to evidence
    """
    name = require_batch_id(batch)
    from worker.cli.handlers.evidence import export_batch

    export_batch(name, to or Path(f"{name}-evidence"), config, as_json=as_json)
