"""The cable of one machine after the other is cut for longer than a lease lives, while documents come in on both.

The other one takes over; the one that is cut off says so, and comes back by itself once the cable leads somewhere.
"""

import asyncio
import json
import random
import time
from collections.abc import Iterator, Sequence
from functools import partial
from http import HTTPStatus
from pathlib import Path

from jobs.model.standstill import WORDS, Cause
from tests.torture.house import House
from tests.torture.load import Load
from tests.torture.machines import SharedBucket
from tests.torture.network import Cut, Network
from tests.torture.trials import Trial, compare, settle

_LASTS = (45.0, 75.0)
"""Seconds that a cable is cut: three lives of a lease at least."""
_LONGEST = 900.0
"""Seconds after which documents are given up."""

_CAUSES = (Cause.REDIS_AWAY, Cause.STORAGE_AWAY)
_TOLD = {"redis": WORDS[Cause.REDIS_AWAY].meaning, "data": WORDS[Cause.STORAGE_AWAY].meaning}
"""What the page says for people whose machine is cut off."""


async def cut_off(house: House, stem: str, *, chance: random.Random) -> Trial:
    """Nothing is lost, doubled or sealed twice, nobody has to start anything again, and the ledger is whole."""
    assert isinstance(house.ground, SharedBucket)
    ground = house.ground
    load, back_within, untold = Load(house, stem, ground.machines), list[float](), list[str]()
    ways = chance.sample(list(Cut), len(ground.networks))
    # Nobody ends, so nobody is to be started again.
    house.mourns = True

    async def cut_all() -> None:
        async with load.kept_up():
            for machine, network, how in zip(ground.machines, ground.networks, ways, strict=True):
                await asyncio.sleep(chance.uniform(2, 6))
                load.machines = tuple(each for each in ground.machines if each != machine)
                network.cut(how)
                try:
                    await asyncio.sleep(chance.uniform(0, 5))
                    dropped = await load.drop(machine)
                    await asyncio.sleep(chance.uniform(*_LASTS))
                    untold.extend(await asyncio.to_thread(_find_untold, machine, network, how))
                finally:
                    network.plug()
                plugged_at = time.monotonic()
                await house.wait_for(partial(_are_sealed, house, dropped))
                await house.wait_for(partial(asyncio.to_thread, _is_ready, machine, network))
                back_within.append(time.monotonic() - plugged_at)
                load.machines = ground.machines

    settled, complaint = await settle(house, load.names, cut_all, _LONGEST)
    house.mourns = False
    if settled:
        expected = {"kills": 0, "crashes": 0, "sealed": len(load.names), "seals_made": len(load.names)}
        complaint = ", ".join(filter(None, [compare(settled, expected), *untold, await _find_faults(house)]))
        if load.pace.longest > ground.taken_over_within:
            complaint = f"{complaint} nothing was sealed for {load.pace.longest:.1f} s".strip()
    back = ", ".join(f"{how} {seconds:.0f} s" for how, seconds in zip(ways, back_within, strict=False))
    title = f"cables cut under load: back after {back}, sealing never away for {load.pace.longest:.0f} s"
    return Trial(title, len(load.names), settled, complaint)


def _find_untold(machine: Path, network: Network, how: Cut) -> Sequence[str]:
    """What the processes of a machine that is cut off do not say of it."""
    untold = []
    for process, address in _find_addresses(machine):
        status, page = network.ask(address, "/readyz")
        faults = json.loads(page).get("faults", {})
        if status != HTTPStatus.SERVICE_UNAVAILABLE or any(faults.get(name) != words for name, words in _TOLD.items()):
            untold.append(f"{how}: {process} answers {status} {faults}")
        try:
            _, figures = network.ask(address, "/metrics")
        except TimeoutError:
            figures = b""
        untold += [f"{how}: {process} has no figure of {cause}" for cause in _CAUSES if _figure(cause) not in figures]
    return untold


def _figure(cause: Cause) -> bytes:
    return f'zimogs_standstills{{cause="{cause}"}} 1.0'.encode()


def _is_ready(machine: Path, network: Network) -> bool:
    return all(network.ask(address, "/readyz")[0] == HTTPStatus.OK for _, address in _find_addresses(machine))


def _find_addresses(machine: Path) -> Iterator[tuple[str, str]]:
    """Where each process of the machine is asked how it is, by what it printed at its start."""
    for name in ("watch", "worker", "desk"):
        for output in machine.glob(f"{name}-*.json"):
            yield output.stem, str(json.loads(output.read_text())["observed"])


async def _are_sealed(house: House, names: Sequence[str]) -> bool:
    return all((await house.count.sealed(names)).values())


async def _find_faults(house: House) -> str:
    run = await house.processes.run("audit verify --outbox", house.config, house.clock)
    return f"audit verify ended with {run.code}, see {run.output}" if run.code else ""
