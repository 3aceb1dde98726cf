"""A rolling restart: every machine is asked to stop and started again, one by one, while documents come in on all."""

from tests.torture.house import House
from tests.torture.machines import SharedBucket
from tests.torture.trials import Trial, compare, settle

_ROUNDS = 2


async def roll(house: House, stem: str) -> Trial:
    """Nothing is lost, doubled or sealed twice, and no process ends otherwise than it was asked to."""
    assert isinstance(house.ground, SharedBucket)
    machines, names = house.ground.machines, list[str]()
    # Whoever is asked to stop is started again by whoever asked, and by nobody else.
    house.mourns = True

    async def restart_all() -> None:
        for number in range(_ROUNDS):
            for name in house.processes.names:
                for machine in machines:
                    part = f"{stem}-{number}{name}{machine.name}".replace(" ", "")
                    names.extend(await house.drop(part, inbox=machine / "inbox"))
                await house.processes.restart(name)

    settled, complaint = await settle(house, names, restart_all)
    house.mourns = False
    if settled:
        expected = {"kills": 0, "crashes": 0, "sealed": len(names), "put_aside": 0, "seals_made": len(names)}
        complaint = compare(settled, expected)
    restarts = _ROUNDS * len(machines)
    return Trial(f"{restarts} restarts of {len(machines)} machines under load", len(names), settled, complaint)
