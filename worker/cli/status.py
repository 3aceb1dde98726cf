import asyncio
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from config.settings import Settings
from jobs.model.errors import BrokenLedger, UnknownBatch
from jobs.model.history import History
from jobs.model.names import BatchId, is_batch_id
from worker.app.on_disk import OnDisk
from worker.cli.options import DEFAULT_CONFIG, Config, Json
from worker.cli.speaking import a_table, complaining, console, fail, run, say_json, settings_from
from worker.clock import utc_now

Batch = Annotated[str | None, typer.Argument(help="A batch, to see all of its records.", show_default=False)]
Everything = Annotated[bool, typer.Option("--all", help="Show batches that are over, too.")]


def status(
    batch: Batch = None, config: Config = DEFAULT_CONFIG, *, everything: Everything = False, as_json: Json = False
) -> None:
    """Show what stands where: waiting documents, batches and quarantine; or all records of one batch.

    Reads the data folder only, so it works while nothing else runs.
    """
    settings = settings_from(config)
    with complaining(UnknownBatch, BrokenLedger):
        if batch is None:
            _show_all(run(_overview(settings, everything=everything)), as_json=as_json)
        elif is_batch_id(batch):
            _show_one(run(OnDisk.of(settings).ledger.read(BatchId(batch))), as_json=as_json)
        else:
            fail(f"{batch!r} is not a batch id such as invoices-000001.", code=2)


async def _overview(settings: Settings, *, everything: bool) -> dict[str, Any]:
    disk, now = OnDisk.of(settings), utc_now()
    chosen = await (disk.ledger.batches() if everything else disk.ledger.open_batches())
    histories = [await disk.ledger.read(batch) for batch in chosen]
    return {
        "routes": [
            {"route": name, "waiting": len(await disk.shelf.waiting_list(name)), "seal": route.seal}
            for name, route in settings.routes_by_name.items()
        ],
        "batches": [_summary(history, now) for history in histories],
        "quarantine": [
            {
                "id": entry.explanation.document,
                "reason": entry.explanation.reason,
                "path": str(entry.path),
                "since": entry.explanation.quarantined_at.isoformat(),
            }
            for entry in await disk.quarantine.entries()
        ],
        "untaken": [
            {
                "path": untaken.path,
                "obstacle": untaken.obstacle,
                "since": untaken.since.isoformat(),
                "advice": " ".join(filter(None, (untaken.advice, untaken.detail))),
            }
            for untaken in await asyncio.to_thread(disk.untaken.read)
        ],
    }


def _summary(history: History, now: datetime) -> dict[str, Any]:
    return {
        "batch": history.batch,
        "state": history.state,
        "documents": len(history.documents),
        "seal": history.gathered.seal,
        "since": history.since.isoformat(),
        "age_seconds": round((now - history.since).total_seconds()),
    }


def _show_all(overview: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(overview)
        return
    console.print(_table("Routes", overview["routes"]))
    console.print(_table("Batches", overview["batches"]) if overview["batches"] else "No batch is under way.")
    console.print(_table("Quarantine", overview["quarantine"]) if overview["quarantine"] else "Quarantine is empty.")
    if overview["untaken"]:
        console.print(_table("Left in the inbox", overview["untaken"]))


def _table(title: str, rows: list[dict[str, Any]]) -> Table:
    table = a_table(*rows[0], title=title)
    for row in rows:
        table.add_row(*map(str, row.values()))
    return table


def _show_one(history: History, *, as_json: bool) -> None:
    if as_json:
        say_json(
            {"batch": history.batch, "state": history.state, "records": history.model_dump(mode="json")["records"]}
        )
        return
    console.print(f"[bold]{history.batch}[/bold] is {history.state}", highlight=False)
    rows = [
        {"record": number, "what": str(record.kind), "at": f"{record.at:%Y-%m-%d %H:%M:%S}", "why": _why(record)}
        for number, record in enumerate(history.records, start=1)
    ]
    console.print(_table("Records (UTC)", rows))


def _why(record: object) -> str:
    return str(getattr(record, "why", getattr(record, "approver", "")))
