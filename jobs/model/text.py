"""Sentences for people, in a form that can be told in every language."""

from enum import StrEnum
from typing import Self


class Language(StrEnum):
    """The languages in which zimogs talks to people (ISO 639-1)."""

    ENGLISH = "en"
    LATVIAN = "lv"


class Text(str):
    """A sentence in English which keeps what it was made of: programs and logs take it as it is, pages translate it.

    `template` holds its values as `{name}`; what is counted has a template for many as well and its number as
    `{count}`. Values may be texts themselves. Joined to other strings it becomes a plain one, and stays English.
    """

    __slots__ = ("many", "number", "template", "values")

    template: str
    many: str
    """The template for many; empty where nothing is counted."""
    number: int
    values: dict[str, object]

    def __new__(cls, template: str, **values: object) -> Self:
        """Fill the template: `Text("{name} approved", name="Anna")`."""
        return cls.of(template, "", 1, values)

    @classmethod
    def counted(cls, one: str, many: str, count: int, **values: object) -> Self:
        """Choose the template by the number: `Text.counted("{count} file", "{count} files", 3)`."""
        return cls.of(one, many, count, {"count": count, **values})

    @classmethod
    def of_sentences(cls, *sentences: str) -> Self:
        """One sentence after the other."""
        values = {f"s{number}": sentence for number, sentence in enumerate(sentences)}
        return cls.of(_one_after_the_other(len(sentences)), "", 1, dict(values))

    @property
    def sentences(self) -> tuple[str, ...]:
        """The sentences that it was made of one after the other; itself where it is one."""
        is_several = self.template == _one_after_the_other(len(self.values))
        return tuple(map(str, self.values.values())) if is_several else (str(self),)

    @classmethod
    def of(cls, one: str, many: str, count: int, values: dict[str, object]) -> Self:
        """Put together what was taken apart; `many` is empty where nothing is counted."""
        text = super().__new__(cls, fill(one if not many or count == 1 else many, values))
        text.template, text.many, text.number, text.values = one, many, count, values
        return text


class Written(str):
    """A sentence in English out of a record or an error, which no longer knows what it was made of.

    Told in another language where it fits a template of the catalogues, and as it stands where it fits none.
    """

    __slots__ = ()


def _one_after_the_other(count: int) -> str:
    return " ".join(f"{{s{number}}}" for number in range(count))


def fill(template: str, values: dict[str, object]) -> str:
    """Put values into their places."""
    return template.format_map({name: show(value) for name, value in values.items()}) if values else template


def show(value: object) -> object:
    """The value as it stands in a text: whole numbers with a space between their thousands, all else as it is."""
    return f"{value:,}".replace(",", "\N{NO-BREAK SPACE}") if isinstance(value, int) else value


def quote(words: str, most: int) -> str:
    """Others' words on one line of `most` characters, without what would act on a terminal or turn a page around."""
    return " ".join("".join(one if one.isprintable() else " " for one in words).split())[:most]
