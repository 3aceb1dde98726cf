"""When a session is over."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import ANNA, NOON, documents
from tests.support.memory_app import MemoryApp
from worker.desk.cookie import cookie_name
from worker.desk.sessions import DeskSession, SessionEnds, SignedInPerson

ENDS = SessionEnds(life=timedelta(hours=8), idle=timedelta(minutes=30))
HOUR = timedelta(hours=1)


def somebody(seen: timedelta = timedelta(0)) -> SignedInPerson:
    return SignedInPerson(name="Anna", code=ANNA, since=NOON, seen=NOON + seen)


@pytest.mark.parametrize(
    ("seen", "now", "is_over"),
    [
        (0 * HOUR, 0.49 * HOUR, False),
        (0 * HOUR, 0.5 * HOUR, True),
        (7.9 * HOUR, 7.99 * HOUR, False),
        (7.9 * HOUR, 8 * HOUR, True),
        # A start after the clock went back by an hour, and by a day.
        (0 * HOUR, -1 * HOUR, False),
        (0 * HOUR, -24 * HOUR, True),
    ],
)
def test_a_session_ends_idle_or_whole_and_a_wrong_clock_makes_none_endless(
    seen: timedelta, now: timedelta, *, is_over: bool
) -> None:
    assert ENDS.is_over(somebody(seen), NOON + now) == is_over


def test_over_https_the_cookie_is_of_this_host_alone() -> None:
    assert cookie_name("https://desk.example").startswith("__Host-")
    assert not cookie_name("http://127.0.0.1:8400").startswith("__Host-")


def test_however_many_batches_a_person_approves_their_cookie_stays_small_enough_for_browsers() -> None:
    content: dict[str, Any] = {}
    for number in range(200):
        DeskSession(content, NOON - number * HOUR, NOON, ENDS).record_grant(f"{number:064}")
    assert len(json.dumps(content)) < 2000


async def test_a_consent_counts_as_on_its_way_for_two_minutes_whatever_becomes_of_the_clock() -> None:
    content: dict[str, Any] = {}
    history = await MemoryApp().prepared(*documents(1))
    DeskSession(content, NOON, NOON, ENDS).record_grant(history.prepared.summary)
    assert DeskSession(content, NOON - HOUR, NOON + timedelta(minutes=1), ENDS).has_granted(history)
    assert not DeskSession(content, NOON - HOUR, NOON + timedelta(minutes=2), ENDS).has_granted(history)


def test_a_cookie_of_another_version_signs_nobody_in_and_breaks_no_page() -> None:
    old = {"person": {"name": "Anna", "code": ANNA, "since": NOON.isoformat()}, "flash": "Hello"}
    session = DeskSession(old, NOON, NOON, ENDS)
    session.touch()
    assert (session.person, session.take_flash()) == (None, None)
