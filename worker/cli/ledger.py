"""Verifying the ledger, or a copy of it."""

from pathlib import Path
from typing import Annotated

import typer

from worker.cli.console import DEFAULT_CONFIG, Anchors, Config, Json

LedgerOption = Annotated[
    Path | None,
    typer.Option(
        "--ledger", help="A ledger, or a copy of one; without it, that of the settings.", exists=True, file_okay=False
    ),
]
CheckpointFiles = Annotated[
    list[Path] | None,
    typer.Option("--checkpoint", help="A sealed checkpoint from elsewhere; repeatable.", exists=True, dir_okay=False),
]
SealedByOption = Annotated[
    str | None,
    typer.Option(help="Whose seal a checkpoint has to bear. Else that of audit.checkpoint_route.", show_default=False),
]
AlsoOutbox = Annotated[bool, typer.Option("--outbox", help="Compare the files in the outbox with the ledger, too.")]
Strict = Annotated[bool, typer.Option("--strict", help="With --outbox: what was moved or collected is a failure, too.")]


def verify(
    ledger: LedgerOption = None,
    checkpoint: CheckpointFiles = None,
    trust_anchor: Anchors = None,
    sealed_by: SealedByOption = None,
    config: Config = DEFAULT_CONFIG,
    *,
    outbox: AlsoOutbox = False,
    strict: Strict = False,
    as_json: Json = False,
) -> None:
    """Check that no record was changed, forged, deleted or cut off; offline, on the ledger itself or on a copy.

    Every record carries the hash of the one before it and a MAC, which is checked where the ledger's key lies beside
    it. Each checkpoint that is found there, under `audit.copy_to`, or named, must know the same chains; seals are
    checked with the trust anchors. Exit code 1 when anything does not hold; each finding says what to do.

    With `--outbox` every delivered file and its sidecar is compared with the ledger, too. A file that was edited, or
    that nobody delivered, is a failure; one that was moved or collected is told.

    For example:

        zimogs audit verify
        zimogs audit verify --ledger /mnt/copy/ledger --checkpoint checkpoint-000007.edoc
    """
    from worker.cli.handlers.ledger import Examined, verify_and_report

    examined = Examined(ledger, checkpoint or (), trust_anchor or (), sealed_by)
    verify_and_report(examined, config, outbox=outbox, strict=strict, as_json=as_json)
