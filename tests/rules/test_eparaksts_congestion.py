"""How many calls go at once is found out, against vendors that bear so many and no more: simulated, without a clock."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.eparaksts.congestion import Bounds, CongestionControl

BOUNDS = Bounds(first=8, least=2, most=64)


@dataclass
class Vendor:
    """Bears `capacity` calls at once: what comes on top of them is refused, or all of them become slower."""

    capacity: int
    latency: float = 0.1
    refuses: bool = True
    jitter: float = 0.0
    rest: float = 0.0
    random: Random = field(default_factory=lambda: Random(7))  # noqa: S311  times, no secrets

    def answer(self, in_flight: int) -> tuple[float, bool]:
        """After how many seconds it answers, and whether with a refusal; `in_flight` counts the call."""
        if self.refuses and in_flight > self.capacity:
            return 0.002, True
        share = 1.0 if self.refuses else max(1.0, in_flight / self.capacity)
        return self.latency * share * self.random.lognormvariate(0.0, self.jitter), False


@dataclass
class Load:
    """Always has more to ask, as many at once as it may."""

    vendor: Vendor
    control: CongestionControl
    now: float = 0.0
    answered: int = 0
    refused: int = 0
    _under_way: list[tuple[float, int, float, int, bool]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: iter(range(10**9)))

    def run(self, seconds: float) -> float:
        """Press on for a while; gives the answers per second."""
        end, before = self.now + seconds, self.answered
        while self.now < end:
            while len(self._under_way) < self.control.limit and self.now >= self.control.closed_until:
                count = len(self._under_way) + 1
                takes, is_refused = self.vendor.answer(count)
                heapq.heappush(self._under_way, (self.now + takes, next(self._numbers), self.now, count, is_refused))
            if not self._under_way:
                self.now = self.control.closed_until
                continue
            self.now, _, began, count, is_refused = heapq.heappop(self._under_way)
            if is_refused:
                self.refused += 1
                self.control.note_refusal(began, self.now, self.vendor.rest, in_flight=count)
            else:
                self.answered += 1
                self.control.note_answer("upload", began, self.now, is_used=True)
        return (self.answered - before) / seconds


def pressing(vendor: Vendor, bounds: Bounds = BOUNDS) -> Load:
    return Load(vendor, CongestionControl(bounds, 0.0))


@pytest.mark.parametrize("capacity", [4, 8, 16, 40])
def test_a_vendor_that_refuses_above_its_capacity_is_used_up_and_seldom_refuses(capacity: int) -> None:
    load = pressing(Vendor(capacity))
    load.run(10)
    refused = load.refused
    assert load.run(120) > 0.8 * capacity / load.vendor.latency
    assert load.refused - refused < load.answered / 200


def test_a_vendor_that_only_becomes_slower_is_not_asked_for_more_than_helps() -> None:
    load = pressing(Vendor(capacity=12, refuses=False))
    load.run(10)
    assert load.run(60) > 0.8 * 12 / 0.1
    assert load.control.limit < 40


@given(jitter=st.sampled_from([0.0, 0.2, 0.5]), latency=st.sampled_from([0.003, 0.1, 2.0]))
def test_a_vendor_whose_answers_vary_and_that_bears_everything_is_given_as_much_as_the_settings_say(
    jitter: float, latency: float
) -> None:
    load = pressing(Vendor(capacity=1000, latency=latency, jitter=jitter), Bounds(first=8, least=2, most=32))
    load.run(600 * latency)
    assert load.control.limit > 24


def test_a_vendor_that_grows_and_shrinks_is_followed() -> None:
    load = pressing(Vendor(capacity=40))
    load.run(20)
    load.vendor.capacity = 6
    load.run(20)
    assert load.control.limit <= 6
    load.vendor.capacity = 40
    load.run(60)
    assert load.control.limit > 30


def test_a_vendor_that_asks_for_rest_is_left_alone_for_that_long_and_never_for_ever() -> None:
    control = CongestionControl(BOUNDS, 0.0)
    control.note_refusal(0.0, 1.0, 20.0)
    assert control.closed_until == 21.0
    control.note_refusal(0.0, 2.0, 86400.0)
    assert control.closed_until == 62.0
    assert pressing(Vendor(capacity=4, rest=3.0)).run(120) > 0


def test_until_a_limit_shows_half_as_many_again_go_at_once_with_each_round_trip() -> None:
    load = pressing(Vendor(capacity=1000, latency=1.0))
    load.run(5)
    assert load.control.limit >= 8 * 1.35**5


def test_one_burst_of_refusals_takes_one_share_away() -> None:
    control = CongestionControl(Bounds(first=16, least=2, most=64), 0.0)
    for _ in range(16):
        control.note_refusal(0.0, 0.1)
    assert control.limit == 12


def test_what_is_not_used_does_not_grow() -> None:
    control = CongestionControl(BOUNDS, 0.0)
    for second in range(1000):
        control.note_answer("list", second, second + 0.1, is_used=False)
    assert control.limit == BOUNDS.first


@given(
    events=st.lists(st.tuples(st.sampled_from(["answer", "refusal", "silence"]), st.integers(1, 100), st.floats(0, 9))),
    first=st.integers(2, 40),
)
def test_whatever_happens_the_bounds_hold(events: list[tuple[str, int, float]], first: int) -> None:
    control, now = CongestionControl(Bounds(first=first, least=2, most=40), 0.0), 0.0
    for event, in_flight, seconds in events:
        began, now = now, now + seconds
        match event:
            case "answer":
                control.note_answer("upload", began, now, is_used=in_flight > 1)
            case "refusal":
                control.note_refusal(began, now, seconds, in_flight=in_flight)
            case _:
                control.note_silence(began, now)
        assert 2 <= control.limit <= 40


def test_bounds_between_which_nothing_lies_do_not_exist() -> None:
    with pytest.raises(ValueError, match="in the order"):
        Bounds(first=8, least=9, most=32)
