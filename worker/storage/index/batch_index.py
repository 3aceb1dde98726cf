"""What can be asked of the index. It may lag some seconds behind the ledger, and never decides anything."""

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import chain
from pathlib import Path
from typing import Any

from jobs.model.metadata import Metadata
from jobs.model.names import BatchId, DocumentId, RouteName
from jobs.model.reasons import Reason
from worker.storage.index.database import WEEK, IndexFile, TooMuchWork
from worker.storage.index.entries import Ending, IndexedBatch, IndexedDocument, Standing
from worker.storage.index.question import SHORTEST, Question
from worker.storage.index.spans import Span, begin_of, end_of, span_of
from worker.storage.index.writing import place_at
from worker.storage.threads import in_thread

FILE = "index.sqlite"
"""Its name in the data folder."""
PAGE = 25
"""Batches or documents of one page."""
MOST_FOUND = 20 * PAGE
"""Documents that a question leads to; whoever wants to see more asks more precisely."""
_SECONDS = 0.2
"""Of CPU that one question may take."""
_MOST_APPEARANCES = 5
_DOCUMENT = (
    "d.id, d.batch, d.route, d.name, d.sha256, d.size, d.received_at, "
    "d.ending, d.path, d.reason, d.ended_at, d.metadata, d.place"
)
_FROM = f"select {_DOCUMENT} from documents d"  # noqa: S608  columns
_BATCH = "batch, route, standing, gathered_at, since, documents, size, sealed, refused"


@dataclass(frozen=True, slots=True)
class BatchFilter:
    """Which batches are listed: those of `routes`, with one of `standings` where any are named, gathered on these days.

    Both days count.
    """

    routes: frozenset[RouteName]
    standings: frozenset[Standing] = frozenset()
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class BatchPage:
    """One page of a list of batches, the newest first. Pages are counted from 1; `total` is that of all pages."""

    batches: tuple[IndexedBatch, ...]
    page: int
    total: int
    is_complete: bool
    """Whether all batches of the ledger stand in the index."""

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.total // PAGE))


@dataclass(frozen=True, slots=True)
class FoundDocuments:
    """One page of found documents, the newest first, counted from 1."""

    documents: tuple[IndexedDocument, ...]
    page: int
    has_more: bool
    is_cut: bool
    """Whether older ones were left out: there are too many, or it took too long to find them."""
    is_complete: bool
    """Whether all batches of the ledger stand in the index."""


class BatchIndex:
    """The index of the ledger in a data folder. Every method raises IndexUnusable while there is none.

    Days are those of the zone; of the machine's own clock where it is None.
    """

    def __init__(self, data: Path, zone: tzinfo | None = None) -> None:
        self.file = IndexFile(data / FILE)
        self._zone = zone

    @in_thread
    def list_batches(self, wanted: BatchFilter, page: int = 1) -> BatchPage:
        """List batches, the newest first. Raises TooMuchWork."""
        with self.file.reading(_SECONDS) as connection:
            span = span_of(wanted.since, wanted.until, self._zone)
            total = _count(connection, wanted, span)
            page = min(max(1, page), max(1, -(-total // PAGE)))
            chosen = _choose(connection, wanted, span, page)
            found = (connection.execute(f"select {_BATCH} from batches where batch = ?", (each,)) for each in chosen)  # noqa: S608
            batches = tuple(_read_batch(row) for row in chain.from_iterable(found))
            return BatchPage(batches, page, total, _is_complete(connection))

    @in_thread
    def find_documents(self, question: Question, routes: Collection[RouteName], page: int = 1) -> FoundDocuments:
        """Find documents of these routes. A question that takes too long is answered with what was found so far."""
        page = min(max(1, page), MOST_FOUND // PAGE)
        end = page * PAGE
        found: dict[int, IndexedDocument] = {}
        is_cut, is_complete = False, True
        try:
            with self.file.reading(_SECONDS) as connection:
                is_complete = _is_complete(connection)
                for sql, values, place in _lookups(question, self._zone):
                    narrowed = f"{sql} and d.route in ({_marks(routes)}) order by {place} desc limit ?"
                    for row in connection.execute(narrowed, (*values, *routes, end + 1)):
                        found[row[-1]] = _read_document(row)
        except TooMuchWork:
            is_cut = True
        newest = [found[place] for place in sorted(found, reverse=True)]
        has_more = len(newest) > end and end < MOST_FOUND
        is_cut = is_cut or (len(newest) > end and not has_more)
        return FoundDocuments(tuple(newest[end - PAGE : end]), page, has_more, is_cut, is_complete)

    @in_thread
    def list_documents(
        self, routes: Collection[RouteName], before: DocumentId, most: int
    ) -> tuple[IndexedDocument, ...]:
        """List documents of these routes whose id sorts below that one, the newest id first. Raises TooMuchWork."""
        sql = f"{_FROM} indexed by documents_by_id where d.id < ? and d.route in ({_marks(routes)})"
        with self.file.reading(_SECONDS) as connection:
            rows = connection.execute(f"{sql} order by d.id desc, d.place desc limit ?", (before, *routes, most))
            return tuple({row[0]: _read_document(row) for row in reversed(rows.fetchall())}.values())[::-1]

    @in_thread
    def find_content(self, hashes: Collection[str]) -> Mapping[str, tuple[IndexedDocument, ...]]:
        """Tell which contents were seen before, by SHA-256 (hexadecimal, lower case): the newest documents of each.

        A batch gathered in the last seconds may be missing, and so is a document that no batch holds yet. Whoever asks
        about a document of a batch leaves that document itself out. Raises TooMuchWork.
        """
        sql = f"{_FROM} where d.sha256 = ? order by d.place desc limit ?"
        with self.file.reading(_SECONDS) as connection:
            found = {one: connection.execute(sql, (one, _MOST_APPEARANCES)).fetchall() for one in hashes}
        return {one: tuple(_read_document(row) for row in rows) for one, rows in found.items() if rows}

    @in_thread
    def find_batch(self, document: DocumentId) -> BatchId | None:
        """The newest batch that holds the document, None where none is known."""
        with self.file.reading(_SECONDS) as connection:
            sql = "select batch from documents where id = ? order by place desc limit 1"
            row = connection.execute(sql, (document,)).fetchone()
        return row and BatchId(row[0])


def _is_complete(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("select is_complete from progress").fetchone()[0])


def _count(connection: sqlite3.Connection, wanted: BatchFilter, span: Span) -> int:
    """How many batches are wanted: whole weeks as they are counted, and what the span holds before and behind them."""
    begin, end = span
    first, last = -(-begin // WEEK), end // WEEK
    if first > last:
        return _count_through(connection, wanted, span)
    weeks = "select route, standing, sum(batches) from counts where week >= ? and week < ? group by route, standing"
    standings = wanted.standings or frozenset(Standing)
    found: list[tuple[str, str, int]] = connection.execute(weeks, (first, last)).fetchall()
    whole = sum(number for route, standing, number in found if route in wanted.routes and standing in standings)
    before, behind = (begin, first * WEEK), (last * WEEK, end)
    return whole + _count_through(connection, wanted, before) + _count_through(connection, wanted, behind)


def _count_through(connection: sqlite3.Connection, wanted: BatchFilter, span: Span) -> int:
    """The same, counted one by one."""
    if span[0] == span[1]:
        return 0
    groups = _groups(wanted, span)
    counts = (connection.execute(f"select count(*) {rest}", values).fetchone() for rest, values in groups)
    return sum(count for (count,) in counts)


def _choose(connection: sqlite3.Connection, wanted: BatchFilter, span: Span, page: int) -> list[BatchId]:
    """The batches of a page, the newest first: of each route and standing the newest are looked at, and no other."""
    found: list[tuple[float, BatchId]] = []
    for rest, values in _groups(wanted, span):
        newest = f"select gathered_at, batch {rest} order by gathered_at desc, batch desc limit ?"
        found += connection.execute(newest, (*values, page * PAGE))
    found.sort(reverse=True)
    return [batch for _, batch in found[(page - 1) * PAGE : page * PAGE]]


def _groups(wanted: BatchFilter, span: Span) -> Iterator[tuple[str, list[object]]]:
    """Batches of each route, and of each standing where some are named, each of which an index holds by time."""
    at = "gathered_at >= ? and gathered_at < ?"
    for route in wanted.routes:
        if not wanted.standings:
            yield f"from batches indexed by batches_by_route where route = ? and {at}", [route, *span]
        for standing in wanted.standings:
            where = f"from batches indexed by batches_by_standing where route = ? and standing = ? and {at}"
            yield where, [route, standing, *span]


def _lookups(question: Question, zone: tzinfo | None) -> Iterator[tuple[str, Sequence[object], str]]:
    """What is asked of the tables, with values and the column of the place, the quickest first.

    What somebody typed is always a value, and no part of the query.
    """
    if question.document:
        yield f"{_FROM} indexed by documents_by_id where d.id = ?", (question.document,), "d.place"
    if question.batch:
        yield f"{_FROM} indexed by documents_by_batch where d.batch = ?", (question.batch,), "d.place"
    if question.sha256:
        # `g` is the first letter behind all hexadecimal digits.
        bounds = (question.sha256, f"{question.sha256}g")
        yield f"{_FROM} indexed by documents_by_hash where d.sha256 >= ? and d.sha256 < ?", bounds, "d.place"
    if question.words:
        long = [word for word in question.words if len(word) >= SHORTEST]
        short = [word for word in question.words if len(word) < SHORTEST]
        # As strings of FTS5, in which nothing but the quotation mark means anything.
        match = " ".join('"' + word.replace('"', '""') + '"' for word in long)
        rest = " and instr(words.text, ?)" * len(short)
        # A cross join is done in the order in which it is written: newest first, and only as many as asked for.
        joined = f"select {_DOCUMENT} from words cross join documents d on d.place = words.rowid"  # noqa: S608
        yield f"{joined} where words match ?{rest}", (match, *short), "words.rowid"
    if question.days:
        first, last = question.days
        begin, end = (place_at(int(second)) for second in (begin_of(first, zone), end_of(last, zone)))
        yield f"{_FROM} where d.place >= ? and d.place < ?", (begin, end), "d.place"
        # One day after the other: of each the newest stand in the index as they are asked for.
        for back in range((last - first).days + 1):
            day = (last - timedelta(days=back)).isoformat()
            yield f"{_FROM} indexed by documents_by_issue where d.issued_on = ?", (day,), "d.place"


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))


def _read_batch(row: Sequence[Any]) -> IndexedBatch:
    batch, route, standing, gathered_at, since, *numbers = row
    return IndexedBatch(batch, route, Standing(standing), _moment(gathered_at), _moment(since), *numbers)


def _read_document(row: Sequence[Any]) -> IndexedDocument:
    document, batch, route, name, sha256, size, received_at, *rest = row
    ending, path, reason, ended_at, metadata, _ = rest
    return IndexedDocument(
        id=document,
        batch=batch,
        route=route,
        name=name,
        sha256=sha256,
        size=size,
        received_at=_moment(received_at),
        ending=Ending(ending),
        path=path,
        reason=reason and Reason(reason),
        ended_at=None if ended_at is None else _moment(ended_at),
        metadata=Metadata.model_validate_json(metadata),
    )


def _moment(second: float) -> datetime:
    return datetime.fromtimestamp(second, UTC)
