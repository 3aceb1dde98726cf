"""Whatever zimogs says to people, it says in Latvian too."""

import re
from collections.abc import Mapping
from enum import StrEnum
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from jobs.model.reasons import ADVICE, Reason
from jobs.model.remarks import EXPLANATION as REMARKS
from jobs.model.remarks import Remark
from jobs.model.standstill import WORDS, Cause
from jobs.model.text import Language, Text
from tests.operations.translations import Entry, doubles, entries, missing, obsolete, places, said, unread_texts
from worker.desk.batch_status import STEPS
from worker.storage.untaken import EXPLANATION as OBSTACLES
from worker.storage.untaken import Obstacle
from worker.translation import translate
from worker.translation.catalogue import FOLDERS

TEMPLATES = sorted((Path(__file__).parents[2] / "worker/desk/templates").glob("*.html"))
SAME_EVERYWHERE = {"zimogs", "SHA"}
ATTRIBUTES = {"alt", "aria-label", "aria-description", "data-label", "placeholder", "title"}
"""What people read or hear of an element besides its content."""
_TOLD = re.compile(r"{%[-+]?\s*trans\b.*?{%[-+]?\s*endtrans\s*[-+]?%}|{{.*?}}|{%.*?%}|{#.*?#}", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]{2,}")


class _Reading(HTMLParser):
    """Collects what people would read."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []

    def handle_data(self, data: str) -> None:
        self.read.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.read += [value for name, value in attrs if value and name in ATTRIBUTES]


def untold_words(template: str) -> set[str]:
    """Words of a template that stand outside of everything that is translated."""
    reading = _Reading()
    reading.feed(_TOLD.sub("", template))
    return {word for text in reading.read for word in _WORD.findall(text)} - SAME_EVERYWHERE


def test_every_text_has_its_latvian() -> None:
    assert missing() == {}, "python -m tests.operations.translations prints what to write"


def test_no_catalogue_tells_what_nobody_says() -> None:
    assert [(entry.file, entry.message) for entry in obsolete()] == []


def _keeps_places(entry: Entry) -> bool:
    if isinstance(entry.message, str):
        return places(entry.told[0]) == places(entry.message)
    # Latvian counts 21 like 1, so that form has the number, whatever English does with one; none is always the same.
    one, many, none = map(places, entry.told)
    return one == many == places(entry.message[1]) and none <= many


def test_a_translation_keeps_the_places_for_values() -> None:
    assert [entry for entry in entries() if not _keeps_places(entry)] == []


def test_a_place_that_is_lost_or_made_up_is_seen() -> None:
    assert not _keeps_places(Entry("x.po", "{name} went", ("{who} gāja",)))
    assert not _keeps_places(Entry("x.po", ("one file", "%(count)s files"), ("%(count)s fails", "faili", "failu")))


_QUOTED = re.compile(r"“([^”]+)”")


def _misnamed_buttons(entry: Entry, told: Mapping[Any, str]) -> list[str]:
    """What a sentence bids people press, where its translation calls that otherwise than the button is called."""
    english = entry.message if isinstance(entry.message, str) else entry.message[-1]
    names = [told[name] for name in _QUOTED.findall(english) if name in told]
    return [name for name in names for form in entry.told if f"„{name}”" not in form]


def test_a_sentence_calls_buttons_as_they_are_called() -> None:
    told = {entry.message: entry.told[0] for entry in entries()}
    assert {entry.message: wrong for entry in entries() if (wrong := _misnamed_buttons(entry, told))} == {}
    elsewhere = Entry("x.po", "press “Enrol again”", ("nospiediet „Reģistrēt no jauna”",))
    assert _misnamed_buttons(elsewhere, told) == [told["Enrol again"]]


def test_latvian_quotes_open_below() -> None:
    assert [entry.told for entry in entries() if any("“" in form for form in entry.told)] == []


def test_no_file_tells_one_message_twice() -> None:
    assert {path.name: found for path in FOLDERS[Language.LATVIAN].glob("*.po") if (found := doubles(path))} == {}


def test_no_two_files_contradict_each_other() -> None:
    told: dict[str, set[tuple[str, ...]]] = {}
    for entry in entries():
        told.setdefault(entry.message if isinstance(entry.message, str) else entry.message[0], set()).add(entry.told)
    assert {message: ways for message, ways in told.items() if len(ways) > 1} == {}


def test_no_message_is_counted_in_one_place_and_not_in_another() -> None:
    counted = {message[0] for message in said() if isinstance(message, tuple)}
    assert counted & {message for message in said() if isinstance(message, str)} == set()


def test_every_text_of_the_code_is_a_plain_literal_which_the_extraction_finds() -> None:
    assert unread_texts() == []


CLOSED_SETS: tuple[tuple[type[StrEnum], Mapping[Any, tuple[Text, ...]]], ...] = (
    (Reason, {reason: (advice,) for reason, advice in ADVICE.items()}),
    (Remark, {remark: (told,) for remark, told in REMARKS.items()}),
    (Cause, {cause: tuple(words) for cause, words in WORDS.items()}),
    (Obstacle, {obstacle: (told,) for obstacle, told in OBSTACLES.items()}),
)


@pytest.mark.parametrize(("kind", "told"), CLOSED_SETS)
def test_each_of_a_closed_set_is_told_in_both_languages(
    kind: type[StrEnum], told: Mapping[Any, tuple[Text, ...]]
) -> None:
    assert set(told) == set(kind)
    for texts in told.values():
        assert all(translate(text, Language.LATVIAN) != str(text) for text in texts)


def test_every_step_of_a_batch_is_told_in_both_languages() -> None:
    assert all(translate(step, Language.LATVIAN) != str(step) for step in STEPS)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_words_that_are_not_translated(path: Path) -> None:
    assert untold_words(path.read_text(encoding="utf-8")) == set()


def test_words_outside_of_translations_are_found() -> None:
    source = '<p title="Hint">Name {{ _("Size") }}{% trans %}Told{% endtrans %}</p><input name="csrf">'
    assert untold_words(source) == {"Hint", "Name"}
