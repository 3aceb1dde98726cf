"""One suite for every book of enrolled seals: in memory and on disk."""

from pathlib import Path

import pytest

from jobs.model.errors import NotEnrolled
from tests.support.builders import a_seal
from tests.support.small import MemorySeals
from worker.objects.seals import ObjectSeals
from worker.storage.seals import SealBook

Book = MemorySeals | SealBook | ObjectSeals


@pytest.fixture(params=["memory", "disk", "bucket"])
def book(request: pytest.FixtureRequest, tmp_path: Path) -> Book:
    if request.param == "bucket":
        return ObjectSeals(request.getfixturevalue("bucket"))
    return MemorySeals() if request.param == "memory" else SealBook(tmp_path / "seals")


async def test_a_seal_is_found_however_its_label_is_written(book: Book) -> None:
    await book.save(a_seal("CN:SIA PARAUGS: eZīmogs"))
    assert await book.find("SIA PARAUGS : eZīmogs") == a_seal()


async def test_an_unknown_seal_says_what_to_do(book: Book) -> None:
    with pytest.raises(NotEnrolled, match="enrol it"):
        await book.find("CN:SIA CITS: eZīmogs")


async def test_enrolling_again_replaces(book: Book) -> None:
    await book.save(a_seal())
    again = a_seal().model_copy(update={"identity": "another"})
    await book.save(again)
    assert await book.all() == (again,)


async def test_an_empty_book_has_no_seals(book: Book) -> None:
    assert await book.all() == ()


async def test_all_seals_stand_in_the_order_of_their_labels(book: Book) -> None:
    for label in ("CN:SIA PARAUGS B", "CN:SIA PARAUGS A"):
        await book.save(a_seal(label))
    assert [seal.label for seal in await book.all()] == ["CN:SIA PARAUGS A", "CN:SIA PARAUGS B"]


def cut_files(folder: Path) -> None:
    for path in folder.glob("*.json"):
        path.write_bytes(path.read_bytes()[:100])


async def test_a_damaged_file_costs_its_own_seal_and_says_what_to_do(tmp_path: Path) -> None:
    book = SealBook(tmp_path)
    await book.save(a_seal("CN:SIA PARAUGS A"))
    cut_files(tmp_path)
    await book.save(a_seal("CN:SIA PARAUGS B"))
    assert [seal.label for seal in await book.all()] == ["CN:SIA PARAUGS B"]
    with pytest.raises(NotEnrolled, match="enrol it again"):
        await book.find("CN:SIA PARAUGS A")
