"""When a file is complete."""

from datetime import timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from worker.inbox.settling import Look, Sighting, sighted

SETTLE = timedelta(seconds=2)
LOOKS = st.builds(Look, st.integers(0, 3), st.integers(0, 3))
WATCH = st.lists(st.tuples(st.floats(0, 5), LOOKS), min_size=1, max_size=30)
"""Looks, each with the seconds since the one before."""


def watched(watch: list[tuple[float, Look]]) -> list[tuple[float, Sighting]]:
    """Every look of a watch as the time and the sighting it led to."""
    seen: list[tuple[float, Sighting]] = []
    at = 0.0
    for pause, look in watch:
        at += pause
        seen.append((at, sighted(seen[-1][1] if seen else None, look, at)))
    return seen


@given(WATCH)
def test_a_settled_file_looked_the_same_in_every_look_for_the_whole_settle_time(
    watch: list[tuple[float, Look]],
) -> None:
    seen = watched(watch)
    at, last = seen[-1]
    same = [time for time, sighting in seen if time >= last.since and sighting.look == last.look]
    assert last.settled(at, SETTLE) == (at - min(same) >= 2)
    assert all(sighting.look == last.look for time, sighting in seen if time > last.since)


@given(WATCH, LOOKS)
def test_any_change_starts_anew(watch: list[tuple[float, Look]], change: Look) -> None:
    at, last = watched(watch)[-1]
    if change != last.look:
        assert not sighted(last, change, at + 100).settled(at + 100, SETTLE)


@given(LOOKS)
def test_one_look_is_never_enough(look: Look) -> None:
    assert not sighted(None, look, 1000).settled(1000, SETTLE)


@given(LOOKS)
def test_without_a_settle_time_one_look_is_enough(look: Look) -> None:
    assert sighted(None, look, 1000).settled(1000, timedelta(0))


def test_an_old_modification_time_proves_nothing() -> None:
    copied_with_its_time = Look(size=10, modified=0)
    assert not sighted(None, copied_with_its_time, 10**9).settled(10**9, SETTLE)


def test_a_link_or_a_folder_is_no_file_to_look_at(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_text("a")
    (tmp_path / "link.pdf").symlink_to(tmp_path / "a.pdf")
    assert Look.at(tmp_path / "a.pdf") is not None
    assert Look.at(tmp_path / "link.pdf") is None
    assert Look.at(tmp_path / "gone.pdf") is None
