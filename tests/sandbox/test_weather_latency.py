"""How long calls take: each distribution by its law, the same again for the same seed, and beside any rule."""

import asyncio
from statistics import median
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from sandbox.weather.latency import Latency
from sandbox.weather.operations import Operation
from sandbox.weather.rules import Weather
from sandbox.weather.schedule import Schedule
from tests.sandbox.hanging_up import leave_unanswered
from tests.sandbox.integration import Integration
from tests.support.waiting import until

START = "/api-session/v1.0/start"
CONFIG = "/api-config/v1.0/"
ANY: TypeAdapter[Any] = TypeAdapter(Latency)


def seconds(count: int = 2000, seed: int = 0, **latency: Any) -> list[float]:
    schedule = Schedule(Weather(latency=(ANY.validate_python(latency),), seed=seed))
    return [schedule.seconds(Operation.START) for _ in range(count)]


def test_a_constant_latency_is_always_the_same() -> None:
    assert set(seconds(distribution="constant", seconds=0.3)) == {0.3}


def test_a_uniform_latency_fills_its_bounds() -> None:
    drawn = seconds(distribution="uniform", least=1, most=3)
    assert 1 <= min(drawn) < 1.1
    assert 2.9 < max(drawn) <= 3


def test_a_normal_latency_lies_around_its_mean_and_is_never_negative() -> None:
    drawn = seconds(distribution="normal", mean=1, deviation=1)
    assert min(drawn) == 0
    assert sum(0 <= each <= 2 for each in drawn) / len(drawn) == pytest.approx(0.84, abs=0.05)


def test_a_lognormal_latency_has_its_median_and_a_long_tail() -> None:
    drawn = seconds(distribution="lognormal", median=1, sigma=1)
    assert median(drawn) == pytest.approx(1, abs=0.1)
    assert max(drawn) > 10


def test_an_exponential_latency_has_its_mean() -> None:
    drawn = seconds(distribution="exponential", mean=2)
    assert sum(drawn) / len(drawn) == pytest.approx(2, abs=0.2)


def test_the_same_seed_draws_the_same_seconds_again_and_another_does_not() -> None:
    law = {"distribution": "exponential", "mean": 1}
    assert seconds(5, seed=7, **law) == seconds(5, seed=7, **law) != seconds(5, seed=8, **law)


def test_what_one_operation_draws_does_not_depend_on_the_others() -> None:
    weather = Weather(latency=(ANY.validate_python({"distribution": "exponential", "mean": 1}),))
    alone, among = Schedule(weather), Schedule(weather)
    among.seconds(Operation.LIST)
    assert alone.seconds(Operation.START) == among.seconds(Operation.START)


def test_of_several_latencies_the_first_that_fits_is_taken() -> None:
    own, general = ({"distribution": "constant", "seconds": each} for each in (2, 1))
    weather = Weather(latency=(ANY.validate_python(own | {"operation": "start"}), ANY.validate_python(general)))
    schedule = Schedule(weather)
    assert (schedule.seconds(Operation.START), schedule.seconds(Operation.LIST)) == (2, 1)


@pytest.mark.parametrize(
    "latency",
    [
        {"distribution": "uniform", "least": 2, "most": 1},
        {"distribution": "constant", "seconds": -1},
        {"distribution": "exponential", "mean": 0},
        {"distribution": "pareto"},
    ],
)
def test_a_senseless_latency_is_refused(latency: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ANY.validate_python(latency)


async def test_what_comes_on_top_of_what_the_vendor_bears_is_turned_away_and_nothing_else(
    integration: Integration,
) -> None:
    await integration.introspect()
    slow = {"operation": "start", "distribution": "constant", "seconds": 60}
    await integration.call("POST", "/sandbox/weather", json={"latency": [slow], "capacity": 1})
    assert (await integration.call("GET", CONFIG))[0] == 200
    calls = integration.sandbox.vendor.counters.calls
    waiting = asyncio.create_task(integration.call("GET", START))
    await until(lambda: calls[Operation.START] == 1)
    assert (await integration.call("GET", CONFIG))[0] == 429
    waiting.cancel()


async def test_a_call_takes_its_time_before_any_rule_applies(integration: Integration) -> None:
    await integration.introspect()
    order = {
        "latency": [{"operation": "start", "distribution": "constant", "seconds": 60}],
        "rules": [{"operation": "start", "kind": "status"}],
    }
    await integration.call("POST", "/sandbox/weather", json=order)
    await leave_unanswered(integration, Operation.START, integration.call("GET", START))
    order["latency"] = [{"distribution": "constant", "seconds": 0.01}]
    await integration.call("POST", "/sandbox/weather", json=order)
    status, _ = await integration.call("GET", START)
    assert status == 503
