import asyncio
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from config.settings import Settings
from jobs.model.errors import BrokenLedger, UnknownBatch
from jobs.model.history import History
from worker.app.on_disk import OnDisk
from worker.cli.console import (
    DEFAULT_CONFIG,
    Config,
    Json,
    a_table,
    complaining,
    console,
    require_batch_id,
    run,
    say_json,
    settings_from,
)
from worker.clock import utc_now

OptionalBatch = Annotated[str | None, typer.Argument(help="A batch, to see all of its records.", show_default=False)]
Everything = Annotated[bool, typer.Option("--all", help="Show batches that are over, too.")]


def status(
    batch: OptionalBatch = None,
    config: Config = DEFAULT_CONFIG,
    *,
    everything: Everything = False,
    as_json: Json = False,
) -> None:
    """Show what stands where: waiting documents, batches and quarantine; or all records of one batch.

    Reads the data folder only, so it works while nothing else runs.
    """
    settings = settings_from(config)
    with complaining(UnknownBatch, BrokenLedger):
        if batch is None:
            _show_overview(run(_collect(settings, everything=everything)), as_json=as_json)
        else:
            _show_batch(run(OnDisk.of(settings).ledger.read(require_batch_id(batch))), as_json=as_json)


async def _collect(settings: Settings, *, everything: bool) -> dict[str, Any]:
    disk, now = OnDisk.of(settings), utc_now()
    chosen = await (disk.ledger.batches() if everything else disk.ledger.open_batches())
    histories = [await disk.ledger.read(batch) for batch in chosen]
    quarantine = [(entry.path, entry.explanation) for entry in await disk.quarantine.entries()]
    return {
        "routes": [
            {"route": name, "waiting": len(await disk.shelf.waiting_list(name)), "seal": route.seal}
            for name, route in settings.routes_by_name.items()
        ],
        "batches": [_describe(history, now) for history in histories],
        "quarantine": [
            {"id": why.document, "reason": why.reason, "path": str(path), "since": why.quarantined_at.isoformat()}
            for path, why in quarantine
        ],
        "unknown_in_quarantine": [{"path": str(path)} for path in await disk.quarantine.unknown()],
        "untaken": [
            {
                "obstacle": untaken.obstacle,
                "path": untaken.path,
                "since": untaken.since.isoformat(),
                "advice": " ".join(filter(None, (untaken.advice, untaken.detail))),
            }
            for untaken in await asyncio.to_thread(disk.untaken.read)
        ],
    }


def _describe(history: History, now: datetime) -> dict[str, Any]:
    return {
        "batch": history.batch,
        "state": history.state,
        "documents": len(history.documents),
        "seal": history.gathered.seal,
        "since": history.since.isoformat(),
        "age_seconds": round((now - history.since).total_seconds()),
    }


def _show_overview(overview: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(overview)
        return
    console.print(_table("Routes", overview["routes"]))
    console.print(_table("Batches", overview["batches"]) if overview["batches"] else "No batch is under way.")
    console.print(_table("Quarantine", overview["quarantine"]) if overview["quarantine"] else "Quarantine is empty.")
    if overview["unknown_in_quarantine"]:
        console.print(_table("Not known here: hand in with `zimogs submit`", overview["unknown_in_quarantine"]))
    if overview["untaken"]:
        console.print(_table("Left in the inbox", overview["untaken"]))


def _table(title: str, rows: list[dict[str, Any]]) -> Table:
    table = a_table(*rows[0], title=title)
    for row in rows:
        table.add_row(*map(str, row.values()))
    return table


def _show_batch(history: History, *, as_json: bool) -> None:
    if as_json:
        say_json(
            {"batch": history.batch, "state": history.state, "records": history.model_dump(mode="json")["records"]}
        )
        return
    console.print(f"[bold]{history.batch}[/bold] is {history.state}", highlight=False)
    rows = [
        {
            "record": number,
            "what": str(record.kind),
            "at": f"{record.at:%Y-%m-%d %H:%M:%S}",
            "why": str(getattr(record, "why", getattr(record, "approver", ""))),
        }
        for number, record in enumerate(history.records, start=1)
    ]
    console.print(_table("Records (UTC)", rows))
