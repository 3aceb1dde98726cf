"""What happens only where everything stands in a bucket: it is away, or machines lose their disks, or stay away."""

import os
import random
import shutil
import signal
from collections.abc import Mapping

from tests.torture.faults import Fault, while_it_lasts
from tests.torture.house import House
from tests.torture.machines import SharedBucket
from tests.torture.strikes import AtObject
from tests.torture.trials import Trial, compare, settle


async def stop_storage(house: House, chance: random.Random) -> None:
    """The storage does not answer."""
    ground = _ground_of(house)
    os.kill(ground.server.pid, signal.SIGSTOP)
    try:
        await while_it_lasts(chance)
    finally:
        os.kill(ground.server.pid, signal.SIGCONT)


async def forget_disks(house: House, chance: random.Random) -> None:
    """Every machine is killed and comes back with an empty disk, once all documents have left the inbox."""
    await house.wait_for(house.is_asking)
    await house.processes.kill()
    for machine in _ground_of(house).machines:
        shutil.rmtree(machine / "data")
    await while_it_lasts(chance)


async def leave_behind(house: House, stem: str) -> Trial:
    """The machine that took a document in is killed then, and never comes back."""
    house.mourns = True
    await house.processes.strike_down(AtObject("the claim of what was taken in", "taken/", written=True))
    settled, complaint = await settle(house, names := await house.drop(stem, 1))
    if settled:
        complaint = compare(settled, {"kills": 1, "sealed": 1, "approvals": 1, "seals_made": 1})
    house.mourns = False
    return Trial("a document whose machine never comes back, taken over", len(names), settled, complaint)


def _ground_of(house: House) -> SharedBucket:
    assert isinstance(house.ground, SharedBucket)
    return house.ground


IN_BUCKET: Mapping[str, Fault] = {"stop storage": stop_storage, "forget disks": forget_disks}
