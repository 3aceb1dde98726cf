"""Entries as rows. Everything here blocks, and belongs into one transaction of whoever calls."""

import sqlite3
from calendar import timegm
from collections.abc import Iterable, Sequence
from itertools import chain
from time import strptime

from jobs.model.names import BatchId, DocumentId, batch_number
from worker.storage.index.entries import Entry, IndexedDocument, Mark
from worker.storage.index.question import searched_text

_RANDOM_BITS = 30
_MOST_LETTERS = 4000
"""Of one document that are searched; whoever hands it in may say a great deal about it."""


def place_at(second: int) -> int:
    """The first place of a document that came at this second of Unix time: places are in the order of time."""
    return second << _RANDOM_BITS


def write_entry(connection: sqlite3.Connection, entry: Entry) -> None:
    """Have the batch stand in the index as the entry says, whatever stood there."""
    batch, mark = entry.batch, entry.mark
    connection.execute(
        "insert or replace into batches values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            batch.batch,
            batch.route,
            batch_number(batch.batch),
            batch.standing,
            batch.gathered_at.timestamp(),
            batch.since.timestamp(),
            batch.documents,
            batch.size,
            batch.sealed,
            batch.refused,
            *mark,
        ),
    )
    known = {one for (one,) in connection.execute("select id from documents where batch = ?", (batch.batch,))}
    if known != {document.id for document in entry.documents}:
        _delete_documents(connection, batch.batch)
        for document in entry.documents:
            _insert_document(connection, document)
        return
    # A batch is frozen: what its documents are does not change, only what becomes of them.
    connection.executemany(
        "update documents set ending = ?, path = ?, reason = ?, ended_at = ? where batch = ? and id = ?",
        ((*_describe_end(each), each.batch, each.id) for each in entry.documents),
    )


def delete_batch(connection: sqlite3.Connection, batch: BatchId) -> None:
    """Forget the batch: the ledger does not know it any more."""
    _delete_documents(connection, batch)
    connection.execute("delete from batches where batch = ?", (batch,))


def read_marks(connection: sqlite3.Connection, batches: Sequence[BatchId]) -> dict[BatchId, Mark]:
    """The marks of these batches as they were when they were read, of those that are known."""
    columns = "batch, records, changed_at, record_size, is_closed"
    found = (connection.execute(f"select {columns} from batches where batch = ?", (batch,)) for batch in batches)  # noqa: S608
    return {
        batch: Mark(records, changed_at, size, bool(is_closed))
        for batch, records, changed_at, size, is_closed in chain.from_iterable(found)
    }


def read_open(connection: sqlite3.Connection) -> Iterable[BatchId]:
    """Batches that were not closed when they were read."""
    return (BatchId(batch) for (batch,) in connection.execute("select batch from batches where not is_closed"))


def read_batches(connection: sqlite3.Connection) -> Iterable[BatchId]:
    """Every batch that is known."""
    return (BatchId(batch) for (batch,) in connection.execute("select batch from batches"))


def _delete_documents(connection: sqlite3.Connection, batch: BatchId) -> None:
    connection.execute("delete from words where rowid in (select place from documents where batch = ?)", (batch,))
    connection.execute("delete from documents where batch = ?", (batch,))


def _insert_document(connection: sqlite3.Connection, document: IndexedDocument) -> None:
    place, told = _place_of(document.id), document.metadata
    while connection.execute("select 1 from documents where place = ?", (place,)).fetchone():
        place += 1
    connection.execute(
        "insert into documents values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            place,
            document.id,
            document.batch,
            document.route,
            document.name,
            document.sha256,
            document.size,
            document.received_at.timestamp(),
            told.issued_on and told.issued_on.isoformat(),
            *_describe_end(document),
            told.model_dump_json(exclude_defaults=True),
        ),
    )
    words = searched_text(document.name, told)[:_MOST_LETTERS]
    connection.execute("insert into words (rowid, text) values (?, ?)", (place, words))


def _describe_end(document: IndexedDocument) -> tuple[str, str, str | None, float | None]:
    ended_at = None if document.ended_at is None else document.ended_at.timestamp()
    return document.ending, document.path, document.reason, ended_at


def _place_of(document: DocumentId) -> int:
    """In the order of time, since an id begins with the second in which the document came."""
    second, _, random = document.partition("-")
    return place_at(timegm(strptime(second, "%Y%m%dT%H%M%S"))) | int(random, 16) & ((1 << _RANDOM_BITS) - 1)
