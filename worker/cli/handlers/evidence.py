"""Making a checkpoint, and putting the evidence of a batch together."""

import asyncio
from pathlib import Path
from typing import Any

from config.settings import Settings
from jobs.model.checkpoint import checkpoint_name
from jobs.model.errors import BrokenLedger, UnknownBatch
from jobs.model.names import BatchId
from jobs.model.records import Refusal
from jobs.settle import deliveries_of
from worker.anchors import UnusableAnchor, load_anchors
from worker.app.intake import intake_of
from worker.app.keeper import keeper_of
from worker.app.on_disk import OnDisk
from worker.cli.console import complaining, console, run, say_json, settings_from, settings_to_write
from worker.cli.handlers.fetching import fetch_ledger
from worker.cli.plain_text import plain
from worker.clock import utc_now
from worker.evidence.bundle import Bundle, Sources, collect

_UNSEALED = (
    'It is not sealed: name a route with format = "edoc" as audit.checkpoint_route in the settings. Until then keep a '
    "copy where nobody who can write to the data folder can write."
)


def make_checkpoint(config: Path, *, as_json: bool) -> None:
    """Make one, hand it in and copy it; say what came of it."""
    settings = settings_to_write(config)
    with complaining(BrokenLedger, OSError):
        told = run(_make_checkpoint(settings))
    if as_json:
        say_json(told)
        return
    name = told["checkpoint"]
    console.print(
        plain(f"{name} is written." if told["new"] else f"Nothing was written since {name}."), highlight=False
    )
    if told["document"]:
        console.print(plain(f"It waits for the next batch of route {told['route']}, as document {told['document']}."))
    elif told["route"] is None:
        console.print(plain(_UNSEALED))
    if told["copied_to"]:
        console.print(plain(f"Copies lie in {told['copied_to']}."))


def export_batch(name: BatchId, folder: Path, config: Path, *, as_json: bool) -> None:
    """Write the evidence of the batch into the folder, and say what is missing in it."""
    settings = settings_from(config)
    with complaining(UnknownBatch, BrokenLedger, UnusableAnchor, OSError):
        bundle = run(_export(settings, name, folder))
    known = None if bundle.checkpoint is None else checkpoint_name(bundle.checkpoint)
    if as_json:
        say_json({"folder": str(folder), "files": len(bundle.files), "checkpoint": known, "sealed": bundle.is_sealed})
        return
    console.print(plain(f"{folder} holds {len(bundle.files)} files; its README.txt says how to check them."))
    if known is None:
        console.print(plain("No checkpoint covers the batch yet: run `zimogs audit checkpoint`."))
    elif not bundle.is_sealed:
        console.print(plain(f"{known} covers the batch and is not sealed yet: export once more when it is."))


async def _make_checkpoint(settings: Settings) -> dict[str, Any]:
    # Nobody asks the vendor for its limit here; a checkpoint that is too large is refused at upload.
    disk = OnDisk.of(settings)
    intake = intake_of(settings, disk, limit=lambda: None, observe=lambda _: None)
    keeper = keeper_of(settings, disk, intake)
    made = await keeper.make()
    submitted = await keeper.submit()
    if isinstance(submitted, Refusal):
        raise OSError(f"The checkpoint was refused and lies in quarantine: {submitted.reason}, {submitted.detail}")
    await keeper.copy()
    return {
        "checkpoint": checkpoint_name(max(keeper.checkpoints.numbers())),
        "new": made is not None,
        "route": settings.audit.checkpoint_route,
        "document": None if submitted is None else submitted.id,
        "copied_to": settings.audit.copy_to,
    }


async def _export(settings: Settings, batch: BatchId, folder: Path) -> Bundle:
    disk, data = OnDisk.of(settings), settings.folders.data
    history = await disk.ledger.read(batch)
    await fetch_ledger(disk)
    for delivery in deliveries_of(history):
        await disk.reach.bring_delivered(history.gathered.route, delivery.name)
    sources = Sources(data / "ledger", settings.folders.outbox, load_anchors(settings.trust.anchors))
    bundle = await asyncio.to_thread(collect, history, sources, utc_now())
    await asyncio.to_thread(bundle.write, folder)
    return bundle
