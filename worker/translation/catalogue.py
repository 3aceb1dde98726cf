"""The catalogue of each language: Babel's `.po` files, one for each part of zimogs, read as one."""

import io
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from jobs.model.text import Language

FOLDERS = {Language.LATVIAN: Path(__file__).parent / "latvian"}
"""Where the catalogues of each language lie. English is written in the code."""
PLURALS = "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n != 0 ? 1 : 2);"
"""The forms of Latvian as its catalogues have them: 1 and 21, then all others, then none. Babel's own order differs."""


@cache
def messages(language: Language) -> Catalog:
    """Everything that can be told in the language; nothing for English."""
    together = Catalog(locale=language.value)
    together.mime_headers = [("Content-Type", "text/plain; charset=utf-8"), ("Plural-Forms", PLURALS)]
    for path in sorted(FOLDERS[language].glob("*.po")) if language in FOLDERS else ():
        with path.open("rb") as file:
            for message in read_po(file, locale=language.value):
                if message.id and message.string:
                    together[message.id] = message
    return together


@cache
def catalogue(language: Language) -> NullTranslations:
    """The same, as gettext looks things up."""
    if language not in FOLDERS:
        return NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, messages(language))
    compiled.seek(0)
    return GNUTranslations(compiled)
