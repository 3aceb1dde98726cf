"""Small changes that turn what is right into something that looks almost like it. Pure."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def flip_bit(value: bytes) -> bytes:
    """Return the bytes with the lowest bit in the middle changed."""
    middle = len(value) // 2
    return value[:middle] + bytes([value[middle] ^ 1]) + value[middle + 1 :]


def flip_first(values: Sequence[bytes]) -> list[bytes]:
    """Return the values with one bit of the first one changed."""
    return [flip_bit(values[0]), *values[1:]]


def swap_first_two(entries: Sequence[T]) -> list[T]:
    """Return the entries with the first two in each other's place."""
    return [*entries[1::-1], *entries[2:]]


def drop_last(entries: Sequence[T]) -> list[T]:
    """Return the entries without the last one."""
    return list(entries[:-1])
