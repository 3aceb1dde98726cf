"""Lives of batches in a ledger on disk, and what somebody does to them who can write there and cannot read its key."""

import base64
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from jobs.deliver import deliver
from jobs.model.chain import ChainedRecord, ChainKey, encode_record
from jobs.model.digest import Digest
from jobs.model.documents import Document
from jobs.model.history import History
from jobs.model.names import BatchId, batch_id
from sandbox.pki.keys import KeyKind
from sandbox.variants.signapi import ContainerWriter
from tests.support.builders import INVOICES, a_seal, documents
from tests.support.edoc import write_sealed
from tests.support.memory_app import MemoryApp
from tests.support.pki import the_seal
from tests.support.small import MemorySeals
from worker.storage.chains import read_entries, record_path
from worker.storage.checkpoints import Checkpoints
from worker.storage.ledger import DiskLedger

FOREIGN = ChainKey(b"somebody else's key")

Edit = Callable[[dict[str, Any]], None]
"""Changes one record, given as JSON."""


async def write_lives(
    ledger: Path, count: int, begin: int = 1, of: Sequence[Document] = tuple(documents(2))
) -> list[History]:
    """Delivered batches of these documents each, sealed with a real certificate."""
    app = MemoryApp()
    certificate = base64.b64encode(the_seal().certificate_der).decode()
    app.seals = MemorySeals(a_seal().model_copy(update={"certificate": certificate}))
    life = await deliver((await app.signed(*of)).batch, app.tools)
    written = []
    for number in range(begin, begin + count):
        disk = DiskLedger(ledger)
        history = await disk.open(batch_id(INVOICES, number), life.gathered)
        for record in life.records[1:]:
            history = await disk.append(history, record)
        written.append(history)
    return written


def rewrite(ledger: Path, batch: BatchId, edit: Edit, key: ChainKey = FOREIGN) -> None:
    """Change records and write the whole chain anew behind them, with hashes that fit."""
    before = None
    for number, entry in enumerate(read_entries(ledger, batch), start=1):
        record = json.loads(entry)["record"]
        edit(record)
        parsed = ChainedRecord.model_validate({"previous": None, "record": record}).record
        before = encode_record(parsed, batch, number, before, key)
        record_path(ledger, batch, number).write_bytes(before)


def rewrite_unmarked(ledger: Path, batch: BatchId, edit: Edit = lambda _: None) -> None:
    """The same, as the first version wrote records: without a MAC."""
    before = None
    for number, entry in enumerate(read_entries(ledger, batch), start=1):
        record = json.loads(entry)["record"]
        edit(record)
        previous = None if before is None else str(Digest.sha256(before))
        before = json.dumps({"previous": previous, "record": record}, separators=(",", ":")).encode()
        record_path(ledger, batch, number).write_bytes(before)


def forge_approver(record: dict[str, Any]) -> None:
    """Say that somebody else approved."""
    if record["kind"] == "signing":
        record["approver"] = "PNOLV-999999-99999"


def seal_checkpoint(
    checkpoints: Checkpoints,
    number: int,
    folder: Path,
    writer: ContainerWriter = ContainerWriter.BASELINE,
    kind: KeyKind = KeyKind.P256,
) -> Path:
    """Seal a checkpoint as the practice vendor does, and put it where it belongs."""
    path = checkpoints.path(number)
    folder.mkdir(exist_ok=True)
    container = write_sealed(folder, {path.name: path.read_bytes()}, writer, kind)
    return container.rename(checkpoints.sealed(number))
