"""What shows that the ledger is as it was: verifying it, fixing it by a checkpoint, and evidence for others."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography import x509

from config.settings import Settings
from jobs.model.checkpoint import checkpoint_name
from jobs.model.errors import BrokenLedger, UnknownBatch
from jobs.model.names import BatchId
from jobs.model.records import Refusal
from worker.anchors import UnusableAnchor, load_anchors
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
)
from worker.cli.plain_text import BAD, GOOD, plain
from worker.clock import utc_now
from worker.evidence.bundle import Bundle, Sources, collect
from worker.evidence.report import LedgerReport, verify_ledger
from worker.evidence.sealed import SealedCheckpoint

application = typer.Typer(no_args_is_help=True, help="Check the evidence that the ledger holds, and give it to others.")

LedgerOption = Annotated[
    Path | None,
    typer.Option(
        "--ledger", help="A ledger, or a copy of one; without it, that of the settings.", exists=True, file_okay=False
    ),
]
CheckpointFiles = Annotated[
    list[Path] | None,
    typer.Option("--checkpoint", help="A sealed checkpoint from elsewhere; repeatable.", exists=True, dir_okay=False),
]
Anchors = Annotated[
    list[Path] | None,
    typer.Option("--trust-anchor", help="Root certificate (PEM or DER); repeatable. Else those of the settings."),
]
SealedBy = Annotated[
    str | None,
    typer.Option(help="Whose seal a checkpoint has to bear. Else that of audit.checkpoint_route.", show_default=False),
]
Batch = Annotated[str, typer.Argument(help="The batch, as invoices-000001.", show_default=False)]
To = Annotated[
    Path | None, typer.Option("--to", help="The folder to make; else BATCH-evidence here.", show_default=False)
]


@application.command()
def verify(
    ledger: LedgerOption = None,
    checkpoint: CheckpointFiles = None,
    trust_anchor: Anchors = None,
    sealed_by: SealedBy = None,
    config: Config = DEFAULT_CONFIG,
    *,
    as_json: Json = False,
) -> None:
    """Check that no record was changed, forged, deleted or cut off; offline, on the ledger itself or on a copy.

    Every record carries the hash of the one before it and a MAC, which is checked where the ledger's key lies beside
    it. Each checkpoint that is found there, or named, must know the same chains; seals are checked with the trust
    anchors. Exit code 1 when anything does not hold; each finding says what to do.
    """
    settings = settings_from(config) if ledger is None or config.exists() else None
    with complaining(UnusableAnchor, OSError):
        report = run(
            verify_ledger(
                _find_ledger(ledger, settings),
                load_anchors(trust_anchor) if trust_anchor else _usual_anchors(settings),
                utc_now(),
                others=checkpoint or (),
                sealed_by=sealed_by or _usual_seal(settings),
                is_copy=ledger is not None,
            )
        )
    if as_json:
        say_json(_describe(report))
    else:
        _say(report)
    if report.findings:
        raise typer.Exit(1)


@application.command()
def checkpoint(config: Config = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Write down how far every batch goes, now: whatever lies before it can no longer be rewritten unseen.

    A running worker does it once a day. The checkpoint is handed in to the route that `audit.checkpoint_route` names,
    and sealed with its next batch; it never asks for an approval of its own. It is copied, with the records that it
    covers, where `audit.copy_to` says. Exit code 1 when it cannot be handed in or copied.
    """
    settings = settings_from(config)
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


@application.command()
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


_UNSEALED = (
    'It is not sealed: name a route with format = "edoc" as audit.checkpoint_route in the settings. Until then keep a '
    "copy where nobody who can write to the data folder can write."
)


async def _make_checkpoint(settings: Settings) -> dict[str, Any]:
    disk = OnDisk.of(settings)
    # Nobody asks the vendor for its limit here; a checkpoint that is too large is refused at upload.
    keeper = disk.keeper(settings, disk.intake(settings, limit=lambda: None, observe=lambda _: None))
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


def _find_ledger(chosen: Path | None, settings: Settings | None) -> Path:
    """The ledger's folder; a folder that holds one will do."""
    folder = chosen or (settings.folders.data if settings else Path())
    return folder / "ledger" if (folder / "ledger").is_dir() or chosen is None else folder


def _usual_anchors(settings: Settings | None) -> Sequence[x509.Certificate]:
    """Those of the settings. The ledger can be verified without them, so none are no reason to give up."""
    with suppress(UnusableAnchor):
        return load_anchors(settings.trust.anchors) if settings else ()
    return ()


def _usual_seal(settings: Settings | None) -> str | None:
    """Whose seal the checkpoints bear, as far as the settings say."""
    route = settings.audit.checkpoint_route if settings else None
    return settings.routes[route].seal if settings and route else None


def _describe(report: LedgerReport) -> dict[str, Any]:
    return {
        "batches": report.batches,
        "records": report.records,
        "macs": "checked" if report.are_macs_checked else "not checked",
        "checkpoints": report.checkpoints,
        "seals": [_describe_seal(one) for one in report.sealed],
        "unjudged": [str(path) for path in report.unjudged],
        "faults": [finding.sentence for finding in report.findings],
        "findings": [
            {"flaw": one.flaw, "where": one.where, "found": one.sentence, "advice": one.advice}
            for one in report.findings
        ],
    }


def _describe_seal(sealed: SealedCheckpoint) -> dict[str, Any]:
    ours = sealed.report.ours
    return {
        "file": str(sealed.path),
        "ok": not sealed.findings,
        "sealed_by": ours and ours.sealed_by,
        "sealed_at": ours and ours.sealed_at and ours.sealed_at.isoformat(),
    }


def _say(report: LedgerReport) -> None:
    macs = "MACs too" if report.are_macs_checked else "MACs not: the ledger's key does not lie beside it"
    lines = [
        f"{report.batches} batches, {report.records} records checked, {macs}.",
        f"{report.checkpoints} checkpoints compared, {len(report.sealed)} of them sealed.",
    ]
    if report.unjudged:
        lines.append(f"{len(report.unjudged)} seals not checked: name the roots with --trust-anchor.")
    seals = map(_describe_seal, report.sealed)
    lines += [f"  {Path(seal['file']).name}: sealed by {seal['sealed_by']}, {seal['sealed_at']}" for seal in seals]
    for line in lines:
        console.print(plain(line), highlight=False)
    for finding in report.findings:
        console.print(BAD, plain(finding.sentence), highlight=False)
        console.print(plain(f"  {finding.advice}"), highlight=False)
    if not report.findings:
        console.print(GOOD, "Nothing was changed, as far as this can show.")
