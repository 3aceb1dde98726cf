"""One whole run: scenario after scenario, and what is measured beside them."""

import os
import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from tests.bench.contestants import Contestant
from tests.bench.ours import Ours
from tests.bench.place import Place, opened_place
from tests.bench.plan import BASE, OURS, Plan, Planned
from tests.bench.results import Command, MachineClass, Results, Scenario, StageCost, Start
from tests.bench.rounds import Rounds
from tests.bench.starting import measure_command, measure_idle, measure_start, silent_vendor

Tell = Callable[[str], None]


@dataclass
class _Found:
    """What was found so far."""

    scenarios: list[Scenario] = field(default_factory=list)
    stages: tuple[StageCost, ...] = ()
    idle: list[float] = field(default_factory=list)
    starts: tuple[Start, ...] = ()
    commands: tuple[Command, ...] = ()


async def run_bench(plan: Plan, folder: Path, tell: Tell) -> Results:
    """Measure everything that the plan names, in a folder for the run. Raises NotSealed, and what starting raises."""
    found = _Found()
    async with opened_place(folder) as place:
        for planned in plan.scenarios:
            tell(f"{planned.name}: {', '.join(planned.contestants)}")
            async with place.taking_part(planned) as contestants:
                rounds, stages = await Rounds(
                    planned, place.vendor, contestants, folder / planned.name / "samples"
                ).run()
                facts = {each: getattr(planned, each) for each in ("documents", "size", "format", "latency", "tls")}
                found.scenarios.append(Scenario(name=planned.name, **facts, rounds=rounds))
                found.stages = stages or found.stages
                if planned.name == BASE:
                    await _measure_beside(contestants, plan, found)
            shutil.rmtree(folder / planned.name)
        if plan.starts:
            tell("starting zimogs")
            found.starts = await _measure_starts(place, plan)
    return Results(
        version=version("zimogs"),
        mode=plan.mode,
        machine=_machine(),
        scenarios=tuple(found.scenarios),
        stages=found.stages,
        idle=tuple(found.idle),
        starts=found.starts,
        commands=found.commands,
    )


async def _measure_beside(contestants: dict[str, Contestant], plan: Plan, found: _Found) -> None:
    """What the zimogs of the base costs when it has nothing to do, and the commands that only look at it."""
    ours = contestants[OURS]
    assert isinstance(ours, Ours)
    found.idle.append(await measure_idle(ours.pid, plan.idle))
    asked = {"zimogs --help": ["--help"], "zimogs status": ["status", "--config", str(ours.installed.config)]}
    found.commands = tuple(
        Command(name=name, cpu=tuple(measure_command(arguments) for _ in range(plan.commands)))
        for name, arguments in asked.items()
        if plan.commands
    )


async def _measure_starts(place: Place, plan: Plan) -> tuple[Start, ...]:
    """Start zimogs anew and anew, with the vendor there, and with one that takes calls and never answers."""
    starts = []
    async with silent_vendor() as silent:
        away = place.vendor.model_copy(update={"platform_url": silent, "signapi_url": silent})
        for name, vendor in {"the vendor answers": place.vendor, "the vendor never answers": away}.items():
            readings = []
            for number in range(plan.starts):
                installed = await place.install(Planned(f"{name} {number}"), vendor=vendor)
                readings.append(await measure_start(installed, place.observed, plan.patience))
            walls, cpus = zip(*readings, strict=True)
            starts.append(Start(name=name, wall=walls, cpu=cpus))
    return tuple(starts)


def _machine() -> MachineClass:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return MachineClass(
        cores=len(os.sched_getaffinity(0)),
        memory_gb=max(1, round(memory / 1e9)),
        system=platform.system(),
        python=f"{platform.python_implementation()} {platform.python_version()}",
    )
