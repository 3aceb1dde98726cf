"""What lies in quarantine: looking at it, and deciding about it."""

import asyncio
import getpass
from collections.abc import Sequence
from typing import Annotated

import typer

from config.settings import Settings
from jobs.model.errors import NewerFormat, UnknownDocument
from jobs.model.names import DocumentId, is_document_id
from jobs.model.reasons import ADVICE, Reason
from worker.app.on_disk import OnDisk
from worker.app.whereabouts import locate
from worker.cli.console import (
    DEFAULT_CONFIG,
    Config,
    Json,
    complaining,
    console,
    fail,
    run,
    say_json,
    settings_from,
    settings_to_write,
)
from worker.cli.exit_codes import ExitCode
from worker.cli.locating import show_whereabouts
from worker.cli.plain_text import plain
from worker.cli.reasons import Why, read_reason
from worker.cli.retry import retry
from worker.cli.routes import OneRoute, find_route
from worker.cli.tables import show_table
from worker.clock import utc_now
from worker.storage.explanation import Dismissal, NotQuarantined, QuarantineEntry
from worker.storage.ports import KeptQuarantine

application = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Look at what could not be sealed, and decide about it: send it again, or put it aside for good.",
)

EntryIds = Annotated[list[str], typer.Argument(help="Document ids, as `list` shows them.", show_default=False)]
OneId = Annotated[str, typer.Argument(help="The id of a document.", show_default=False)]
OnlyReason = Annotated[Reason | None, typer.Option("--reason", help="Only what lies there for this reason.")]
Dismissed = Annotated[bool, typer.Option("--all", help="What was put aside for good, too.")]


@application.command("list")
def list_entries(
    reason: OnlyReason = None,
    route: OneRoute = None,
    config: Config = DEFAULT_CONFIG,
    *,
    everything: Dismissed = False,
    as_json: Json = False,
) -> None:
    """List what lies in quarantine, oldest first, each with its reason and where it is.

    Send all again that were refused for one reason:

        zimogs quarantine list --reason encrypted --quiet | xargs zimogs quarantine retry
    """
    settings = settings_from(config)
    chosen = find_route(settings, route)
    rows = [
        _describe(entry)
        for entry in run(_read(settings, everything=everything))
        if (reason is None or entry.explanation.reason is reason)
        and (chosen is None or entry.explanation.route == chosen)
    ]
    if as_json:
        say_json(rows)
    elif rows:
        show_table([{key: row[key] for key in _COLUMNS} for row in rows])
    else:
        console.print("Nothing lies there.")


@application.command("show")
def show(document: OneId, config: Config = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Show one document: where it is, why it was refused, and what to do.

    For example:

        zimogs quarantine show 20261123T120000-0123456789ab
    """
    if not is_document_id(document):
        fail(f"{document!r} is not the id of a document.", ExitCode.USAGE)
    settings = settings_from(config)
    with complaining(UnknownDocument, NewerFormat):
        show_whereabouts(run(locate(DocumentId(document), OnDisk.of(settings), settings)), as_json=as_json)


application.command("retry")(retry)


@application.command("dismiss")
def dismiss(ids: EntryIds, reason: Why, config: Config = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Put documents aside for good: nobody is asked about them any more. Their originals are kept.

    Exit code 3 when one of them does not lie there; then nothing is changed.

    For example:

        zimogs quarantine dismiss 20261123T120000-0123456789ab --reason "the customer sent another one"
    """
    settings = settings_to_write(config)
    dismissal = Dismissal(name=getpass.getuser(), at=utc_now(), why=read_reason(reason))
    with complaining(OSError):
        run(_dismiss(ids, dismissal, settings))
    _report("dismissed", "put aside for good", ids, as_json=as_json)


@application.command("reinstate")
def reinstate(ids: EntryIds, config: Config = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Take it back that documents were put aside for good: they ask for somebody again.

    For example:

        zimogs quarantine reinstate 20261123T120000-0123456789ab
    """
    settings = settings_to_write(config)
    with complaining(OSError):
        run(_reinstate(ids, settings))
    _report("reinstated", "in quarantine again", ids, as_json=as_json)


_COLUMNS = ("document", "reason", "route", "name", "since", "path", "dismissed")


async def _read(settings: Settings, *, everything: bool) -> Sequence[QuarantineEntry]:
    quarantine = OnDisk.of(settings).quarantine
    return (*await quarantine.entries(), *(await quarantine.dismissed_entries() if everything else ()))


async def _dismiss(ids: Sequence[str], dismissal: Dismissal, settings: Settings) -> None:
    quarantine = await _require_all(ids, settings)
    for one in ids:
        await quarantine.dismiss(DocumentId(one), dismissal)


async def _reinstate(ids: Sequence[str], settings: Settings) -> None:
    quarantine = await _require_all(ids, settings)
    for one in ids:
        await quarantine.reinstate(DocumentId(one))


async def _require_all(ids: Sequence[str], settings: Settings) -> KeptQuarantine:
    """The quarantine, once it is sure that all of them lie there; ends with an explanation otherwise."""
    quarantine = OnDisk.of(settings).quarantine
    try:
        await asyncio.gather(*(quarantine.find(DocumentId(one)) for one in ids))
    except NotQuarantined as error:
        fail(str(error), ExitCode.REFUSED)
    return quarantine


def _describe(entry: QuarantineEntry) -> dict[str, object]:
    why, dismissal = entry.explanation, entry.dismissal
    return {
        "document": why.document,
        "reason": str(why.reason),
        "detail": why.detail,
        "advice": ADVICE[why.reason],
        "route": why.route or "",
        "batch": why.batch or "",
        "name": why.name,
        "sha256": why.sha256,
        "bytes": why.size,
        "since": why.quarantined_at.isoformat(timespec="seconds"),
        "path": str(entry.path),
        "dismissed": f"{dismissal.name}: {dismissal.why}" if dismissal else "",
    }


def _report(key: str, told: str, ids: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        say_json({key: list(ids)})
        return
    for one in ids:
        console.print(plain(f"{one} is {told}."), highlight=False)
