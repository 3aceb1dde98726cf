"""Ordering weather in one line, and by the name of a preset."""

import pytest
from pydantic import ValidationError

from sandbox.weather.inline import read_latency, read_rule
from sandbox.weather.latency import Constant, LogNormal
from sandbox.weather.operations import Operation
from sandbox.weather.presets import describe_presets, preset
from sandbox.weather.rules import Kind, Rule, Weather


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (
            "finalize status=504 after_work times=1",
            Rule(operation=Operation.FINALIZE, kind=Kind.STATUS, status=504, after_work=True, times=1),
        ),
        ("sign wrong_value", Rule(operation=Operation.SIGN, kind=Kind.WRONG_VALUE)),
        (
            "start hang seconds=2.5 status=500",
            Rule(operation=Operation.START, kind=Kind.HANG, seconds=2.5, status=500),
        ),
        ("upload reset skip=3", Rule(operation=Operation.UPLOAD, kind=Kind.RESET, skip=3)),
        (
            "list status=429 retry_after=2 retry_after_date page=false",
            Rule(operation=Operation.LIST, kind=Kind.STATUS, status=429, retry_after=2, retry_after_date=True),
        ),
    ],
)
def test_a_rule_fits_in_one_line(text: str, rule: Rule) -> None:
    assert read_rule(text) == rule


@pytest.mark.parametrize(
    "text", ["", "rain", "start status=200", "start drizzle", "start p1363", "start reset reset=1"]
)
def test_a_senseless_line_is_no_rule(text: str) -> None:
    with pytest.raises(ValidationError):
        read_rule(text)


def test_a_latency_fits_in_one_line_for_one_operation_or_for_all() -> None:
    assert read_latency("finalize lognormal median=0.8 sigma=0.4") == LogNormal(
        operation=Operation.FINALIZE, distribution="lognormal", median=0.8, sigma=0.4
    )
    assert read_latency("all constant seconds=1") == Constant(distribution="constant", seconds=1)


@pytest.mark.parametrize(
    "text", ["", "all", "all lognormal", "rain constant seconds=1", "all constant seconds=1 most=2"]
)
def test_a_senseless_line_is_no_latency(text: str) -> None:
    with pytest.raises(ValidationError):
        read_latency(text)


def test_one_weather_goes_before_another() -> None:
    first, second = Weather(rules=(read_rule("start reset"),), seed=5), preset("busy")
    both = first.before(second)
    assert (both.rules[0], both.rules[1:], both.latency, both.seed) == (*first.rules, second.rules, second.latency, 5)


@pytest.mark.parametrize("name", ["busy", "flaky", "lost-answers", "slow-evening"])
def test_a_preset_is_there_and_says_what_it_is_like(name: str) -> None:
    assert preset(name).rules
    assert describe_presets()[name].endswith(".")
