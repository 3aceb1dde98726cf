"""What came under a key is remembered for every process and every desk, until it is forgotten."""

from datetime import timedelta
from pathlib import Path

import pytest

from jobs.model.hand_in import Once, UnderWay
from jobs.model.names import DocumentId
from tests.support.builders import NOON
from worker.clock import utc_now
from worker.inbox.handing_in import HandInBook as Book
from worker.objects.bucket import Bucket
from worker.objects.hand_in_book import ObjectHandInBook
from worker.storage.hand_in_book import HandedIn, HandInBook

ONCE = Once(owner="a-key", key="../invoice 17")


def a_record(number: int = 1) -> HandedIn:
    document = DocumentId(f"20261128T120000-{number:012x}")
    return HandedIn(document=document, fingerprint="f", sha256="s", size=1, at=NOON)


@pytest.fixture(params=["disk", "bucket"])
def book(request: pytest.FixtureRequest, tmp_path: Path) -> Book:
    here = HandInBook(tmp_path)
    return here if request.param == "disk" else ObjectHandInBook(request.getfixturevalue("bucket"), here)


def test_what_is_reserved_and_then_taken_is_known(book: Book) -> None:
    assert book.read(ONCE) is None
    with book.holding(ONCE):
        assert book.reserve(ONCE, a_record()) == a_record()
        assert book.read(ONCE) == a_record()
        book.note_taken(ONCE, a_record())
    assert book.read(ONCE) == a_record().model_copy(update={"is_taken": True})
    assert book.read(ONCE.model_copy(update={"owner": "another"})) is None


def test_only_one_of_a_machine_hands_in_under_a_key_at_a_time(book: Book) -> None:
    with book.holding(ONCE):
        with pytest.raises(UnderWay), book.holding(ONCE):
            pass
        with book.holding(ONCE.model_copy(update={"key": "invoice 18"})):
            pass
    with book.holding(ONCE):
        pass


def test_keys_are_forgotten_in_time(book: Book) -> None:
    with book.holding(ONCE):
        book.reserve(ONCE, a_record())
    assert book.drop(utc_now(), timedelta(hours=1)) == 0
    assert book.drop(utc_now() + timedelta(hours=2), timedelta(hours=1)) == 1
    assert book.read(ONCE) is None


def test_one_key_is_forgotten_at_once_unless_it_is_under_way(book: Book) -> None:
    with book.holding(ONCE):
        book.reserve(ONCE, a_record())
        with pytest.raises(UnderWay):
            book.forget(ONCE)
    book.forget(ONCE)
    assert book.read(ONCE) is None
    book.forget(ONCE)


@pytest.mark.parametrize("content", [b"", b"{", b"{}"])
def test_of_two_machines_the_first_says_under_which_id_a_document_comes(
    bucket: Bucket, tmp_path: Path, content: bytes
) -> None:
    here, there = (ObjectHandInBook(bucket, HandInBook(tmp_path / name)) for name in ("here", "there"))
    with here.holding(ONCE), there.holding(ONCE):
        here.reserve(ONCE, a_record(1))
        assert there.reserve(ONCE, a_record(2)) == a_record(1)
    (stored,) = bucket.list("handed-in")
    bucket.write(stored.key, content)
    assert there.reserve(ONCE, a_record(2)) == a_record(2)
