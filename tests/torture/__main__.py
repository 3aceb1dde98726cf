"""`make torture`: zimogs is killed at every place, starved and lied to; in the end every document is counted."""

import argparse
import asyncio
import os
import random
import secrets
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from multiprocessing.context import ForkServerContext
from pathlib import Path

from jobs.model.documents import Content, Profile, SealFormat
from jobs.model.levels import SealLevel
from tests.torture.account import HEADING, Account
from tests.torture.clock import can_set_clocks, compile_clock
from tests.torture.damage import damage_open, damage_settled, vanish
from tests.torture.faults import FAULTS, NEEDS_CLOCK, NEEDS_MOUNT, WEATHERS, small_disks
from tests.torture.house import ALONE, TWO_WORKERS, House, a_house
from tests.torture.matrix import RECORDS, STRIKES, TAKEN_OVER
from tests.torture.restore import restore
from tests.torture.strikes import Strike
from tests.torture.trials import Trial, harm, strike
from tests.torture.victim import open_nursery

_LTA = Profile(level=SealLevel.LTA)
_PROFILES = {
    "pdf LTA": _LTA,
    "pdf LT": Profile(),
    "edoc hash-only": Profile(format=SealFormat.EDOC, content=Content.HASH_ONLY),
}
_DOCUMENTS = 5
"""Documents in a trial of a fault: more than one batch."""
_RESTORES = 4
"""Copies put back in each round, each of another moment."""

Try = Callable[[House, str], Awaitable[Trial]]
"""Makes a trial in a house, with a stem for the names of its documents."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Trials that follow one another in one house; lanes go side by side, since most of it is waiting."""

    name: str
    profile: Profile
    trials: Mapping[str, Try]
    processes: tuple[str, ...] = ALONE


def plan(seed: int, rounds: int) -> Iterator[Lane]:
    """Every strike of the matrix, and each fault, damage and restore `rounds` times; the seed chooses the rest."""
    chance = random.Random(seed)
    for half in (0, 1):
        yield Lane(f"matrix {half + 1}", _LTA, _strikes(STRIKES[half::2]))
        yield Lane(f"take-over {half + 1}", _LTA, _strikes(TAKEN_OVER[half::2]), TWO_WORKERS)
    for label, profile in _PROFILES.items():
        yield Lane(label, profile, dict(_harms(label, chance, rounds)))
    yield Lane("damage", Profile(), dict(_damages(chance, rounds)))


def _strikes(strikes: Sequence[Strike]) -> Mapping[str, Try]:
    return {str(each): lambda house, stem, each=each: strike(house, each, stem) for each in strikes}


def _harms(label: str, chance: random.Random, rounds: int) -> Iterator[tuple[str, Try]]:
    for number in range(rounds):
        for name, fault in FAULTS.items():
            weather, own = chance.choice(WEATHERS), random.Random(chance.random())
            title = f"{name}, {label}, {weather}"
            if reason := _obstacle(name):
                print(f"{title:66} not tried: {reason}")
                continue

            async def attempt(house: House, stem: str, given=(title, fault, weather, own)) -> Trial:
                title, fault, weather, own = given
                await house.choose_weather(weather)
                return await harm(house, title, fault, own, stem, _DOCUMENTS)

            yield f"{title} {number}", attempt


def _damages(chance: random.Random, rounds: int) -> Iterator[tuple[str, Try]]:
    for number in range(rounds):
        for damage in (damage_settled, damage_open, damage_open, vanish):
            own = random.Random(chance.random())
            yield (
                f"{damage.__name__} {own.random()}",
                lambda house, stem, damage=damage, own=own: damage(house, own, stem),
            )
        for at in chance.sample(RECORDS, _RESTORES):
            yield f"restore {at} {number}", lambda house, stem, at=at: restore(house, at, stem)


def _obstacle(name: str) -> str:
    if name in NEEDS_MOUNT and os.geteuid() != 0:
        return "only an administrator can do that"
    if name in NEEDS_CLOCK and not can_set_clocks():
        return "there is no C compiler"
    return ""


async def torture(folder: Path, seed: int, rounds: int, only: str) -> Account:
    """Make all trials whose name holds `only`."""
    account, nursery = Account(), open_nursery(compile_clock(folder))
    async with asyncio.TaskGroup() as lanes:
        for number, lane in enumerate(plan(seed, rounds)):
            trials = [each for name, each in lane.trials.items() if only in f"{lane.name}: {name}"]
            if trials:
                lanes.create_task(_go_down(lane, trials, folder / f"{number}", nursery, account))
    return account


async def _go_down(
    lane: Lane, trials: Sequence[Try], folder: Path, nursery: ForkServerContext, account: Account
) -> None:
    stems = (f"{folder.name}d{number:04}" for number in count(1))
    async with _a_house(folder, lane, nursery) as house:
        for each in trials:
            account.add(await each(house, next(stems)))
        lost, doubled = await house.count.take()
        account.lost += lost
        account.doubled += doubled


@asynccontextmanager
async def _a_house(folder: Path, lane: Lane, nursery: ForkServerContext) -> AsyncIterator[House]:
    folder.mkdir()
    with small_disks(folder / "data", folder / "outbox"):
        async with a_house(folder, lane.profile, nursery, lane.processes) as house:
            await house.begin()
            house.mourns = lane.processes is TWO_WORKERS
            yield house


def main() -> int:
    """Read the options and run."""
    parser = argparse.ArgumentParser(prog="make torture", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="repeats an earlier run's choices")
    parser.add_argument("--rounds", type=int, default=1, help="how often each fault is tried with each kind of seal")
    parser.add_argument("--only", default="", help="only the trials whose name holds this text")
    parser.add_argument("--folder", type=Path, help="where everything lies afterwards; a temporary folder otherwise")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="torture-"))
    folder.mkdir(parents=True, exist_ok=True)
    # Told to end, we still end what was started and unmount what was mounted.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    print(f"seed {options.seed}, folder {folder}\n{HEADING}")
    account = asyncio.run(torture(folder, options.seed, options.rounds, options.only))
    print(account.sum_up())
    return 0 if account.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
