"""One suite for every book of enrolled seals that the stories use."""

from pathlib import Path

import pytest

from jobs.model.errors import NotEnrolled
from tests.support.builders import a_seal
from worker.storage.seals import SealBook


@pytest.fixture
def book(tmp_path: Path) -> SealBook:
    return SealBook(tmp_path / "seals")


async def test_a_seal_is_found_however_its_label_is_written(book: SealBook) -> None:
    await book.save(a_seal("CN:SIA PARAUGS: eZīmogs"))
    assert await book.find("SIA PARAUGS : eZīmogs") == a_seal()


async def test_an_unknown_seal_says_what_to_do(book: SealBook) -> None:
    with pytest.raises(NotEnrolled, match="enrol it"):
        await book.find("CN:SIA CITS: eZīmogs")


async def test_enrolling_again_replaces(book: SealBook) -> None:
    await book.save(a_seal())
    again = a_seal().model_copy(update={"identity": "another"})
    await book.save(again)
    assert await book.all() == (again,)


async def test_an_empty_book_has_no_seals(book: SealBook) -> None:
    assert await book.all() == ()
