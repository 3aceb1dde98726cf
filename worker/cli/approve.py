import asyncio
import time
import webbrowser
from collections.abc import Sequence
from typing import Annotated

import typer

from config.settings import Settings
from jobs.model.errors import BrokenLedger, UnknownBatch
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.names import BatchId
from jobs.model.records import Lapsed
from jobs.model.roles import Action
from jobs.model.standstill import Cause, Standstill, foresee_standstills
from jobs.prompts import next_action
from worker.app.on_disk import OnDisk
from worker.app.standing import find_standstills
from worker.cli.console import (
    DEFAULT_CONFIG,
    Config,
    Json,
    complaining,
    console,
    fail,
    require_batch_id,
    run,
    say_json,
    settings_from,
)
from worker.cli.exit_codes import ExitCode
from worker.cli.plain_text import plain
from worker.cli.standstills import describe_standstill

BatchToApprove = Annotated[str, typer.Argument(help="The batch to approve.", show_default=False)]
OpenPage = Annotated[bool, typer.Option("--open", help="Open the page in the browser.")]
Wait = Annotated[float, typer.Option(help="Wait up to this many seconds until the batch is over.", min=0)]

_PAUSE = 0.5  # seconds between two looks at the ledger


def approve(
    batch: BatchToApprove,
    config: Config = DEFAULT_CONFIG,
    *,
    browser: OpenPage = False,
    wait: Wait = 0,
    as_json: Json = False,
) -> None:
    """Tell where a batch is approved, and follow it to its end.

    Consent is given by a person on the vendor's own page, never at a terminal: this prints the desk's page that leads
    there. Exit code 3 when the batch does not wait for an approval; with `--wait` 4 when it is not over by then, and 1
    when it ended without being delivered.

    For example:

        zimogs approve invoices-000017 --open --wait 600
    """
    batch_id = require_batch_id(batch)
    settings = settings_from(config)
    with complaining(UnknownBatch, BrokenLedger):
        history, standing = run(_look(settings, batch_id))
    if history.is_stopped:
        why, page = history.last(Lapsed).why, f"{settings.desk.public_url}/batches/{batch}"
        fail(f"Batch {batch} stopped: {why}. Once the cause is gone, press “Ask again” on {page}", ExitCode.REFUSED)
    if history.state is not State.PREPARED:
        why = "" if history.is_over else _in_words(standing)
        fail(f"Batch {batch} is {history.state}; it does not wait for an approval.{why}", ExitCode.REFUSED)
    url = f"{settings.desk.public_url}/batches/{batch}"
    caution = history.prepared.caution
    if not as_json:
        if caution:
            console.print(plain(f"Read this first: {caution}"), style="yellow")
        route = settings.routes_by_name.get(history.gathered.route)
        if route is not None and next_action(history, route) is Action.RELEASE:
            console.print("It has to be released first, by somebody else than whoever approves it; on the same page.")
        console.print(f"Approve {len(history.prepared.documents)} documents at\n  {url}", highlight=False)
        if standing:
            console.print(plain(f"Something is in the way, and approving may have to wait.{_in_words(standing)}"))
    if browser:
        webbrowser.open(url)
    history = run(_follow(settings, history, wait, as_json=as_json))
    if as_json:
        standing = run(_look(settings, batch_id))[1]
        told = {"batch": batch, "state": history.state, "documents": len(history.documents), "url": url}
        told |= {"caution": caution}
        say_json(told | {"standstills": [] if history.is_over else list(map(describe_standstill, standing))})
    if wait and history.state is not State.DELIVERED:
        raise typer.Exit(ExitCode.FAILED if history.is_over else ExitCode.UNCERTAIN)


async def _look(settings: Settings, batch: BatchId) -> tuple[History, tuple[Standstill, ...]]:
    """The batch, and what holds it up or would."""
    disk = OnDisk.of(settings)
    history = await disk.ledger.read(batch)
    standing = await find_standstills(settings, disk)
    return history, foresee_standstills(standing, batch, history.gathered.route)


def _in_words(standing: Sequence[Standstill]) -> str:
    return "".join(f"\n  {each.meaning} {each.advice}" for each in standing)


async def _follow(settings: Settings, history: History, seconds: float, *, as_json: bool) -> History:
    end, shown = time.monotonic() + seconds, len(history.records)
    told: tuple[Cause, ...] = ()
    while not history.is_over and time.monotonic() < end:
        await asyncio.sleep(_PAUSE)
        history, standing = await _look(settings, history.batch)
        causes = tuple(each.cause for each in standing)
        if as_json:
            continue
        for record in history.records[shown:]:
            console.print(f"  {record.at:%H:%M:%S}  {record.kind}", highlight=False)
        if standing and causes != told:
            console.print(plain(f"  It does not move now.{_in_words(standing)}"))
        shown, told = len(history.records), causes
    return history
