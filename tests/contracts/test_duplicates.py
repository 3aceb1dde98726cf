"""One suite for what is remembered of documents whose content came before: on disk and in a bucket."""

from datetime import timedelta
from pathlib import Path

import pytest

from jobs.model.documents import Document
from jobs.model.duplicates import Duplicate, Duplicates
from jobs.model.names import DocumentId
from tests.support.builders import INVOICES, a_document
from tests.support.shelves import keep_on_shelf, keep_on_shelf_in
from worker.objects.duplicates import ObjectDuplicates
from worker.objects.firsts import describe_first
from worker.objects.shelf import ObjectShelf
from worker.storage.duplicate_ports import DuplicateBook
from worker.storage.duplicates import DiskDuplicates
from worker.storage.index.batch_index import BatchIndex
from worker.storage.layout import Layout
from worker.storage.ledger import DiskLedger
from worker.storage.outbox import DiskOutbox
from worker.storage.ports import DocumentShelf
from worker.storage.shelf import DiskShelf

FIRST, SECOND, THIRD = (a_document(number, name="a.pdf") for number in (1, 2, 3))
NEWEST = DocumentId("9" * len(FIRST.id))
Books = tuple[DocumentShelf, DuplicateBook]


@pytest.fixture(params=["disk", "bucket"])
def books(request: pytest.FixtureRequest, tmp_path: Path) -> Books:
    """A shelf with three documents of one name, which are judged and let in nowhere yet, and the book beside it."""
    layout = Layout(tmp_path / "data")
    if request.param == "bucket":
        bucket = request.getfixturevalue("bucket")
        shelf = ObjectShelf(bucket, layout)
        keep_on_shelf_in(shelf, FIRST, SECOND, THIRD)
        return shelf, ObjectDuplicates(bucket, shelf, BatchIndex(layout.root), every=timedelta(0))
    keep_on_shelf(layout, FIRST, SECOND, THIRD)
    own, outbox = DiskShelf(layout), DiskOutbox(tmp_path / "outbox", layout)
    return own, DiskDuplicates(layout, own, DiskLedger(layout.root / "ledger"), outbox)


def skipped(document: Document) -> Duplicate:
    return Duplicate(document=document, rule=Duplicates.SKIP, earlier=describe_first(FIRST))


async def test_who_is_skipped_is_told_of_once_under_a_name_of_its_own(books: Books) -> None:
    _, book = books
    told = []
    for one in (SECOND, THIRD):
        await book.record(skipped(one))
        assert await book.read(one.id) == skipped(one)
        told.append(await book.tell(skipped(one)))
        assert await book.tell(skipped(one)) == await book.read(one.id) == told[-1]
    assert await book.notes() == {f"{INVOICES}/a.pdf.duplicate.json", f"{INVOICES}/a.pdf.duplicate (2).json"}
    assert await book.list_skipped(NEWEST, 5) == tuple(reversed(told))
    assert await book.list_skipped(NEWEST, 1) == (told[1],)
    assert await book.list_skipped(THIRD.id, 5) == (told[0],)


async def test_nothing_is_known_of_what_nobody_decided(books: Books) -> None:
    _, book = books
    assert await book.read(FIRST.id) is None
    assert await book.find_earlier(FIRST) is None
    assert (await book.notes(), await book.list_skipped(NEWEST, 5), await book.list_parked()) == (frozenset(), (), ())


async def test_the_one_before_is_found_where_it_waits(books: Books) -> None:
    shelf, book = books
    copy = FIRST.model_copy(update={"id": SECOND.id})
    assert await book.find_earlier(FIRST) is None
    shelf.admit([FIRST])
    for _ in range(2):
        assert await book.find_earlier(copy) == describe_first(FIRST)
    assert await book.find_earlier(FIRST) is None


async def test_who_is_parked_waits_until_it_is_let_in(books: Books) -> None:
    shelf, book = books
    assert await book.find_earlier(SECOND) is None
    for one in (SECOND, THIRD):
        await book.park(one)
    assert await book.list_parked() == await book.list_due() == (SECOND, THIRD)
    assert await book.is_parked(SECOND)
    assert await book.let_in(SECOND)
    assert not await book.is_parked(SECOND)
    assert await shelf.waiting_list(INVOICES) == (SECOND,)
    await book.strike_off(THIRD)
    assert await book.list_parked() == ()
