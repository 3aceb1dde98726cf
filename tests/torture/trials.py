"""One trial: documents go in, something happens, and what came of it is held against what must come of it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from tests.torture.faults import Fault
from tests.torture.house import LONGEST, House, Interfere, Settled, StandsStill
from tests.torture.matrix import ASKS_AGAIN
from tests.torture.strikes import AtObject, AtRecord, InCall, Strike

_DOCUMENTS = 5
"""Documents in a trial of a fault: more than one batch."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What happened to how many documents, what came of it, and what is wrong with that; nothing, if all is well."""

    name: str
    documents: int
    settled: Settled | None
    complaint: str = ""
    is_take_over: bool = False


async def strike(house: House, stem: str, at: Strike) -> Trial:
    """Kill at one place of the matrix. Where the house mourns, the dead one stays away and another goes on.

    `stem` begins the names of the documents, here as in every trial.
    """
    # What was learned in a trial before would keep the batch from becoming too large.
    await house.disk.limits.forget()
    batches = await house.count_batches()
    if isinstance(at, AtRecord | AtObject):
        await house.processes.strike_down(at)
        names, interfere = await house.drop(stem), None
    else:
        names, interfere = await _hold_call(house, stem, at)
    settled, complaint = await settle(house, names, interfere)
    if settled:
        approvals = 2
        if not house.crowded:
            # Each batch once: where a slow machine takes the second document in late, it has one of its own.
            approvals = await house.count_batches() - batches + (at in ASKS_AGAIN)
        expected = {"kills": 1, "crashes": 0, "sealed": len(names), "approvals": approvals, "seals_made": len(names)}
        complaint = compare(settled, expected)
        if house.mourns and settled.resumed_within > house.ground.taken_over_within:
            complaint = f"{complaint} taken over only after {settled.resumed_within:.1f} s".strip()
    title = f"{at}, {'taken over' if house.mourns else 'started again'}"
    return Trial(title, len(names), settled, complaint, is_take_over=house.mourns)


async def harm(house: House, stem: str, *, name: str, fault: Fault, weather: str, chance: random.Random) -> Trial:
    """Have a fault come and go while documents are on their way. How often a person is asked is not held against it."""
    house.processes.revive()
    await house.choose_weather(weather)
    names = await house.drop(stem, _DOCUMENTS)
    settled, complaint = await settle(house, names, lambda: fault(house, chance))
    house.clock.set(0)
    if settled:
        complaint = compare(settled, {"sealed": len(names), "seals_made": len(names)})
    return Trial(name, len(names), settled, complaint)


async def settle(
    house: House, names: Sequence[str], interfere: Interfere | None = None, longest: float = LONGEST
) -> tuple[Settled | None, str]:
    """What the documents came to within so many seconds; or None, and where things stand still."""
    try:
        return await house.settle(names, interfere, longest), ""
    except StandsStill as error:
        return None, str(error)


def compare(settled: Settled, expected: dict[str, int]) -> str:
    """Say in what it differs from what was expected of it; empty where in nothing."""
    found = {name: getattr(settled, name) for name in expected}
    wrong = [name for name, value in expected.items() if found[name] != value]
    return ", ".join(f"{name.replace('_', ' ')} {found[name]}, not {expected[name]}" for name in wrong)


async def _hold_call(house: House, stem: str, at: InCall) -> tuple[list[str], Interfere]:
    house.processes.revive()
    names = await house.drop(stem) if at.is_of_consent else []
    if names:
        await house.wait_for(house.is_asking)
    await house.set_weather(at.weather())
    names = names or await house.drop(stem)

    async def is_held() -> bool:
        return at.operation in (await house.counters())["held"]

    async def kill() -> None:
        await house.wait_for(is_held)
        await house.processes.kill(await house.find_lease_holder() if house.mourns else None)
        await house.clear_weather()

    return names, kill
