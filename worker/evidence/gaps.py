"""Numbers that are missing, as ranges: one odd file name must not make a list of a thousand million."""

from collections.abc import Iterable, Iterator


def find_gaps(numbers: Iterable[int], first: int = 1) -> Iterator[tuple[int, int]]:
    """The lowest and the highest number of each gap, from `first` to the highest that is there."""
    expected = first
    for number in sorted(numbers):
        if number > expected:
            yield expected, number - 1
        expected = max(expected, number + 1)


def describe_gap(first: str, last: str) -> str:
    """Which are missing, as the beginning of a sentence, by the names of the lowest and the highest."""
    return f"{first} is missing" if first == last else f"{first} to {last} are missing"
