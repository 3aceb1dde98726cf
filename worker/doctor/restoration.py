"""What outbox and vendor know that the ledger does not: all that happened since the copy was made that was restored."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jobs.model.errors import BrokenLedger, SealingError
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.names import DocumentId, batch_number, batch_route
from jobs.model.records import Prepared
from jobs.ports import Age, Ledger, SealingService
from jobs.reconcile import find_doubt
from jobs.sealed_before import look_into_outbox
from worker.app.dropped import find_dropped
from worker.doctor.finding import Finding, caution, fault, fine
from worker.storage.delivery_index import Remembered
from worker.storage.layout import Layout
from worker.storage.outbox import DiskOutbox
from worker.storage.sidecar import Sidecar

_NAMED = 10
"""Documents that are named in one finding."""


@dataclass(frozen=True, slots=True)
class DiskWitnesses:
    """Implements `jobs.sealed_before.Witnesses`."""

    outbox: DiskOutbox
    service: SealingService
    age: Age


async def examine_restoration(ledger: Ledger, witnesses: DiskWitnesses, layout: Layout) -> list[Finding]:
    """Compare the ledger with both; nothing is changed, since the worker looks for itself before it seals."""
    findings: list[Finding] = []
    known: set[DocumentId] = set()
    early = 0
    for batch in await ledger.batches():
        try:
            history = await ledger.read(batch)
        except BrokenLedger as error:
            findings.append(fault(f"batch {batch}", str(error), "Run `zimogs audit verify`; restore this batch alone."))
            continue
        known |= history.documents.keys()
        early += len(history.documents) if history.state is State.GATHERED else 0
        if not history.is_over:
            findings.append(await _examine_batch(history, witnesses))
    findings.append(_examine_shelf(await asyncio.to_thread(layout.unheld, known)))
    findings.append(_examine_waiting(await asyncio.to_thread(layout.count_waiting) + early))
    remembered = await witnesses.outbox.deliveries_beyond(known)
    dropped = await find_dropped(ledger, (sidecar.batch for sidecar, _ in remembered.unknown))
    unknown = [sidecar for sidecar, is_ours in remembered.unknown if is_ours and sidecar.batch not in dropped]
    findings.append(_examine_deliveries(unknown, remembered))
    if remembered.foreign:
        words = f"{remembered.foreign} deliveries were written down with another key than data/outbox.key"
        findings.append(caution("restored outbox", words, "They prove nothing: their documents are set apart."))
    in_order = sorted((sidecar for sidecar, _ in remembered.unknown), key=lambda sidecar: batch_number(sidecar.batch))
    for sidecar in {batch_route(sidecar.batch): sidecar for sidecar in in_order}.values():
        latest, number = await ledger.latest(sidecar.route), batch_number(sidecar.batch)
        if number > latest:
            words = f"numbers {latest + 1} to {number} were given before, and will be given again"
            advice = "Keep this report with the ledger: sidecars of those batches are not of its own."
            findings.append(caution(f"batches of route {sidecar.route}", words, advice))
    return findings


async def _examine_batch(history: History, witnesses: DiskWitnesses) -> Finding:
    subject = f"batch {history.batch}"
    try:
        is_prepared = history.state in {State.PREPARED, State.SIGNED} and history.has(Prepared)
        doubt = await find_doubt(history, witnesses) if is_prepared else ""
        doubt = doubt or (await look_into_outbox(history, witnesses)).caution
    except SealingError as error:
        return caution(subject, f"its sessions cannot be looked at: {error}", "Run this again when eParaksts answers.")
    if not doubt or history.state in {State.SEALED, State.ARCHIVING, State.ARCHIVED}:
        return fine(subject, f"{history.state}; nothing of it was sealed since")
    advice = "Nothing to do: the worker settles what is proven, sets the rest apart, and tells whoever approves."
    return caution(subject, f"{history.state}, but {doubt}", advice)


def _examine_shelf(unheld: Sequence[Path]) -> Finding:
    if not unheld:
        return fine("restored shelf", "every original on it waits or is held by a batch")
    words = f"{len(unheld)} originals that no batch and no list knows: {', '.join(map(str, unheld[:_NAMED]))}"
    advice = "The copy was taken while zimogs ran. Hand them in with `zimogs submit --route NAME`, then delete them."
    return caution("restored shelf", words, advice)


def _examine_waiting(count: int) -> Finding:
    """Of those no session tells anything, only the outbox."""
    if not count:
        return fine("restored waiting lists", "nothing waited for its preparation when the copy was made")
    words = f"{count} documents waited for their preparation when the copy was made"
    advice = (
        "Nothing to do where the outbox is as it was. If it is an older copy too, nothing tells whether they were "
        "sealed since: ask those who collect the sealed files before you approve them."
    )
    return caution("restored waiting lists", words, advice)


def _examine_deliveries(unknown: Sequence[Sidecar], remembered: Remembered) -> Finding:
    if not unknown:
        count = remembered.lines - remembered.foreign
        return fine("restored ledger", f"all {count} deliveries that the outbox remembers are of its batches")
    names = ", ".join(f"{sidecar.route}/{sidecar.original.name}" for sidecar in unknown[:_NAMED])
    more = f" and {len(unknown) - _NAMED} more" if len(unknown) > _NAMED else ""
    times = sorted(sidecar.sealed.sealed_at for sidecar in unknown)
    return caution(
        "restored ledger",
        f"{len(unknown)} documents were sealed and delivered between {times[0]:%Y-%m-%d %H:%M} and "
        f"{times[-1]:%Y-%m-%d %H:%M %Z} that it does not know: {names}{more}",
        "Do not hand their originals in again, nor send them from the quarantine: they would be sealed once more.",
    )
