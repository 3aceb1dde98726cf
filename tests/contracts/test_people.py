"""The names of people who signed in."""

from pathlib import Path

import pytest

from jobs.model.names import personal_code
from tests.support.builders import ANNA, JANIS
from worker.storage.people import PeopleBook


@pytest.fixture
def people(tmp_path: Path) -> PeopleBook:
    return PeopleBook(tmp_path / "people")


async def test_nobody_is_known_before_somebody_came(people: PeopleBook) -> None:
    assert await people.names() == {}


async def test_the_newest_name_of_each_is_known(people: PeopleBook) -> None:
    await people.remember(ANNA, "ANNA PARAUGA")
    await people.remember(JANIS, "JĀNIS BĒRZIŅŠ")
    await people.remember(ANNA, "ANNA KALNA")
    assert await people.names() == {ANNA: "ANNA KALNA", JANIS: "JĀNIS BĒRZIŅŠ"}


async def test_a_name_that_is_known_is_not_written_again(people: PeopleBook, tmp_path: Path) -> None:
    await people.remember(ANNA, "ANNA PARAUGA")
    file = tmp_path / f"people/{ANNA}.json"
    before = file.stat().st_ino
    await people.remember(ANNA, "ANNA PARAUGA")
    assert file.stat().st_ino == before


async def test_a_name_that_is_none_is_not_kept(people: PeopleBook) -> None:
    await people.remember(ANNA, "")
    await people.remember(ANNA, "A" * 1000)
    assert await people.names() == {}


async def test_a_file_that_is_not_ours_names_nobody(people: PeopleBook, tmp_path: Path) -> None:
    await people.remember(ANNA, "ANNA PARAUGA")
    folder = tmp_path / "people"
    (folder / f"{JANIS}.json").write_bytes((folder / f"{ANNA}.json").read_bytes())
    (folder / "broken.json").write_text("{")
    assert await people.names() == {ANNA: "ANNA PARAUGA"}


async def test_what_cannot_be_written_keeps_nobody_from_the_desk(people: PeopleBook, tmp_path: Path) -> None:
    (tmp_path / "people").write_text("in the way")
    await people.remember(personal_code("000123-00001"), "ANNA PARAUGA")
    assert await people.names() == {}
