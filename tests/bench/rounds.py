"""Rounds: every contestant seals as many documents, one after the other, in an order that turns from round to round."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.contestants import Contestant
from tests.bench.ours import Ours
from tests.bench.plan import OURS, Planned
from tests.bench.readings import cpu_of_others, cpu_seconds, peak_megabytes, reset_peak, until_quiet
from tests.bench.results import RoundCost, StageCost
from tests.bench.samples import is_sealed, write_samples
from worker.demo.practice_vendor import PracticeVendor


class NotSealed(Exception):
    """A contestant did not seal what it was given, so that its figures are worth nothing."""


@dataclass(frozen=True, slots=True)
class Rounds:
    """One scenario with everybody who takes part in it."""

    planned: Planned
    vendor: PracticeVendor
    contestants: Mapping[str, Contestant]
    samples: Path

    async def run(self) -> tuple[tuple[RoundCost, ...], tuple[StageCost, ...]]:
        """All rounds, and what each stage cost where it is staged. Raises NotSealed."""
        rounds: list[RoundCost] = []
        stages: dict[str, list[float]] = {}
        for number in range(-1 if self.planned.warms_up else 0, self.planned.rounds):
            names = list(self.contestants)
            turn = max(number, 0) % len(names)
            for name in (*names[turn:], *names[:turn]):
                cost, spent = await self._round(name, number)
                if number >= 0:
                    rounds.append(cost)
                    for stage, milliseconds in spent.items():
                        stages.setdefault(stage, []).append(milliseconds)
        return tuple(rounds), tuple(StageCost(name=name, cpu=tuple(cpu)) for name, cpu in stages.items())

    async def _round(self, name: str, number: int) -> tuple[RoundCost, dict[str, float]]:
        """What one contestant needed, and milliseconds for each document by stage."""
        contestant, count = self.contestants[name], self.planned.documents_of(name)
        series = f"{name}-{number if number >= 0 else 'warm'}"
        files = await asyncio.to_thread(write_samples, self.samples, count, self.planned.size, series)
        counted, staged = await self.vendor.counters(), await self._read_stages(contestant)
        reset_peak(contestant.pid)
        cpu, others, wall = cpu_seconds(contestant.pid), cpu_of_others(contestant.pid), time.perf_counter()
        await contestant.run(files)
        wall, cpu = time.perf_counter() - wall, cpu_seconds(contestant.pid) - cpu
        peak, now_staged = peak_megabytes(contestant.pid), await self._read_stages(contestant)
        if name == OURS:
            # First pages are drawn for as long as it takes, whether anybody still waits for them or not.
            await until_quiet(contestant.pid)
        others = cpu_of_others(contestant.pid) - others
        calls, closes, authorizations = _difference(counted, await self.vendor.counters())
        await asyncio.to_thread(check_sealed, contestant, name, files)
        for file in files:
            file.unlink()
        cost = RoundCost(
            contestant=name,
            round=max(number, 0),
            documents=count,
            cpu=1000 * cpu / count,
            others=max(0.0, 1000 * others / count),
            wall=1000 * wall / count,
            peak=peak,
            calls=calls / count,
            closes=closes / count,
            authorizations=authorizations,
        )
        spent = {stage: seconds - staged.get(stage, 0.0) for stage, seconds in now_staged.items()}
        return cost, {stage: max(0.0, 1000 * seconds / count) for stage, seconds in spent.items()}

    async def _read_stages(self, contestant: Contestant) -> dict[str, float]:
        return await contestant.read_stages() if self.planned.staged and isinstance(contestant, Ours) else {}


def _difference(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[int, int, int]:
    """Calls, those of them that close a session, and authorizations, by the vendor's own count."""

    def count(counters: Mapping[str, object]) -> tuple[int, int, int]:
        calls, authorizations = counters["calls"], counters["authorizations"]
        assert isinstance(calls, dict)
        assert isinstance(authorizations, int)
        return sum(calls.values()), calls.get("close", 0), authorizations

    calls, closes, authorizations = (new - old for old, new in zip(count(before), count(after), strict=True))
    return calls, closes, authorizations


def check_sealed(contestant: Contestant, name: str, files: Sequence[Path]) -> None:
    """See that every document was sealed. Raises NotSealed."""
    missing = [file.name for file in files if not is_sealed(contestant.path_of_sealed(file), file)]
    if missing:
        raise NotSealed(f"{name} did not seal {len(missing)} of {len(files)} documents: {', '.join(missing[:5])}")
