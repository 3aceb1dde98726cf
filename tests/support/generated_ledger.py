"""A ledger as years of work leave it, written without a vendor, without sealing, and without waiting for the disk."""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from jobs.model.chain import ChainHead, ChainKey, encode_record
from jobs.model.digest import Digest, SignatureValue
from jobs.model.documents import Document, Profile
from jobs.model.ledger_archive import end_of_month, month_of
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
from worker.storage.archives.catalogue import Archives
from worker.storage.archives.compaction import MOST_BATCHES
from worker.storage.archives.drafting import EndedBatch, write_archive
from worker.storage.archives.store import ARCHIVES, ArchiveFolder
from worker.storage.chains import CLOSED, find_heads, record_path
from worker.storage.checkpoints import Checkpoints
from worker.storage.durable import make_folder
from worker.storage.ledger_key import CHECKPOINTS, open_chain_key, open_secret

BEGIN = datetime(2025, 1, 2, 8, tzinfo=UTC)
"""When the first batch is gathered; each one after it a quarter of an hour later."""
APART = timedelta(minutes=15)
A_YEARS = timedelta(days=365) / 100_000
"""Apart from each other a hundred thousand batches make a year: 30,000 documents a day, 110 in each batch."""
PARTLY_SEALED = 4
"""Of so many batches one had a document put aside: a hundred batches fill a page of these, as a hundred thousand do."""
AFTER = timedelta(days=35)
"""How long a month has been over when it is archived, as the settings have it by default."""
CUSTOMERS = ("SIA Bērziņš un partneri", "AS Ķekavas dārzs", "SIA Šķūnis", "Jānis Ozoliņš", "IK Žagars", "SIA PARAUGS")
_SIGNED = SignatureValue.of(bytes(256))


def write_ledger(
    folder: Path, closed: int, opened: int = 0, documents: int = 10, route: RouteName = INVOICES
) -> tuple[BatchId, ...]:
    """Write `closed` batches that were delivered and settled, and after them `opened` ones that wait for approval.

    Each holds that many documents; of the closed ones every fourth had one put aside. Gives all of them, oldest first.
    """
    key = open_chain_key(folder)
    batches = [batch_id(route, number) for number in range(1, closed + opened + 1)]
    for number, batch in enumerate(batches, start=1):
        life = a_life(number, documents, route)
        _write(folder, batch, life if number <= closed else life[:2], key)
        if number <= closed:
            (folder / batch / CLOSED).touch()
    return tuple(batches)


def write_years(
    data: Path,
    closed: int,
    opened: int,
    documents: int,
    apart: timedelta = A_YEARS,
    *,
    tell: Callable[[str], None] = lambda _: None,
) -> datetime:
    """Write the same into a data folder as it is left by a house that archives: what is long over in archives.

    One checkpoint knows all of it; `tell` hears how far it is. Gives the time of the newest batch, which is the present
    of that house.
    """
    ledger = data / "ledger"
    key, now = open_chain_key(ledger), BEGIN + (closed + opened) * apart
    heads = []

    def live(numbers: range) -> Iterator[EndedBatch]:
        for number in numbers:
            batch, life = batch_id(INVOICES, number), a_life(number, documents, apart=apart)
            entries = tuple(_encode(batch, life, key))
            heads.append(ChainHead.of(batch, len(entries), entries[-1]))
            yield EndedBatch(batch, entries, life[-1].at)

    secret, archives = open_secret(ledger), Archives(ArchiveFolder.beside(ledger))
    drafts = make_folder(data / ARCHIVES, 0o700)
    archived = [n for n in range(1, closed + 1) if end_of_month(month_of(BEGIN + n * apart)) + AFTER <= now]
    for month, numbers in groupby(archived, key=lambda number: month_of(BEGIN + number * apart)):
        of_month = [*numbers]
        first, last = of_month[0], of_month[-1]
        for begin in range(first, last + 1, MOST_BATCHES):
            part = range(begin, min(begin + MOST_BATCHES, last + 1))
            number = max(archives.names(), default=0) + 1
            write_archive(archives, drafts, month, live(part), number=number, now=now, secret=secret)
        tell(f"{last} written, those of {month} into archives")
    for number in range(len(archived) + 1, closed + opened + 1):
        batch, life = batch_id(INVOICES, number), a_life(number, documents, apart=apart)
        _write(ledger, batch, life if number <= closed else life[:2], key)
        if number <= closed:
            (ledger / batch / CLOSED).touch()
            os.utime(ledger / batch / CLOSED, (life[-1].at.timestamp(),) * 2)
    tell("all of them written")
    heads += find_heads(ledger, {})
    checkpoints = Checkpoints(data / CHECKPOINTS)
    checkpoints.add(checkpoints.extent(secret), heads, now, secret)
    return now


def a_life(number: int, documents: int, route: RouteName = INVOICES, apart: timedelta = APART) -> tuple[Record, ...]:
    """The records of one batch, from gathered to delivered."""
    at = BEGIN + number * apart
    held = documents_of(number, documents, route, apart)
    refused = held[:1] if number % PARTLY_SEALED == 0 and documents > 1 else ()
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


def documents_of(
    number: int, count: int, route: RouteName = INVOICES, apart: timedelta = APART
) -> tuple[Document, ...]:
    """The documents of that batch, which came a minute before it was gathered."""
    at = BEGIN + number * apart - timedelta(minutes=1)
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
    for number, entry in enumerate(_encode(batch, records, key), start=1):
        record_path(folder, batch, number).write_bytes(entry)


def _encode(batch: BatchId, records: Sequence[Record], key: ChainKey) -> Iterator[bytes]:
    before: bytes | None = None
    for number, record in enumerate(records, start=1):
        before = encode_record(record, batch, number, before, key)
        yield before
