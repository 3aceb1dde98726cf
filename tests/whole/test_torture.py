"""The quick half of `make torture`: one of each kind of death and fault, with everything counted afterwards."""

import random
from pathlib import Path

from jobs.model.documents import Profile
from jobs.model.levels import SealLevel
from tests.torture.clock import Clock
from tests.torture.faults import die_often, fill_redis, flush_redis, kill_redis
from tests.torture.house import a_house
from tests.torture.matrix import QUICK
from tests.torture.trials import harm, strike


async def test_whoever_is_killed_wherever_nothing_is_lost_and_nothing_doubled(tmp_path: Path) -> None:
    complaints = []
    async with a_house(tmp_path, Profile(level=SealLevel.LTA), Clock(tmp_path)) as house:
        await house.begin()
        for number, each in enumerate(QUICK):
            complaints.append(await strike(house, each, f"death{number:02}"))
        for number, fault in enumerate((die_often, flush_redis, kill_redis, fill_redis)):
            complaints.append(await harm(house, fault.__name__, fault, random.Random(number), f"fault{number:02}", 3))
        assert await house.account() == (0, 0)
    assert [trial for trial in complaints if trial.complaint] == []
