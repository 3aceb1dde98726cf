"""A rolling restart: processes are stopped or killed one by one, and started again, while documents come in on all."""

import asyncio
import random
from functools import partial
from pathlib import Path

from tests.torture.house import House
from tests.torture.load import Load
from tests.torture.machines import SharedBucket
from tests.torture.trials import Trial, compare, settle

_RESTARTS = 12
"""Round after round through all of them: every second round kills them, the others ask them to stop."""
_LONGEST = 900.0
"""Seconds after which documents are given up."""


async def roll(house: House, stem: str, *, chance: random.Random) -> Trial:
    """Nothing is lost, doubled or sealed twice, and at no time nothing is sealed for longer than a take-over takes."""
    assert isinstance(house.ground, SharedBucket)
    load, names = Load(house, stem, house.ground.machines), house.processes.names
    # Whoever is stopped is started again by whoever stopped it, and by nobody else.
    house.mourns = True

    async def restart_all() -> None:
        async with load.kept_up():
            for number in range(_RESTARTS // len(names)):
                for name in names:
                    await asyncio.sleep(chance.uniform(0, 3))
                    await house.processes.restart(name, is_killed=number % 2 == 1)
                    # The next one goes once the machine of this one works again.
                    await load.drop(machine := house.processes.folder(name))
                    await house.wait_for(partial(_is_empty, machine / "inbox"))

    settled, complaint = await settle(house, load.names, restart_all, _LONGEST)
    house.mourns = False
    if settled:
        expected = {"kills": _RESTARTS // 2, "crashes": 0, "sealed": len(load.names), "seals_made": len(load.names)}
        complaint = compare(settled, expected)
        if load.pace.longest > house.ground.taken_over_within:
            complaint = f"{complaint} nothing was sealed for {load.pace.longest:.1f} s".strip()
    what = f"{_RESTARTS} restarts of {len(house.ground.machines)} machines under load"
    title = f"{what}, sealing never away for {load.pace.longest:.0f} s"
    return Trial(title, len(load.names), settled, complaint)


async def _is_empty(inbox: Path) -> bool:
    return not await asyncio.to_thread(lambda: any(inbox.glob("*.pdf")))
