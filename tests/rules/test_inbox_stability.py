"""When a file is complete."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from worker.inbox.stability import Stability, look_again
from worker.storage.fingerprint import Fingerprint

SETTLE = timedelta(seconds=2)
LOOKS = st.builds(Fingerprint, st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))
WATCH = st.lists(st.tuples(st.floats(0, 5), LOOKS), min_size=1, max_size=30)
"""Looks, each with the seconds since the one before."""


def watched(watch: list[tuple[float, Fingerprint]]) -> list[tuple[float, Stability]]:
    """Every look of a watch as the time and the stability it led to."""
    seen: list[tuple[float, Stability]] = []
    at = 0.0
    for pause, look in watch:
        at += pause
        seen.append((at, look_again(seen[-1][1] if seen else None, look, at)))
    return seen


@given(WATCH)
def test_a_settled_file_looked_the_same_in_every_look_for_the_whole_settle_time(
    watch: list[tuple[float, Fingerprint]],
) -> None:
    seen = watched(watch)
    at, last = seen[-1]
    same = [time for time, stability in seen if time >= last.since and stability.fingerprint == last.fingerprint]
    assert last.has_settled(at, SETTLE) == (at - min(same) >= 2)
    assert all(stability.fingerprint == last.fingerprint for time, stability in seen if time > last.since)


@given(WATCH, LOOKS)
def test_any_change_starts_anew(watch: list[tuple[float, Fingerprint]], change: Fingerprint) -> None:
    at, last = watched(watch)[-1]
    if change != last.fingerprint:
        assert not look_again(last, change, at + 100).has_settled(at + 100, SETTLE)


@given(LOOKS)
def test_one_look_is_never_enough(look: Fingerprint) -> None:
    assert not look_again(None, look, 1000).has_settled(1000, SETTLE)


@given(LOOKS)
def test_without_a_settle_time_one_look_is_enough(look: Fingerprint) -> None:
    assert look_again(None, look, 1000).has_settled(1000, timedelta(0))


def test_an_old_modification_time_proves_nothing() -> None:
    copied_with_its_time = Fingerprint(size=10, modified=0, changed=0)
    assert not look_again(None, copied_with_its_time, 10**9).has_settled(10**9, SETTLE)
