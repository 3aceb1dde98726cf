"""Fixing the ledger by a checkpoint, and the evidence of a batch for others."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from config.settings import Settings
from jobs.model.checkpoint import checkpoint_name
from jobs.model.errors import BrokenLedger, UnknownBatch
from jobs.model.names import BatchId
from jobs.model.records import Refusal
from worker.anchors import UnusableAnchor, load_anchors
from worker.app.intake import intake_of
from worker.app.keeper import keeper_of
from worker.app.on_disk import OnDisk
from worker.cli.console import (
    DEFAULT_CONFIG,
    Config,
    Json,
    complaining,
    console,
    require_batch_id,
    run,
    say_json,
    settings_from,
    settings_to_write,
)
from worker.cli.plain_text import plain
from worker.clock import utc_now
from worker.evidence.bundle import Bundle, Sources, collect

_UNSEALED = (
    'It is not sealed: name a route with format = "edoc" as audit.checkpoint_route in the settings. Until then keep a '
    "copy where nobody who can write to the data folder can write."
)

Batch = Annotated[str, typer.Argument(help="The batch, as invoices-000001.", show_default=False)]
To = Annotated[
    Path | None, typer.Option("--to", help="The folder to make; else BATCH-evidence here.", show_default=False)
]


def checkpoint(config: Config = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Write down how far every batch goes, now: whatever lies before it can no longer be rewritten unseen.

    A running worker does it once a day. The checkpoint is handed in to the route that `audit.checkpoint_route` names,
    and sealed with its next batch; it never asks for an approval of its own. It is copied, with the records that it
    covers, where `audit.copy_to` says. Exit code 1 when it cannot be handed in or copied.
    """
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


def export(batch: Batch, to: To = None, config: Config = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Put together the evidence of one batch, for somebody who has neither zimogs nor any reason to trust it.

    Its records byte for byte, who approved it and when, hashes, certificates, reports, and its place in a sealed
    checkpoint; README.txt in it says how to check all of it with openssl and sha256sum. Exit code 1 when that fails.
    """
    settings, name = settings_from(config), require_batch_id(batch)
    folder = to or Path(f"{name}-evidence")
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
    intake = intake_of(settings, OnDisk.of(settings), limit=lambda: None, observe=lambda _: None)
    keeper = keeper_of(settings, intake)
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
    sources = Sources(data / "ledger", settings.folders.outbox, load_anchors(settings.trust.anchors))
    bundle = await asyncio.to_thread(collect, history, sources, utc_now())
    await asyncio.to_thread(bundle.write, folder)
    return bundle
