"""The stream by which programs hand documents in: how it stands, what was put aside, and sending that through again."""

from typing import Annotated

import typer

from worker.cli.console import DEFAULT_CONFIG, Config, Json

application = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Show how the queue of documents stands, what could not be taken, and send that through again.",
)

DeadIds = Annotated[list[str] | None, typer.Argument(help="As `zimogs queue dead` shows them.", show_default=False)]
AllOfThem = Annotated[bool, typer.Option("--all", help="Every one of them.")]


@application.command("status")
def show_status(config: Config = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Show where the streams are, and how many entries wait, are begun with and were put aside.

    For example:

        zimogs queue status
    """
    from worker.cli.handlers.queue import show_standing

    show_standing(config, as_json=as_json)


@application.command("dead")
def list_dead(config: Config = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Show the entries that were put aside, and why.

    For example:

        zimogs queue dead
    """
    from worker.cli.handlers.queue import list_dead_entries

    list_dead_entries(config, as_json=as_json)


@application.command("retry")
def retry(
    ids: DeadIds = None, config: Config = DEFAULT_CONFIG, *, everything: AllOfThem = False, as_json: Json = False
) -> None:
    """Send entries that were put aside through again, as they were written, once the cause is gone.

    For example:

        zimogs queue retry --all
    """
    from worker.cli.handlers.queue import revive_entries

    revive_entries(ids or [], config, everything=everything, as_json=as_json)
