import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from config.settings import Settings
from jobs.model.asking import Asking
from jobs.model.damage import Damage
from jobs.model.errors import BrokenLedger, LostKey, NewerFormat, UnknownBatch, UnknownDocument
from jobs.model.freeze import select_freeze
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.names import BatchId, DocumentId, is_batch_id, is_document_id
from jobs.model.standstill import Cause, Standstill, select_standstills
from worker.app.astray import ASTRAY_ADVICE, find_astray
from worker.app.on_disk import OnDisk
from worker.app.standing import find_standstills
from worker.app.targets import find_targets
from worker.app.whereabouts import locate
from worker.cli.console import (
    DEFAULT_CONFIG,
    Config,
    Json,
    a_table,
    complaining,
    console,
    fail,
    run,
    say_json,
    settings_from,
)
from worker.cli.locating import show_whereabouts
from worker.cli.standstills import describe_standstill, show_standstills
from worker.clock import utc_now
from worker.storage.untold import find_backlogs

BatchOrDocument = Annotated[
    str | None,
    typer.Argument(help="A batch, to see all of its records; or a document, to see where it is.", show_default=False),
]
Everything = Annotated[
    bool, typer.Option("--all", help="Show batches that are over, and documents that were put aside for good, too.")
]


def status(
    subject: BatchOrDocument = None,
    config: Config = DEFAULT_CONFIG,
    *,
    everything: Everything = False,
    as_json: Json = False,
) -> None:
    """Show what stands where, and what stands still: waiting documents, batches, quarantine; or one of them.

    A batch is shown with all of its records, a document, by the id that `submit` gave, with where it is. Reads the data
    folder only, so it works while nothing else runs.
    """
    settings = settings_from(config)
    with complaining(UnknownBatch, UnknownDocument, NewerFormat, LostKey), _advising(subject):
        if subject is None:
            _show_overview(run(_collect(settings, everything=everything)), everything=everything, as_json=as_json)
        elif is_document_id(subject):
            found = run(locate(DocumentId(subject), OnDisk.of(settings), settings))
            show_whereabouts(found, as_json=as_json)
        elif not is_batch_id(subject):
            fail(
                f"{subject!r} is neither a batch such as invoices-000001 nor the whole id of a document such as "
                "20261123T120000-0123456789ab, as `zimogs submit` gave it.",
                code=2,
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


async def _collect(settings: Settings, *, everything: bool) -> dict[str, Any]:
    disk, now = OnDisk.of(settings), utc_now()
    chosen = await (disk.ledger.batches() if everything else disk.ledger.open_batches())
    histories, damages = await _read_batches(disk, chosen)
    quarantine = [(entry.path, entry.explanation) for entry in await disk.quarantine.entries()]
    standing, freezes = await find_standstills(settings, disk), await disk.freezes.all()
    return {
        "routes": [
            {
                "route": name,
                "waiting": len(await disk.shelf.waiting_list(name)),
                "seal": route.seal,
                "collected_until": _describe_next(route.asking, now),
                "frozen": freeze.sentence if (freeze := select_freeze(freezes, name)) else "",
            }
            for name, route in settings.routes_by_name.items()
        ],
        "batches": [_describe(history, standing, now) for history in histories],
        "standstills": [describe_standstill(each) for each in standing],
        "damaged": [
            {"batch": damage.batch, "fault": damage.fault, "advice": f"zimogs repair {damage.batch}"}
            for damage in damages
        ],
        "quarantine": [
            {"id": why.document, "reason": why.reason, "path": str(path), "since": why.quarantined_at.isoformat()}
            for path, why in quarantine
        ],
        "dismissed": [
            {
                "id": entry.explanation.document,
                "reason": entry.explanation.reason,
                **entry.dismissal.model_dump(mode="json"),
            }
            for entry in await disk.quarantine.dismissed()
            if entry.dismissal is not None
        ],
        "notices": [
            {
                "target": each.target,
                "untold": each.untold,
                "given_up": each.dead,
                "since": "" if each.oldest is None else each.oldest.isoformat(timespec="seconds"),
                "failure": each.state.failure,
            }
            for each in await find_backlogs(
                settings.folders.data, [target.folder for target, _ in find_targets(settings)]
            )
            if each.dead or each.state.failure
        ],
        "unknown_in_quarantine": [{"path": str(path)} for path in await disk.quarantine.unknown()],
        "astray": [
            {"id": path.stem, "path": str(path), "advice": ASTRAY_ADVICE} for path in await find_astray(disk, settings)
        ],
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


async def _read_batches(disk: OnDisk, batches: Sequence[BatchId]) -> tuple[list[History], list[Damage]]:
    """The batches; those whose records are damaged apart from the others."""
    histories: list[History] = []
    damages: list[Damage] = []
    for batch in batches:
        try:
            histories.append(await disk.ledger.read(batch))
        except BrokenLedger:
            damages += filter(None, [await disk.ledger.find_damage(batch)])
    return histories, damages


def _describe_next(asking: Asking, now: datetime) -> str:
    """Until when is collected what waits, by the clock of the house."""
    at = asking.next_time(now)
    return "" if at is None else at.astimezone(asking.calendar.zone).isoformat(timespec="minutes")


def _hold_up(history: History, standing: Sequence[Standstill]) -> tuple[Standstill, ...]:
    """What holds the batch up; a freeze only what waits for an approval: all else goes on."""
    if history.is_over:
        return ()
    found = select_standstills(standing, history.batch, history.gathered.route)
    return tuple(each for each in found if each.cause is not Cause.FROZEN or history.state is State.PREPARED)


def _describe(history: History, standing: Sequence[Standstill], now: datetime) -> dict[str, Any]:
    held = _hold_up(history, standing)
    return {
        "batch": history.batch,
        "state": history.state,
        "documents": len(history.documents),
        "seal": history.gathered.seal,
        "since": history.since.isoformat(),
        "age_seconds": round((now - history.since).total_seconds()),
        "held_up_by": ", ".join(dict.fromkeys(each.cause for each in held)),
    }


def _show_overview(overview: dict[str, Any], *, everything: bool, as_json: bool) -> None:
    if as_json:
        say_json(overview)
        return
    show_standstills(overview["standstills"])
    console.print(_table("Routes", overview["routes"]))
    console.print(_table("Batches", overview["batches"]) if overview["batches"] else "No batch is under way.")
    console.print(_table("Quarantine", overview["quarantine"]) if overview["quarantine"] else "Quarantine is empty.")
    if everything and overview["dismissed"]:
        console.print(_table("Put aside for good", overview["dismissed"]))
    if overview["damaged"]:
        console.print(_table("Damaged", overview["damaged"]))
    if overview["notices"]:
        console.print(_table("Not told: see `zimogs webhooks list`", overview["notices"]))
    if overview["astray"]:
        console.print(_table("Astray", overview["astray"]))
    if overview["unknown_in_quarantine"]:
        console.print(_table("Not known here: hand in with `zimogs submit`", overview["unknown_in_quarantine"]))
    if overview["untaken"]:
        console.print(_table("Left in the inbox", overview["untaken"]))


def _table(title: str, rows: list[dict[str, Any]]) -> Table:
    table = a_table(*rows[0], title=title)
    for row in rows:
        table.add_row(*map(str, row.values()))
    return table


async def _show_batch(batch: BatchId, settings: Settings, *, as_json: bool) -> None:
    disk = OnDisk.of(settings)
    history = await disk.ledger.read(batch)
    held = [describe_standstill(each) for each in _hold_up(history, await find_standstills(settings, disk))]
    if as_json:
        records = history.model_dump(mode="json")["records"]
        say_json({"batch": history.batch, "state": history.state, "standstills": held, "records": records})
        return
    console.print(f"[bold]{history.batch}[/bold] is {history.state}", highlight=False)
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
    console.print(_table("Records (UTC)", rows))
