"""One trial: documents go in, something happens, and what came of it is held against what must come of it."""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from tests.torture.faults import Fault
from tests.torture.house import House, Settled, StandsStill
from tests.torture.matrix import ASKS_AGAIN
from tests.torture.strikes import AtRecord, InCall, Strike


@dataclass(frozen=True, slots=True)
class Trial:
    """What happened to how many documents, what came of it, and what is wrong with that; nothing, if all is well."""

    name: str
    documents: int
    settled: Settled | None
    complaint: str = ""


async def strike(house: House, strike: Strike, stem: str) -> Trial:
    """Kill at one place of the matrix."""
    if isinstance(strike, AtRecord):
        await house.strike_down(strike)
        names = await house.drop(stem)
        interfere = None
    else:
        names, interfere = await _hold_call(house, strike, stem)
    settled, complaint = await _settle(house, names, interfere)
    if settled:
        approvals = 2 if strike in ASKS_AGAIN else 1
        expected = {"kills": 1, "sealed": len(names), "approvals": approvals, "seals_made": len(names)}
        complaint = _compare(settled, expected)
    return Trial(str(strike), len(names), settled, complaint)


async def harm(house: House, name: str, fault: Fault, chance: random.Random, stem: str, documents: int) -> Trial:
    """Have a fault come and go while documents are on their way. How often a person is asked is not held against it."""
    names = await house.drop(stem, documents)
    settled, complaint = await _settle(house, names, lambda: fault(house, chance))
    if settled:
        complaint = _compare(settled, {"sealed": documents, "seals_made": documents})
    return Trial(name, documents, settled, complaint)


async def _hold_call(house: House, strike: InCall, stem: str) -> tuple[list[str], Callable[[], Awaitable[None]]]:
    house.revive()
    names = await house.drop(stem) if strike.is_of_consent else []
    if names:
        await house.wait_for(house.is_asking)
    held = await house.held(strike.operation)
    await house.set_weather(strike.weather())
    names = names or await house.drop(stem)

    async def is_held() -> bool:
        return await house.held(strike.operation) > held

    async def kill() -> None:
        await house.wait_for(is_held)
        await house.kill()
        await house.clear_weather()

    return names, kill


async def _settle(
    house: House, names: Sequence[str], interfere: Callable[[], Awaitable[None]] | None
) -> tuple[Settled | None, str]:
    try:
        return await house.settle(names, interfere), ""
    except StandsStill as error:
        return None, str(error)


def _compare(settled: Settled, expected: dict[str, int]) -> str:
    found = {name: getattr(settled, name) for name in expected}
    wrong = [name for name, value in expected.items() if found[name] != value]
    return ", ".join(f"{name.replace('_', ' ')} {found[name]}, not {expected[name]}" for name in wrong)
