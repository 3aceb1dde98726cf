"""The quick half of `make torture`: one of each kind of death and fault, with everything counted afterwards."""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from jobs.model.documents import Profile
from jobs.model.levels import SealLevel
from jobs.model.lifecycle import State
from tests.torture.faults import die_often, flush_redis, kill_redis
from tests.torture.house import House, a_house
from tests.torture.matrix import QUICK
from tests.torture.processes import ALONE, TWO_WORKERS
from tests.torture.restore import restore
from tests.torture.strikes import InCall
from tests.torture.trials import Trial, harm, strike
from tests.torture.victim import open_nursery


@pytest.fixture
async def house(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[House]:
    names = getattr(request, "param", ALONE)
    async with a_house(tmp_path, Profile(level=SealLevel.LTA), open_nursery({}), names) as opened:
        await opened.begin()
        opened.mourns = names is TWO_WORKERS
        yield opened


async def test_whoever_is_killed_wherever_nothing_is_lost_and_nothing_doubled(house: House) -> None:
    trials = [await strike(house, f"death{number:02}", each) for number, each in enumerate(QUICK)]
    for number, fault in enumerate((die_often, flush_redis, kill_redis)):
        chance = random.Random(number)
        trials.append(
            await harm(house, f"fault{number}", name=fault.__name__, fault=fault, weather="sunshine", chance=chance)
        )
    trials.append(await restore(house, "restore", State.SIGNED))
    assert complaints(trials) == []
    assert await house.count.take() == ([], [])


@pytest.mark.parametrize("house", [TWO_WORKERS], indirect=True)
async def test_what_a_dead_worker_had_begun_is_taken_over_by_another_one_within_15_s(house: House) -> None:
    strikes = (InCall("upload", done=False), InCall("download", done=False))
    assert complaints([await strike(house, f"death{number:02}", each) for number, each in enumerate(strikes)]) == []
    assert await house.count.take() == ([], [])


def complaints(trials: list[Trial]) -> list[str]:
    return [f"{trial.name}: {trial.complaint}" for trial in trials if trial.complaint]
