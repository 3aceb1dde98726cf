"""Names of people, kept from one sign-in to the next."""

from pathlib import Path

from tests.support.builders import ANNA, JANIS
from worker.storage.people import PeopleBook


async def test_a_name_is_remembered_and_the_newest_counts(tmp_path: Path) -> None:
    await PeopleBook(tmp_path).note(ANNA, "Anna")
    await PeopleBook(tmp_path).note(JANIS, "Jānis")
    await PeopleBook(tmp_path).note(ANNA, "Anna Parauga")
    assert await PeopleBook(tmp_path).names() == {ANNA: "Anna Parauga", JANIS: "Jānis"}


async def test_what_is_damaged_costs_no_more_than_the_names(tmp_path: Path) -> None:
    (tmp_path / "people.json").write_text("{")
    assert await PeopleBook(tmp_path).names() == {}
    await PeopleBook(tmp_path).note(ANNA, "Anna")
    assert await PeopleBook(tmp_path).names() == {ANNA: "Anna"}
