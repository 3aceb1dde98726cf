from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.model.merkle import Side, compute_root, follow, prove_inclusion

leaves = st.lists(st.binary(max_size=8), min_size=1, max_size=40)


def root_in_halves(values: list[bytes]) -> bytes:
    """As RFC 6962 §2.1 defines it: split at the largest power of two that is smaller than the number of leaves."""
    if len(values) == 1:
        return sha256(b"\0" + values[0]).digest()
    half = 1 << (len(values) - 1).bit_length() - 1
    return sha256(b"\1" + root_in_halves(values[:half]) + root_in_halves(values[half:])).digest()


@given(leaves)
def test_the_root_is_that_of_the_rfc(values: list[bytes]) -> None:
    assert compute_root(values) == root_in_halves(values)


def test_the_root_over_nothing_is_the_hash_of_nothing() -> None:
    assert compute_root([]) == sha256().digest()


@given(leaves, st.data())
def test_every_leaf_is_led_to_the_root_in_few_steps(values: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(values) - 1))
    proof = prove_inclusion(values, place)
    assert follow(values[place], proof) == compute_root(values)
    assert len(proof) <= (len(values) - 1).bit_length()


@given(leaves, st.data())
def test_no_other_leaf_is_led_to_the_root(values: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(values) - 1))
    assert follow(values[place] + b"x", prove_inclusion(values, place)) != compute_root(values)


def test_two_hashes_that_were_joined_are_no_leaf() -> None:
    left, right = b"a", b"b"
    joined = sha256(b"\0" + left).digest() + sha256(b"\0" + right).digest()
    assert compute_root([joined]) != compute_root([left, right])


def test_a_neighbour_stands_on_its_side() -> None:
    assert [step.side for step in prove_inclusion([b"a", b"b", b"c"], 1)] == [Side.LEFT, Side.RIGHT]


@pytest.mark.parametrize("place", [-1, 2])
def test_what_is_not_there_is_not_proved(place: int) -> None:
    with pytest.raises(IndexError):
        prove_inclusion([b"a", b"b"], place)
