"""A ledger as years of work leave it, written without a vendor, without sealing, and without waiting for the disk."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from jobs.model.chain import ChainKey, encode_record
from jobs.model.digest import Digest, SignatureValue
from jobs.model.documents import Document, Profile
from jobs.model.metadata import Metadata
from jobs.model.names import BatchId, DocumentId, RouteName, batch_id, document_id
from jobs.model.reasons import Reason
from jobs.model.records import (
    Delivered,
    Delivery,
    DocumentResult,
    Finalizing,
    Gathered,
    Prepared,
    PreparedDocument,
    Record,
    Refusal,
    Sealed,
    Signed,
    SignedDocument,
    Signing,
)
from tests.support.builders import ANNA, INVOICES, a_seal
from worker.storage.chains import CLOSED, record_path
from worker.storage.ledger_key import open_chain_key

BEGIN = datetime(2025, 1, 2, 8, tzinfo=UTC)
"""When the first batch is gathered; each one after it a quarter of an hour later."""
APART = timedelta(minutes=15)
CUSTOMERS = ("SIA Bērziņš un partneri", "AS Ķekavas dārzs", "SIA Šķūnis", "Jānis Ozoliņš", "IK Žagars", "SIA PARAUGS")
_SIGNED = SignatureValue.of(bytes(256))


def write_ledger(
    folder: Path, closed: int, opened: int = 0, documents: int = 10, route: RouteName = INVOICES
) -> tuple[BatchId, ...]:
    """Write `closed` batches that were delivered and settled, and after them `opened` ones that wait for approval.

    Each holds that many documents; of the closed ones every tenth had one put aside. Gives all of them, oldest first.
    """
    key = open_chain_key(folder)
    batches = [batch_id(route, number) for number in range(1, closed + opened + 1)]
    for number, batch in enumerate(batches, start=1):
        life = a_life(number, documents, route)
        _write(folder, batch, life if number <= closed else life[:2], key)
        if number <= closed:
            (folder / batch / CLOSED).touch()
    return tuple(batches)


def a_life(number: int, documents: int, route: RouteName = INVOICES) -> tuple[Record, ...]:
    """The records of one batch, from gathered to delivered."""
    at = BEGIN + number * APART
    held = documents_of(number, documents, route)
    refused = held[:1] if number % 10 == 0 and documents > 1 else ()
    sealed = held[len(refused) :]
    results = tuple(DocumentResult(document=document.id) for document in sealed)
    return (
        Gathered(at=at, route=route, seal=a_seal().label, profile=Profile(), documents=held),
        Prepared(
            at=at,
            documents=tuple(
                PreparedDocument(document=document.id, session=f"session-{document.id}", digest=document.sha256)
                for document in sealed
            ),
            refused=tuple(_refuse(document.id) for document in refused),
            seal=a_seal(),
            summary=hashlib.sha256(str(number).encode()).hexdigest(),
            summary_algorithm="sha256",
            signature_algorithm="rsa-sha256",
            expires_at=at + timedelta(hours=1),
        ),
        Signing(at=at, approver=ANNA, attempt=1),
        Signed(at=at, values=tuple(SignedDocument(document=document.id, value=_SIGNED) for document in sealed)),
        Finalizing(at=at, attempt=1),
        Sealed(at=at, results=results),
        Delivered(at=at, outcomes=(*map(_deliver, sealed), *(_refuse(document.id) for document in refused))),
    )


def documents_of(number: int, count: int, route: RouteName = INVOICES) -> tuple[Document, ...]:
    """The documents of that batch, which came a minute before it was gathered."""
    at = BEGIN + number * APART - timedelta(minutes=1)
    return tuple(_document(number * 1000 + place, route, at) for place in range(count))


def _document(number: int, route: RouteName, at: datetime) -> Document:
    return Document(
        id=document_id(at, number.to_bytes(6, "big")),
        route=route,
        name=f"{at:%Y}/rēķins-{number:08}.pdf",
        size=50_000 + number % 1000,
        sha256=Digest.sha256(str(number).encode()),
        received_at=at,
        metadata=Metadata(
            number=f"RK{at:%y}-{number:08}",
            issued_on=date(at.year, at.month, at.day),
            total=Decimal(number) / 100,
            currency="EUR",
            customer=CUSTOMERS[number % len(CUSTOMERS)],
        ),
    )


def _deliver(document: Document) -> Delivery:
    return Delivery(document=document.id, name=document.name, sha256=document.sha256, size=70_000, level="LT")


def _refuse(document: DocumentId) -> Refusal:
    return Refusal(document=document, reason=next(iter(Reason)), detail="as an example")


def _write(folder: Path, batch: BatchId, records: Sequence[Record], key: ChainKey) -> None:
    (folder / batch).mkdir(parents=True)
    before: bytes | None = None
    for number, record in enumerate(records, start=1):
        before = encode_record(record, batch, number, before, key)
        record_path(folder, batch, number).write_bytes(before)
