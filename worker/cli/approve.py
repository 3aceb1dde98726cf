import asyncio
import time
import webbrowser
from typing import Annotated

import typer

from config.settings import Settings
from jobs.model.errors import BrokenLedger, UnknownBatch
from jobs.model.history import History
from jobs.model.lifecycle import State
from worker.app.on_disk import OnDisk
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
from worker.cli.plain_text import plain

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
    there. Exit code 1 when the batch does not wait for an approval, or is not delivered within `--wait`.
    """
    batch_id = require_batch_id(batch)
    settings = settings_from(config)
    with complaining(UnknownBatch, BrokenLedger):
        history = run(OnDisk.of(settings).ledger.read(batch_id))
    if history.state is not State.PREPARED:
        fail(f"Batch {batch} is {history.state}; it does not wait for an approval.")
    url = f"{settings.desk.public_url}/batches/{batch}"
    caution = history.prepared.caution
    if not as_json:
        if caution:
            console.print(plain(f"Read this first: {caution}"), style="yellow")
        console.print(f"Approve {len(history.prepared.documents)} documents at\n  {url}", highlight=False)
    if browser:
        webbrowser.open(url)
    history = run(_follow(settings, history, wait, as_json=as_json))
    if as_json:
        documents = len(history.documents)
        say_json({"batch": batch, "state": history.state, "documents": documents, "url": url, "caution": caution})
    if wait and history.state is not State.DELIVERED:
        raise typer.Exit(1)


async def _follow(settings: Settings, history: History, seconds: float, *, as_json: bool) -> History:
    ledger = OnDisk.of(settings).ledger
    end, shown = time.monotonic() + seconds, len(history.records)
    while not history.is_over and time.monotonic() < end:
        await asyncio.sleep(_PAUSE)
        history = await ledger.read(history.batch)
        for record in history.records[shown:]:
            if not as_json:
                console.print(f"  {record.at:%H:%M:%S}  {record.kind}", highlight=False)
        shown = len(history.records)
    return history
