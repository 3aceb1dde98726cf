"""Whose turn it is when more lies there than one rescan takes: everybody's, and each once before any comes again."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import islice, zip_longest
from typing import Generic, TypeVar

MOST_AT_ONCE = 500
"""Files that one rescan takes: who drops thousands shall not keep others waiting until all of them are taken."""

GROUP = 32
"""Files that one hop into a thread takes along."""

T = TypeVar("T")


class Turns(Generic[T]):
    """Remembers what had its turn, by `key`, until everything had; those of different `owner`s alternate."""

    def __init__(self, key: Callable[[T], Hashable], owner: Callable[[T], Hashable]) -> None:
        self._key = key
        self._owner = owner
        self._done: set[Hashable] = set()

    def choose(self, values: Iterable[T]) -> tuple[list[T], int]:
        """Those whose turn it is now, and how many have not had theirs yet.

        What could not be taken at its turn waits until the others have been tried: it must not stand in their way.
        """
        rows, later = defaultdict[Hashable, list[T]](list), 0
        for value in values:
            if self._key(value) in self._done:
                continue
            row = rows[self._owner(value)]
            if len(row) < MOST_AT_ONCE:
                row.append(value)
            else:
                later += 1
        fresh = [value for turn in zip_longest(*rows.values()) for value in turn if value is not None]
        chosen, later = fresh[:MOST_AT_ONCE], later + len(fresh[MOST_AT_ONCE:])
        self._done = self._done | set(map(self._key, chosen)) if later else set()
        return chosen, later


def split(values: Iterable[T], is_second: Callable[[T], bool]) -> tuple[list[T], list[T]]:
    """Those that are not, and those that are."""
    parts: tuple[list[T], list[T]] = ([], [])
    for value in values:
        parts[is_second(value)].append(value)
    return parts


async def split_in_thread(values: Sequence[T], is_second: Callable[[T], bool]) -> tuple[list[T], list[T]]:
    """The same by what only the disk knows; nearly always there is nothing to split, and nobody waits for it."""
    return await asyncio.to_thread(split, values, is_second) if values else ([], [])


def in_groups(values: Iterable[T]) -> Iterator[tuple[T, ...]]:
    """Give them as many at a time as one hop takes along."""
    rest = iter(values)
    while group := tuple(islice(rest, GROUP)):
        yield group
