"""Sending what lies in quarantine through once more."""

from typing import Annotated

import typer

from jobs.model.reasons import Reason
from worker.cli.console import DEFAULT_CONFIG, Config, Json, fail
from worker.cli.exit_codes import ExitCode
from worker.cli.metadata_option import MetadataOption
from worker.cli.routes import RouteOption

Ids = Annotated[list[str] | None, typer.Argument(help="Document ids, as in the .txt beside the file.")]
ByReason = Annotated[Reason | None, typer.Option(help="Every document that lies there for this reason.")]
Again = Annotated[bool, typer.Option("--again", help="Send it even if the same content was sealed before.")]


def retry(
    ids: Ids = None,
    reason: ByReason = None,
    route: RouteOption = None,
    metadata: MetadataOption = None,
    config: Config = DEFAULT_CONFIG,
    *,
    again: Again = False,
    as_json: Json = False,
) -> None:
    """Send documents in quarantine through again, as new documents, once the cause is gone.

    What is sent is the original as it was dropped, with its sidecar if it had one, whatever became of the copies in the
    quarantine folder; `--metadata` takes the place of what the sidecar says. Exit code 1 when one of them is refused
    again, and is back in quarantine with its new reason; or when the same content was sealed before, and `--again` does
    not say that it shall be sealed once more.

    For example:

        zimogs retry 20261123T120000-0123456789ab
        zimogs retry --reason refused-by-vendor
        zimogs quarantine list --reason encrypted --quiet | xargs zimogs quarantine retry
    """
    if bool(ids) == (reason is not None):
        fail("Name documents, or a --reason, and not both.", ExitCode.USAGE)
    from worker.cli.handlers.retry import send_through_again

    send_through_again(ids, reason, route, metadata, config, again=again, as_json=as_json)
