"""The quick half of `make torture`: one of each kind of death and fault, with everything counted afterwards."""

import random
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from jobs.model.documents import Profile
from jobs.model.levels import SealLevel
from jobs.model.lifecycle import State
from tests.support.object_storage import BucketServer
from tests.torture.faults import die_often, flush_redis, kill_redis
from tests.torture.house import House, a_house
from tests.torture.matrix import QUICK
from tests.torture.processes import ALONE, TWO_MACHINES, TWO_WORKERS
from tests.torture.restore import restore
from tests.torture.strikes import AtRecord, InCall
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


async def test_a_machine_that_shares_only_a_bucket_ends_what_a_killed_one_had_begun_and_asks_at_its_own_desk(
    tmp_path: Path, object_storage: BucketServer
) -> None:
    folder = tmp_path / secrets.token_hex(4)
    folder.mkdir()
    async with a_house(folder, Profile(), open_nursery({}), TWO_MACHINES, server=object_storage) as house:
        await house.begin()
        house.mourns = True
        # The code is spent and its token died with the machine: somebody is asked again by the one that is left.
        trial = await strike(house, "death", AtRecord(State.SIGNING, written=True))
        assert complaints([trial]) == []
        assert len(house.processes.alive) == 1
        assert await house.count.take() == ([], [])


def complaints(trials: list[Trial]) -> list[str]:
    return [f"{trial.name}: {trial.complaint}" for trial in trials if trial.complaint]
