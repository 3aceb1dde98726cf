from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import time, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from pydantic import ValidationError

from jobs.model.asking import Asking
from jobs.model.documents import Limits
from jobs.planning.simulation import Policy, Scenario, simulate
from jobs.planning.summary import Spread, Summary
from jobs.planning.times import describe_length
from worker.cli.console import console, fail, say_json, settings_from
from worker.cli.exit_codes import ExitCode
from worker.cli.handlers.arrivals import draw_arrivals
from worker.cli.patterns import Pattern
from worker.cli.plain_text import plain
from worker.cli.routes import choose_route
from worker.cli.tables import show_table

_OTHERS: Mapping[str, tuple[int | timedelta, ...]] = {
    "max_documents": (100, 1000, 5000),
    "max_wait": (timedelta(seconds=30), timedelta(minutes=30), timedelta(hours=2)),
    "least_pause": (timedelta(0), timedelta(minutes=15), timedelta(hours=1)),
}
"""What each setting is compared with."""
_TIMES_OF_DAY = (time(10), time(15))
_OFFICE_HOURS = (time(8), time(17))
_MOST = 1_000_000
"""Documents that are played through: they take half a minute and 500 MB."""


class SimulationRequest(NamedTuple):
    """What shall be played through."""

    per_day: int
    pattern: Pattern
    delay: timedelta
    days: int
    seed: int


def show_simulation(
    config: Path, route: str | None, instead: Mapping[str, Any], request: SimulationRequest, *, as_json: bool
) -> None:
    """Play the policy and others through, and print what each comes to."""
    if request.per_day * request.days > _MOST:
        fail(f"That is more than {_MOST} documents: ask for fewer a day, or for fewer days.", ExitCode.USAGE)
    policy = _choose_policy(config, route, instead)
    # Nothing is asked of chance but the same story for the same seed.
    chance = Random(request.seed)  # noqa: S311
    arrivals = draw_arrivals(request.pattern, request.per_day, request.days, policy.asking.calendar, chance)
    if not arrivals:
        fail("No document comes on these days: ask for more of them.", ExitCode.USAGE)
    rows = []
    for name, each in _find_policies(policy):
        scenario = Scenario(arrivals, partial(_draw_delay, request.delay, Random(request.seed)))  # noqa: S311
        rows.append(_describe(name, each, Summary.of(simulate(each, scenario), scenario, request.days)))
    if as_json:
        say_json({**request._asdict(), "delay": request.delay.total_seconds(), "policies": rows})
        return
    show_table([_shorten(row) for row in rows])
    told = f"{len(arrivals)} documents on {request.days} day(s) ({request.pattern}); who is asked sits down in about "
    told += f"{describe_length(request.delay)}. Times: median / 90 % / 99 % / longest."
    console.print(plain(told), style="dim")


def _draw_delay(about: timedelta, chance: Random) -> timedelta:
    return about * chance.uniform(0.5, 1.5)


def _choose_policy(config: Path, route: str | None, instead: Mapping[str, Any]) -> Policy:
    limits, asking = Limits(), Asking()
    if route is not None or config.exists():
        settings = settings_from(config)
        chosen = settings.routes_by_name[choose_route(settings, route)]
        limits, asking = chosen.limits, chosen.asking
    if asking.calendar.hours is None:
        asking = asking.model_copy(update={"calendar": asking.calendar.model_copy(update={"hours": _OFFICE_HOURS})})
    try:
        return Policy(Limits.model_validate({**limits.model_dump(), **instead}), asking)
    except ValidationError as error:
        fail("\n".join(each["msg"].removeprefix("Value error, ") for each in error.errors()), ExitCode.USAGE)


def _find_policies(policy: Policy) -> Iterator[tuple[str, Policy]]:
    """The policy itself, and others that differ from it in one setting each."""
    yield "this", policy
    limits = policy.limits
    for name, values in _OTHERS.items():
        for value in values:
            other = limits.model_copy(update={name: value})
            if other != limits and other.least_pause <= other.max_wait:
                yield f"{name} = {_write(value)}", policy._replace(limits=other)
    asking = policy.asking.model_copy(update={"at": () if policy.asking.at else _TIMES_OF_DAY})
    times = ", ".join(f"{at:%H:%M}" for at in asking.at)
    yield f"ask_at = {times or 'none'}", policy._replace(asking=asking)


def _describe(name: str, policy: Policy, summary: Summary) -> dict[str, Any]:
    return {
        "policy": name,
        "max_documents": policy.limits.max_documents,
        "max_wait": policy.limits.max_wait.total_seconds(),
        "least_pause": policy.limits.least_pause.total_seconds(),
        "ask_at": [f"{at:%H:%M}" for at in policy.asking.at],
        "approvals_per_day": round(summary.approvals, 1),
        "sittings_per_day": round(summary.sittings, 1),
        "median_batch": summary.size,
        "largest_batch": summary.largest,
        "until_asked": _seconds(summary.asked),
        "until_sealed": _seconds(summary.sealed),
    }


def _shorten(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "policy": row["policy"],
        "approvals/day": row["approvals_per_day"],
        "sittings/day": row["sittings_per_day"],
        "batch": f"{row['median_batch']}, up to {row['largest_batch']}",
        **{
            title: " / ".join(describe_length(timedelta(seconds=seconds)) for seconds in row[key].values())
            for title, key in (("until asked", "until_asked"), ("until sealed", "until_sealed"))
        },
    }


def _seconds(spread: Spread) -> dict[str, float]:
    return {name: round(length.total_seconds(), 1) for name, length in asdict(spread).items()}


def _write(value: int | timedelta) -> str:
    return describe_length(value) if isinstance(value, timedelta) else str(value)
