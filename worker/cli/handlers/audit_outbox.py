"""The outbox compared with the ledger, for `zimogs audit verify --outbox`."""

import asyncio
from pathlib import Path
from typing import Any

from config.settings import Settings
from jobs.model.errors import BrokenLedger
from jobs.model.names import DocumentId
from jobs.settle import deliveries_of
from worker.app.dropped import find_dropped
from worker.app.on_disk import OnDisk
from worker.cli.console import console
from worker.cli.handlers.fetching import fetch_ledger
from worker.cli.plain_text import plain
from worker.cli.progress import progressing
from worker.storage.ledger import DiskLedger
from worker.storage.outbox_audit import DeliveredFile, OutboxAudit, OutboxReport, Trouble


async def audit_outbox(settings: Settings, ledger_folder: Path | None) -> OutboxReport:
    """Compare them, and show how far it is. What cannot be read is left to the other checks.

    The folder is the ledger's, or a fresh copy of one in a bucket; where none is given, this machine's.
    """
    disk = OnDisk.of(settings)
    if ledger_folder is None:
        await fetch_ledger(disk)
        ledger_folder = settings.folders.data / "ledger"
    ledger = DiskLedger(ledger_folder)
    delivered: list[DeliveredFile] = []
    known: set[DocumentId] = set()
    under_way: set[DocumentId] = set()
    for batch in await ledger.batches():
        try:
            history = await ledger.read(batch)
        except BrokenLedger:
            continue
        delivered += [DeliveredFile(batch, history.gathered.route, one) for one in deliveries_of(history)]
        known |= {one.document for one in deliveries_of(history)}
        if not history.is_over:
            under_way |= history.documents.keys()
    beyond = await disk.outbox.deliveries_beyond(known | under_way)
    delivered += [DeliveredFile(one.batch, one.route, one.delivery) for one in beyond.copies]
    with progressing("Reading the outbox") as show:
        audit = OutboxAudit(
            disk.outbox_files,
            delivered,
            frozenset(under_way),
            [DeliveredFile(one.batch, one.route, one.delivery) for one, is_ours in beyond.unknown if is_ours],
            await find_dropped(ledger, (one.batch for one, _ in beyond.unknown)),
            await disk.duplicates.notes(),
            lambda done, total: show("Reading the outbox", done, total),
        )
        return await asyncio.to_thread(audit.compare)


def describe_outbox(report: OutboxReport) -> dict[str, Any]:
    """The report for programs."""
    return {
        "intact": report.intact,
        "findings": [
            {
                "trouble": finding.trouble,
                "path": finding.path,
                "batch": finding.file and finding.file.batch,
                "document": finding.file and finding.file.delivery.document,
                "detail": finding.detail,
            }
            for finding in report.findings
        ],
    }


def say_outbox(report: OutboxReport, *, strict: bool) -> None:
    """The report for people: what is missing only in number, unless everything has to be there."""
    console.print(plain(f"{report.intact} files stand in the outbox as they were delivered."), highlight=False)
    missing = [finding for finding in report.findings if finding.trouble is Trouble.MISSING]
    for finding in report.findings:
        if strict or finding.trouble is not Trouble.MISSING:
            console.print(
                plain(f"{finding.trouble}: {finding.path}: {finding.detail}"), style="bold red", highlight=False
            )
    if missing and not strict:
        console.print(plain(f"{len(missing)} were collected or deleted since."), highlight=False)
