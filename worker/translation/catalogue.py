"""The catalogue of each language, and a text told with it."""

import io
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from jobs.model.text import Language, Text, fill

FOLDERS = {Language.LATVIAN: Path(__file__).parent / "latvian"}
"""Where the catalogues of each language lie, one `.po` for each part of zimogs. English is written in the code."""


def translate(text: str, language: Language) -> str:
    """Tell the text in that language; in English where its catalogues do not have it.

    A plain string is looked up whole.
    """
    known = catalogue(language)
    if not isinstance(text, Text):
        return known.gettext(text) if text else text
    values = {name: translate(each, language) if isinstance(each, Text) else each for name, each in text.values.items()}
    template = known.ngettext(text.template, text.many, text.number) if text.many else known.gettext(text.template)
    return fill(template, values)


@cache
def catalogue(language: Language) -> NullTranslations:
    """All catalogues of the language as one; read once."""
    if language not in FOLDERS:
        return NullTranslations()
    together = Catalog(locale=language.value)
    for path in sorted(FOLDERS[language].glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language.value):
                if message.id and message.string:
                    together[message.id] = message
    compiled = io.BytesIO()
    write_mo(compiled, together)
    compiled.seek(0)
    return GNUTranslations(compiled)
