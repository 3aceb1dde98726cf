"""What somebody types is understood as what it may be, and never as a query of the database."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.storage.index.question import LONGEST, Question, fold


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2026-11-23", (date(2026, 11, 23), date(2026, 11, 23))),
        ("23.11.2026", (date(2026, 11, 23), date(2026, 11, 23))),
        ("23.11.2026.", (date(2026, 11, 23), date(2026, 11, 23))),
        ("3/1/2026", (date(2026, 1, 3), date(2026, 1, 3))),
        ("2024-02", (date(2024, 2, 1), date(2024, 2, 29))),
        ("11.2026", (date(2026, 11, 1), date(2026, 11, 30))),
        ("31.02.2026", None),
        ("0000-01", None),
        ("2026-99-99", None),
    ],
)
def test_days_and_months_are_read_as_people_write_them(text: str, days: tuple[date, date] | None) -> None:
    question = Question.read(text)
    assert question.days == days
    # It may be somebody's number all the same.
    assert question.words == (fold(text),)


def test_the_beginning_of_a_hash_is_known_with_and_without_its_algorithm() -> None:
    assert Question.read("sha256:0123ABCD").sha256 == Question.read("0123abcd").sha256 == "0123abcd"
    assert Question.read("0123abc").sha256 == ""
    assert Question.read("0" * 65).sha256 == ""


def test_names_of_batches_and_ids_of_documents_are_known() -> None:
    assert Question.read(" Invoices-000001 ").batch == "invoices-000001"
    assert Question.read("20261123T120000-0123456789ab").document == "20261123T120000-0123456789ab"


def test_letters_are_compared_without_diacritics_and_capitals() -> None:
    assert fold("SIA Bērziņš ĶEKAVA") == "sia berzins kekava"
    assert Question.read("Bērziņš un  BĒRZIŅŠ").words == ("berzins", "un")


@pytest.mark.parametrize("text", ["", "  ", "a", "ab cd", "\0\0\0\0", "\ud800"])
def test_what_says_too_little_is_no_question(text: str) -> None:
    assert Question.read(text).is_empty


@given(st.text())
def test_whatever_is_typed_is_read(text: str) -> None:
    question = Question.read(text)
    assert sum(map(len, question.words)) <= 20 * LONGEST
    assert all(word.isprintable() for word in question.words)
