"""On which line of a TOML file a key stands: its reader tells values and no places. Pure."""

import re
from collections.abc import Iterator, Sequence

_HEADER = re.compile(r"\s*\[\[?\s*(?P<key>[^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_PAIR = re.compile(
    r"\s*(?P<key>(?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*'))*)\s*="
)
_PART = re.compile(r"\"([^\"]*)\"|'([^']*)'|([A-Za-z0-9_-]+)")
_LONG = re.compile(r'"""|\'\'\'')

KeyPath = tuple[str, ...]


def find_line(text: str, key: Sequence[str]) -> int | None:
    """The line, counted from 1, where the key or the nearest table around it stands; None where neither does."""
    lines = list(_list_keys(text))
    for length in range(len(key), 0, -1):
        wanted = tuple(key[:length])
        # A table may stand there only in the names of those below it.
        if found := next((line for known, line in lines if known[:length] == wanted), None):
            return found
    return None


def _list_keys(text: str) -> Iterator[tuple[KeyPath, int]]:
    """Every key with its line: those of tables (TOML 1.0 §table), and of the pairs in them."""
    table: KeyPath = ()
    in_string = False
    for number, line in enumerate(text.splitlines(), start=1):
        was_in_string, in_string = in_string, in_string ^ (len(_LONG.findall(line)) % 2 == 1)
        if was_in_string:
            continue
        if header := _HEADER.match(line):
            table = _parts(header["key"])
            yield table, number
        elif pair := _PAIR.match(line):
            yield (*table, *_parts(pair["key"])), number


def _parts(key: str) -> KeyPath:
    return tuple("".join(part) for part in _PART.findall(key))
