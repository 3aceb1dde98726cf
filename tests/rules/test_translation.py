"""Texts told in Latvian: what they were made of, what records and errors kept of them, and how it counts and dates."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.model.text import Language, Text, Written
from jobs.sealed_before import warn_of_earlier
from tests.rules.test_sealed_before import an_earlier_delivery
from worker.desk.formats import age, quantity, until
from worker.translation import day, moment, size, translate
from worker.translation.catalogue import messages
from worker.translation.recognition import FEWEST, LONGEST

LV = Language.LATVIAN
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
RIGA = timezone(timedelta(hours=2), "EET")


def test_a_text_is_its_english_sentence() -> None:
    text = Text("The seal {label} is enrolled.", label="S")
    assert text == "The seal S is enrolled."
    assert translate(text, Language.ENGLISH) == text
    assert translate(text, LV) == "Zīmogs S ir reģistrēts."


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (0, "0 dokumentu"),
        (1, "1 dokuments"),
        (2, "2 dokumenti"),
        (11, "11 dokumenti"),
        (21, "21 dokuments"),
        (1_001, "1\N{NO-BREAK SPACE}001 dokuments"),
    ],
)
def test_latvian_counts_in_its_own_way(count: int, told: str) -> None:
    assert translate(quantity(count), LV) == told


def test_what_a_text_holds_is_told_as_well() -> None:
    why = Text("nobody approved in time")
    assert translate(Text("Given up: {why}.", why=why), LV) == "Partija pārtraukta: neviens laikus neapstiprināja."


def test_joined_sentences_are_told_one_by_one() -> None:
    both = Text.of_sentences(Text("Redis does not answer."), Text("Nothing was sealed by it."))
    assert both == "Redis does not answer. Nothing was sealed by it."
    assert translate(both, LV) == "Redis neatbild. Ar to nekas netika apzīmogots."


def test_what_no_catalogue_knows_stays_english() -> None:
    assert translate(Text("Of {name} nobody has heard.", name="it"), LV) == "Of it nobody has heard."
    assert translate(Written("BSS-999 happened"), LV) == "BSS-999 happened"


def test_a_sentence_of_a_record_is_recognised() -> None:
    record = str(Text("the signature call failed: {error}", error="BSS-999 happened"))
    assert translate(Written(record), LV) == "parakstīšanas izsaukums neizdevās: BSS-999 happened"


def test_a_sentence_within_a_sentence_is_recognised_and_counted() -> None:
    why = Text("the signature call failed: {error}", error="BSS-999")
    record = str(
        Text.counted(
            "{count} approval came to nothing, because {why}",
            "{count} approvals came to nothing, the last one because {why}",
            3,
            why=why,
        )
    )
    told = translate(Written(record), LV)
    assert told == "3 apstiprinājumi palika bez rezultāta; pēdējā iemesls: parakstīšanas izsaukums neizdevās: BSS-999"


def test_a_warning_of_the_outbox_is_recognised() -> None:
    told = translate(Written(str(warn_of_earlier([an_earlier_delivery(1), an_earlier_delivery(2)]))), LV)
    assert told.startswith("Pēc izsūtnes datiem šajā partijā jau agrāk ir apzīmogoti 2 dokumenti")


def _texts() -> Iterator[Text]:
    """Every message of the code that holds values, filled with some that stand in none of them."""
    for message in messages(LV):
        one, many = (message.id, "") if isinstance(message.id, str) else message.id
        names = [name for _, name, *_ in Formatter().parse(many or one) if name] if "%(" not in one + many else []
        if names and sum(map(len, re.split(r"{\w+}", many or one))) >= FEWEST:
            values: dict[str, object] = {name: f"Q{number}X" for number, name in enumerate(names)}
            yield Text.of(one, many, 7, values | ({"count": 7} if many else {}))


def test_every_sentence_that_was_made_of_a_template_is_told_like_the_template_itself() -> None:
    texts = list(_texts())
    assert len(texts) > 50
    assert [text for text in texts if translate(Written(str(text)), LV) != translate(text, LV)] == []


def test_a_name_that_is_also_a_word_of_ours_stays_a_name() -> None:
    record = str(Text("The seal {label} is enrolled.", label="Sealed"))
    assert translate(Written(record), LV) == "Zīmogs Sealed ir reģistrēts."


def test_what_is_longer_than_any_sentence_of_ours_is_not_looked_into() -> None:
    record = Written("the signature call failed: " + "x" * LONGEST)
    assert translate(record, LV) == record


@given(st.text())
def test_no_sentence_of_strangers_breaks_the_telling(sentence: str) -> None:
    assert isinstance(translate(Written(sentence), LV), str)


@given(st.text(st.characters(exclude_characters="{}"), min_size=1, max_size=200))
def test_whatever_was_put_in_comes_out_again(error: str) -> None:
    record = Written(str(Text("The seal {label} is enrolled.", label=error)))
    assert str(translate(record, LV)).removeprefix("Zīmogs ").removesuffix(" ir reģistrēts.") in {
        error,
        translate(Written(error), LV),
    }


def test_ages_and_waits_are_told_in_latvian() -> None:
    assert translate(age(NOON - timedelta(days=1), NOON), LV) == "pirms 1 dienas"
    assert translate(age(NOON - timedelta(minutes=5), NOON), LV) == "pirms 5 minūtēm"
    assert translate(until(NOON + timedelta(seconds=40), NOON), LV) == "pēc 40 sekundēm"


def test_dates_and_sizes_follow_the_rules_of_the_language() -> None:
    assert day(NOON, LV, RIGA) == "2026. g. 23. nov."
    assert day(NOON, Language.ENGLISH, RIGA) == "23 Nov 2026"
    assert size(1_234_567, LV) == "1,2\N{NO-BREAK SPACE}MB".replace("\N{NO-BREAK SPACE}", " ")
    assert size(1, LV) == "1 baits"


def test_a_moment_is_told_by_the_clock_of_the_house() -> None:
    late = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
    assert moment(late, Language.ENGLISH, RIGA) == "24 Nov 2026, 00:30 EET"
