"""Entries as rows. Everything here blocks, and belongs into one transaction of whoever calls."""

import sqlite3
from calendar import timegm
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from itertools import chain
from time import strptime

from jobs.model.chain import ChainHead
from jobs.model.names import BatchId, DocumentId, batch_number
from worker.storage.index.entries import Entry, IndexedDocument, Mark
from worker.storage.index.question import searched_text
from worker.storage.listed_folder import FolderStamp

_RANDOM_BITS = 30
_MOST_LETTERS = 4000
"""Of one document that are searched; whoever hands it in may say a great deal about it."""


def place_at(second: int) -> int:
    """The first place of a document that came at this second of Unix time: places are in the order of time."""
    return second << _RANDOM_BITS


def write_entry(connection: sqlite3.Connection, entry: Entry, archive: int | None = None) -> None:
    """Have the batch stand in the index as the entry says, whatever stood there; `archive` is the one that holds it."""
    batch, mark = entry.batch, entry.mark
    connection.execute(
        "insert or replace into batches values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
            archive,
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


def replace_entries(
    connection: sqlite3.Connection, changed: Collection[BatchId], entries: Sequence[Entry], archive: int | None
) -> None:
    """Have these batches stand in the index as the entries say, and forget those of which there is none."""
    for gone in {*changed} - {entry.batch.batch for entry in entries}:
        delete_batch(connection, gone)
    for entry in entries:
        write_entry(connection, entry, archive)


def read_foldered(connection: sqlite3.Connection) -> frozenset[str]:
    """Every batch that is known, and in no archive."""
    return frozenset(name for (name,) in connection.execute("select batch from batches where archive is null"))


def select_below(connection: sqlite3.Connection, name: str, most: int) -> list[BatchId]:
    """So many of these whose names sort below that one, the next to it first."""
    question = "select batch from batches where archive is null and batch < ? order by batch desc limit ?"
    return [BatchId(batch) for (batch,) in connection.execute(question, (name, most))]


def forget_foldered(connection: sqlite3.Connection, gone: Collection[BatchId]) -> None:
    """Forget those of these batches that no archive is known to hold."""
    for batch in select_foldered(connection, gone):
        delete_batch(connection, batch)


def select_foldered(connection: sqlite3.Connection, batches: Iterable[BatchId]) -> list[BatchId]:
    """Those of the batches that no archive is known to hold."""
    question = "select 1 from batches where batch = ? and archive is not null"
    return [batch for batch in batches if not connection.execute(question, (batch,)).fetchone()]


def note_archived(connection: sqlite3.Connection, archive: int, heads: Iterable[ChainHead]) -> list[ChainHead]:
    """Say that the archive holds these batches; gives those that are not known with so many records."""
    change = "update batches set archive = ?, is_closed = 1 where batch = ? and records = ?"
    return [head for head in heads if not connection.execute(change, (archive, head.batch, head.records)).rowcount]


def note_archive(connection: sqlite3.Connection, number: int) -> None:
    """Say that all of its batches are known."""
    connection.execute("insert or ignore into archives values (?)", (number,))


def forget_archives_but(connection: sqlite3.Connection, there: Collection[int]) -> frozenset[int]:
    """Forget archives that are not there any more, with all of their batches; gives those that were known."""
    known = frozenset(number for (number,) in connection.execute("select number from archives"))
    for gone in known.difference(there):
        held = connection.execute("select batch from batches where archive = ?", (gone,)).fetchall()
        for (batch,) in held:
            delete_batch(connection, BatchId(batch))
        connection.execute("delete from archives where number = ?", (gone,))
    return known


def note_names(connection: sqlite3.Connection, new: Iterable[BatchId], stamp: FolderStamp | None) -> set[BatchId]:
    """Say that every batch of the ledger is known, but for those of the new ones of which nothing was read: gives them.

    Only where there are none it is noted by which stamp the ledger's folder is known again.
    """
    question = "select 1 from batches where batch = ?"
    unread = {batch for batch in new if not connection.execute(question, (batch,)).fetchone()}
    connection.execute(
        "update progress set is_complete = 1, ledger_stamp = ?1 where not is_complete or ledger_stamp is not ?1",
        (None if unread else stamp,),
    )
    return unread


def read_stamp(connection: sqlite3.Connection) -> FolderStamp | None:
    """By which stamp the ledger's folder is known again; None where it must be looked through."""
    (stamp,) = connection.execute("select ledger_stamp from progress").fetchone()
    return stamp and FolderStamp(stamp)


def merge_words(connection: sqlite3.Connection, pages: int) -> bool:
    """Merge about so many pages of the parts in which words are written; False once there is nothing to merge.

    What is asked for is looked up in each part. A negative number begins to make all parts one (FTS5, 6.7 'merge').
    """
    before = connection.total_changes
    connection.execute("insert into words (words, rank) values ('merge', ?)", (pages,))
    # The command itself is one change.
    return connection.total_changes - before > 1


def note_examination(connection: sqlite3.Connection, at: datetime) -> None:
    """Say that the whole file was found sound then."""
    connection.execute("update progress set examined_at = ?", (at.timestamp(),))


def read_examination(connection: sqlite3.Connection) -> datetime:
    """When that was last, or when the index was made."""
    (examined_at,) = connection.execute("select examined_at from progress").fetchone()
    return datetime.fromtimestamp(examined_at, UTC)


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
