"""What the code says to people, against what the catalogues can tell: `python -m tests.operations.translations`.

Prints what has no Latvian yet as entries for a `.po` file, and what a catalogue tells that nobody says any more.
"""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from jobs.model.text import Language
from worker.translation.catalogue import FOLDERS

ROOT = Path(__file__).parents[2]
ROOMS = ("config", "jobs", "worker")
KEYWORDS = {"Text": None, "counted": (1, 2), "_": None, "gettext": None, "ngettext": (1, 2)}
"""Whose first words are messages: `Text`, `Text.counted` in code, `_` and `{% trans %}` in templates."""
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
OPTIONS = {"**/templates/**.html": {"trimmed": "false", "silent": "false"}}
_PLACE = re.compile(r"%\((\w+)\)s|\{(\w*)\}")

Message = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of a catalogue file, with its translation: one string, or one for each number's form."""

    file: str
    message: Message
    told: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether every form is there: Latvian has three (CLDR)."""
        return all(self.told) and len(self.told) == (3 if isinstance(self.message, tuple) else 1)


@cache
def said() -> dict[Message, str]:
    """Every message of the code, with the place where it is said first."""
    found: dict[Message, str] = {}
    for room in ROOMS:
        for file, line, message, *_ in extract_from_dir(
            ROOT / room, METHODS, OPTIONS, keywords=KEYWORDS, comment_tags=()
        ):
            found.setdefault(message, f"{room}/{file}:{line}")
    return found


def entries(language: Language = Language.LATVIAN) -> Iterator[Entry]:
    """Every message of the language's files, those that stand there twice as well."""
    for path in sorted(FOLDERS[language].glob("*.po")):
        with path.open("rb") as file:
            for entry in filter(lambda entry: entry.id, read_po(file, locale=language.value)):
                told = entry.string if isinstance(entry.string, tuple) else (entry.string,)
                message = entry.id if isinstance(entry.id, str) else tuple(entry.id)
                yield Entry(path.name, message, tuple(str(form or "") for form in told))


def doubles(path: Path) -> list[str]:
    """Messages that one file holds more than once: Babel's reader would keep the last and say nothing."""
    ids = re.findall(r'^msgid ((?:"[^\n]*"\n)+)', path.read_text(encoding="utf-8"), re.MULTILINE)
    return [found for found, times in Counter(ids).items() if times > 1]


def missing() -> dict[Message, str]:
    """What is said, and no catalogue tells whole."""
    whole = {entry.message for entry in entries() if entry.is_whole}
    return {message: place for message, place in said().items() if message not in whole}


def obsolete() -> list[Entry]:
    """What a catalogue tells, and nobody says."""
    return [entry for entry in entries() if entry.message not in said()]


def places(text: str) -> set[str]:
    """The names of the places for values in a message, of code or of a template."""
    return {one or two for one, two in _PLACE.findall(text)}


def unread_texts() -> list[str]:
    """Calls of `Text` and `Text.counted` whose words Babel does not find, since they are no plain literals."""
    known = {words for message in said() for words in ((message,) if isinstance(message, str) else message)}
    found = []
    for path in (path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and (count := _words_of(node.func)):
                words = node.args[:count]
                if not all(isinstance(word, ast.Constant) and word.value in known for word in words):
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    return found


def _words_of(function: ast.expr) -> int:
    """How many templates a call of this takes; 0 where it is no text."""
    match function:
        case ast.Name(id="Text"):
            return 1
        case ast.Attribute(value=ast.Name(id="Text"), attr="counted"):
            return 2
        case _:
            return 0


def main() -> None:
    """Print both lists."""
    catalogue = Catalog(locale=Language.LATVIAN.value)
    for message, place in missing().items():
        file, _, line = place.rpartition(":")
        catalogue.add(message, locations=[(file, int(line))])
    write_po(sys.stdout.buffer, catalogue, omit_header=True, width=110)
    for entry in obsolete():
        sys.stdout.write(f"# nobody says this any more, in {entry.file}: {entry.message!r}\n")


if __name__ == "__main__":
    main()
