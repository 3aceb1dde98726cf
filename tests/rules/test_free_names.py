"""A free name is found in leaps, however many are taken."""

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from worker.storage.names import free_names, leap_to_free


@given(st.integers(0, 3000))
def test_the_next_name_is_found_with_few_looks(count: int) -> None:
    taken, looks = set(islice(free_names("2026/a.pdf"), count)), []

    def is_taken(name: str) -> bool:
        looks.append(name)
        return name in taken

    name, before = next(leap_to_free("2026/a.pdf", 0, is_taken))
    expected = list(islice(free_names("2026/a.pdf"), max(0, count - 1), count + 1))
    assert name == expected[-1]
    assert before == expected[0]
    assert len(looks) <= 2 * count.bit_length() + 2


@given(st.sets(st.integers(1, 60)))
def test_whatever_people_take_away_only_free_names_are_given(numbers: set[int]) -> None:
    names = list(islice(free_names("a.pdf"), 60))
    taken = {names[number - 1] for number in numbers}
    found = list(islice(leap_to_free("a.pdf", 0, taken.__contains__), 3))
    assert all(name not in taken for name, _ in found)
    assert len({name for name, _ in found}) == len(found)
