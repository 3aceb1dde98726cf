"""The cable of one machine after the other is cut for longer than a lease lives, while documents come in on both.

The other one takes over; the one that is cut off says so, and comes back by itself once the cable leads somewhere. One
of its processes is killed meanwhile, and started again and again in vain until then, as an init system does it.
"""

import asyncio
import json
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
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
    """Nothing is lost, doubled or sealed twice, nobody has to start anything by hand, and the ledger is whole."""
    assert isinstance(house.ground, SharedBucket)
    ground, load = house.ground, Load(house, stem, house.ground.machines)
    ways, back_within, untold = chance.sample(list(Cut), len(ground.networks)), list[float](), list[str]()

    async def cut_all() -> None:
        async with load.kept_up():
            for machine, network, how in zip(ground.machines, ground.networks, ways, strict=True):
                await asyncio.sleep(chance.uniform(2, 6))
                load.machines = tuple(each for each in ground.machines if each != machine)
                dropped, found = await _cut(load, machine, network, how, chance)
                untold.extend(found)
                plugged_at = time.monotonic()
                await house.wait_for(partial(_are_sealed, house, dropped), _LONGEST)
                await house.wait_for(partial(asyncio.to_thread, _is_ready, machine, network), _LONGEST)
                back_within.append(time.monotonic() - plugged_at)
                load.machines = ground.machines

    settled, complaint = await settle(house, load.names, cut_all, _LONGEST)
    if settled:
        expected = {"kills": len(ways), "sealed": len(load.names), "seals_made": len(load.names)}
        complaint = ", ".join(filter(None, [compare(settled, expected), *untold, await _find_faults(house)]))
        if load.pace.longest > ground.taken_over_within:
            complaint = f"{complaint} nothing was sealed for {load.pace.longest:.1f} s".strip()
    back = ", ".join(f"{how} {seconds:.0f} s" for how, seconds in zip(ways, back_within, strict=False))
    title = f"cables cut under load: back after {back}, sealing never away for {load.pace.longest:.0f} s"
    return Trial(title, len(load.names), settled, complaint)


async def _cut(
    load: Load, machine: Path, network: Network, how: Cut, chance: random.Random
) -> tuple[Sequence[str], Sequence[str]]:
    """Cut one machine off for a while; gives what was dropped there meanwhile, and what it did not say."""
    processes = load.house.processes
    killed = chance.choice([name for name in processes.names if processes.folder(name) == machine])
    network.cut(how)
    try:
        await asyncio.sleep(chance.uniform(0, 5))
        dropped = await load.drop(machine)
        await processes.kill(processes.alive[killed].pid)
        await asyncio.sleep(chance.uniform(*_LASTS))
        return dropped, await asyncio.to_thread(_find_untold, machine, network, how, killed)
    finally:
        network.plug()


def _find_untold(machine: Path, network: Network, how: Cut, killed: str) -> Sequence[str]:
    """What the processes of a machine that is cut off do not say of it, but for the one that cannot start."""
    untold = []
    for process, address in _find_addresses(machine, but=killed):
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
    # Whoever is just starting has not printed yet where that is, or is not there yet.
    with suppress(OSError, ValueError):
        return all(network.ask(address, "/readyz")[0] == HTTPStatus.OK for _, address in _find_addresses(machine))
    return False


def _find_addresses(machine: Path, but: str = "") -> Iterator[tuple[str, str]]:
    """Where each process of the machine is asked how it is, by what it printed at its start."""
    for name in ("watch", "worker", "desk"):
        for output in machine.glob(f"{name}-*.json"):
            if output.stem != but.replace(" ", "-"):
                yield output.stem, str(json.loads(output.read_text())["observed"])


async def _are_sealed(house: House, names: Sequence[str]) -> bool:
    return all((await house.count.sealed(names)).values())


async def _find_faults(house: House) -> str:
    run = await house.processes.run("audit verify --outbox", house.config, house.clock)
    return f"audit verify ended with {run.code}, see {run.output}" if run.code else ""
