from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from config.settings import Settings
from jobs.model.errors import BrokenLedger, LostKey, NewerFormat, UnknownBatch, UnknownDocument
from jobs.model.names import BatchId, DocumentId, is_batch_id, is_document_id
from worker.app.on_disk import OnDisk
from worker.app.standing import find_standstills
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
)
from worker.cli.exit_codes import ExitCode
from worker.cli.locating import show_whereabouts
from worker.cli.overview import collect_overview, show_overview, stream_overview
from worker.cli.plain_text import plain
from worker.cli.standstills import describe_standstill, select_hold_up, show_standstills
from worker.cli.tables import show_table
from worker.cli.watching import watch_overview

BatchOrDocument = Annotated[
    str | None,
    typer.Argument(help="A batch, to see all of its records; or a document, to see where it is.", show_default=False),
]
Everything = Annotated[
    bool, typer.Option("--all", help="Show batches that are over, and documents that were put aside for good, too.")
]
Watch = Annotated[
    bool,
    typer.Option("--watch", "-w", help="Stay, and show every change; with --json one line for each. Ends with Ctrl+C."),
]
WithReasons = Annotated[
    bool, typer.Option("--why", help="Say why documents wait for their batch, and what each batch waits for.")
]


def status(
    subject: BatchOrDocument = None,
    config: Config = DEFAULT_CONFIG,
    *,
    everything: Everything = False,
    watch: Watch = False,
    why: WithReasons = False,
    as_json: Json = False,
) -> None:
    """Show what stands where, and what stands still: waiting documents, batches, quarantine; or one of them.

    A batch is shown with all of its records, a document, by the id that `submit` gave, with where it is. Reads the data
    folder only, so it works while nothing else runs.

    For example:

        zimogs status
        zimogs status --why
        zimogs status invoices-000017
        zimogs status --watch
    """
    if watch and subject is not None:
        fail("--watch shows everything. Follow one batch with: zimogs approve BATCH --wait SECONDS", ExitCode.USAGE)
    settings = settings_from(config)
    with complaining(UnknownBatch, UnknownDocument, NewerFormat, LostKey), _advising(subject):
        if watch:
            run(watch_overview(settings, everything=everything, why=why, as_json=as_json))
        elif subject is None and everything and as_json and not why:
            run(_print_everything(settings))
        elif subject is None:
            overview = run(collect_overview(settings, everything=everything, why=why))
            say_json(overview) if as_json else show_overview(overview, everything=everything)
        elif is_document_id(subject):
            found = run(locate(DocumentId(subject), OnDisk.of(settings), settings))
            show_whereabouts(found, as_json=as_json)
        elif not is_batch_id(subject):
            fail(
                f"{subject!r} is neither a batch such as invoices-000001 nor the whole id of a document such as "
                "20261123T120000-0123456789ab, as `zimogs submit` gave it.",
                ExitCode.USAGE,
            )
        else:
            run(_show_batch(BatchId(subject), settings, as_json=as_json))


@contextmanager
def _advising(batch: str | None) -> Iterator[None]:
    """Say of a batch whose records are damaged what leads to an end."""
    try:
        yield
    except (NewerFormat, LostKey):
        raise
    except BrokenLedger as error:
        fail(f"{error}\nIt is set apart, and nothing else is touched by that. See: zimogs repair {batch}")


async def _print_everything(settings: Settings) -> None:
    async for text in stream_overview(settings):
        typer.echo(text, nl=False)


async def _show_batch(batch: BatchId, settings: Settings, *, as_json: bool) -> None:
    from worker.app.planning import find_reason

    disk = OnDisk.of(settings)
    history = await disk.ledger.read(batch)
    held = [describe_standstill(each) for each in select_hold_up(history, await find_standstills(settings, disk))]
    why = await find_reason(history.glance, settings, disk)
    if as_json:
        records = history.model_dump(mode="json")["records"]
        say_json(
            {"batch": history.batch, "state": history.state, "waits_for": why, "standstills": held, "records": records}
        )
        return
    console.print(f"[bold]{history.batch}[/bold] is {history.state}", highlight=False)
    if why:
        console.print(plain(f"  {why}"))
    show_standstills(held)
    rows = [
        {
            "record": number,
            "what": str(record.kind),
            "at": f"{record.at:%Y-%m-%d %H:%M:%S}",
            "why": str(getattr(record, "why", getattr(record, "approver", ""))),
        }
        for number, record in enumerate(history.records, start=1)
    ]
    show_table(rows, "Records (UTC)")
