"""Archiving batches that were settled long ago, and dropping what is kept no longer."""

from typing import Annotated

import typer

from worker.cli.console import DEFAULT_CONFIG, Config, Json

DryRun = Annotated[bool, typer.Option("--dry-run", help="Change nothing: show what would be done.")]


def archive(config: Config = DEFAULT_CONFIG, *, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Move batches that were settled long ago into one file for each month, in `archives` of data folder or bucket.

    A running worker does it by itself. Only what is settled, sound and covered by a checkpoint goes there, once its
    month has been over for `archive.after`. It is found, shown, exported and verified as before. An archive is a ZIP
    file with a README in it; with a bucket it stands there. Exit code 4 when another process or machine is at it.

    For example:

        zimogs archive --dry-run
    """
    from worker.cli.handlers.archive import archive_and_report

    archive_and_report(config, dry_run=dry_run, as_json=as_json)


def expire(config: Config = DEFAULT_CONFIG, *, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Drop what the settings keep no longer (`[retention]`): originals, evidence, archives of the ledger.

    A running worker does it by itself; without such settings nothing is ever dropped. What went stands in the log. Of
    an archive the hashes stay, so that `zimogs audit verify` still verifies all others, and says when it went. Exit
    code 4 when another process or machine is at it.

    For example:

        zimogs expire --dry-run
    """
    from worker.cli.handlers.archive import drop_and_report

    drop_and_report(config, dry_run=dry_run, as_json=as_json)
