"""File names that are free, fit the file system, and stay as close to the given one as they can."""

import os
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path, PurePosixPath

from worker.storage.durable import make_folder, write_once

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

LONGEST = 230
"""Bytes that a name may have: NAME_MAX of the usual file systems, less what writing aside adds to it."""


def escape_controls(text: str) -> str:
    r"""Give the text for people to read, with what would steer a terminal or turn the line around made visible.

    That, and bytes that are no text, is shown as Python writes it: `\x1b`, `\u202e`, `\xe9`.
    """
    # Bidi controls (Unicode UAX 9) are of the category Cf, as are joiners, which some languages need in words.
    controls = {one for one in text if unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"} or one in _BIDI}
    return "".join(_escape(letter) if letter in controls else letter for letter in text)


def free_names(name: str, spare: int = 0) -> Iterator[str]:
    """Give `folder/a.pdf`, `folder/a (2).pdf`, … each leaving `spare` bytes for a longer name beside it."""
    path = PurePosixPath(name)
    yield str(path.with_name(fit_name(path.name, spare=spare)))
    for number in count(2):
        yield str(path.with_name(fit_name(path.name, f" ({number})", spare)))


def fit_name(name: str, number: str = "", spare: int = 0) -> str:
    """The file name with a number before its suffix, shortened where it would be too long."""
    path = PurePosixPath(name)
    stem, ending = path.stem, number + path.suffix
    # A "suffix" can be longer than the whole name may be; then it is no suffix to keep.
    if len(ending.encode()) > LONGEST - spare:
        stem, ending = path.name, number
    length = LONGEST - spare - len(ending.encode())
    return stem.encode()[:length].decode(errors="ignore") + ending


def reserve(folder: Path, name: str, content: bytes, endings: Sequence[str], is_ours: Callable[[Path], bool]) -> str:
    """Take a name by creating the note `<name><first ending>` exclusively, and return it.

    A name is free when neither it nor it with any of the endings exists. A note that `is_ours` is taken up again.
    """
    for free, is_free in candidates(folder, name, endings):
        note = folder / (free + endings[0])
        if is_free:
            with suppress(FileExistsError):
                write_once(note, content)
                return free
        if is_ours(note):
            return free
    raise AssertionError("names do not run out")


def candidates(folder: Path, name: str, endings: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Give each name in turn, and whether neither it nor it with any of the endings exists."""
    spare = max(len(ending) for ending in endings)
    for free in free_names(reach(folder, name), spare):
        path = f"{folder}/{free}"
        yield free, not any(map(os.path.lexists, (path, *(path + ending for ending in endings))))


def leap_to_free(name: str, spare: int, is_taken: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    """Give names that are free, each with the one before it; the very first name stands before itself.

    They are looked for in leaps, so that the two-thousandth of a name costs hardly more than the second. What is free
    below others, since somebody took a file away, may be passed over.
    """
    path = PurePosixPath(name)

    def number_name(number: int) -> str:
        return str(path.with_name(fit_name(path.name, f" ({number})" if number > 1 else "", spare)))

    taken, free = 0, 1
    while is_taken(number_name(free)):
        taken, free = free, 2 * free
    while free - taken > 1:
        middle = (taken + free) // 2
        taken, free = (middle, free) if is_taken(number_name(middle)) else (taken, middle)
    for number in count(free):
        if not is_taken(number_name(number)):
            yield number_name(number), number_name(max(1, number - 1))


def link_free(source: Path, folder: Path, name: str) -> Path:
    """Give the file a second, free name in the folder; the one it already has there is found again."""
    for free in free_names(reach(folder, name)):
        target = folder / free
        try:
            os.link(source, target)
        except FileExistsError:
            if not target.samefile(source):
                continue
        return target
    raise AssertionError("names do not run out")


def rename_free(source: Path, folder: Path, name: str) -> Path:
    """Move a folder to a free name in another."""
    for free in free_names(reach(folder, name)):
        target = folder / free
        with suppress(FileExistsError):
            target.mkdir()
            return source.rename(target)
    raise AssertionError("names do not run out")


def _escape(letter: str) -> str:
    if "\udc80" <= letter <= "\udcff":  # a byte that is no text, as os.fsdecode() keeps it (PEP 383)
        return f"\\x{ord(letter) & 0xFF:02x}"
    return letter.encode("unicode_escape").decode()


def reach(folder: Path, name: str) -> str:
    """Make the folders that the name needs; gives the name, or its parts in one where a file stands in their place."""
    try:
        make_folder((folder / name).parent)
    except (FileExistsError, NotADirectoryError):
        return name.replace("/", "_")
    return name
