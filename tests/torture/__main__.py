"""`make torture`: zimogs is killed at every place, starved and lied to; in the end every document is counted."""

import argparse
import asyncio
import os
import random
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

from jobs.model.documents import Content, Profile, SealFormat
from jobs.model.levels import SealLevel
from tests.torture.clock import Clock, can_set_clocks
from tests.torture.faults import FAULTS, NEEDS_CLOCK, NEEDS_MOUNT, WEATHERS, small_disks
from tests.torture.house import House, a_house
from tests.torture.matrix import STRIKES
from tests.torture.trials import Trial, harm, strike

_PROFILES = {
    "pdf LTA": Profile(level=SealLevel.LTA),
    "pdf LT": Profile(),
    "edoc hash-only": Profile(format=SealFormat.EDOC, content=Content.HASH_ONLY),
}
_DOCUMENTS = 5
"""Documents in a trial of a fault: more than one batch."""


class Account:
    """All trials so far, and what they come to."""

    def __init__(self) -> None:
        self.trials: list[Trial] = []
        self.lost = self.doubled = 0

    def add(self, trial: Trial) -> None:
        """Note a trial, and print it."""
        self.trials.append(trial)
        what = trial.settled
        facts = (
            f"{what.kills:5} {what.approvals:9} {what.sealed:6} {what.put_aside:5} {what.resumed_within:7.1f}"
            if what
            else ""
        )
        print(f"{trial.name:52} {trial.documents:9} {facts:37} {trial.complaint or 'well'}", flush=True)

    def sum_up(self) -> str:
        """The last lines."""
        settled = [trial.settled for trial in self.trials if trial.settled]
        facts = {
            "trials": len(self.trials),
            "kills": sum(each.kills for each in settled),
            "documents": sum(trial.documents for trial in self.trials),
            "lost": self.lost,
            "doubled": self.doubled,
            "longest resume": f"{max((each.resumed_within for each in settled), default=0):.1f} s",
            "complaints": sum(bool(trial.complaint) for trial in self.trials),
        }
        return ", ".join(f"{name} {value}" for name, value in facts.items())

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost, doubled or otherwise than it must be."""
        return not (self.lost or self.doubled or any(trial.complaint for trial in self.trials))


async def torture(folder: Path, seed: int, rounds: int, only: str) -> Account:
    """Try every strike of the matrix, and every fault `rounds` times in each kind of weather that the seed chooses."""
    clock = Clock(folder)
    account, chance, stems = Account(), random.Random(seed), (f"d{number:04}" for number in count(1))
    async with _a_house(folder / "matrix", _PROFILES["pdf LTA"], clock, account) as house:
        for each in STRIKES:
            if only in str(each):
                account.add(await strike(house, each, next(stems)))
    for label, profile in _PROFILES.items():
        async with _a_house(folder / label.replace(" ", "-"), profile, clock, account) as house:
            for name in list(FAULTS) * rounds:
                weather = chance.choice(WEATHERS)
                title = f"{name}, {label}, {weather}"
                if only in title and (reason := _obstacle(name)):
                    print(f"{title:52} not tried: {reason}")
                elif only in title:
                    await house.choose_weather(weather)
                    account.add(await harm(house, title, FAULTS[name], chance, next(stems), _DOCUMENTS))
    return account


def _obstacle(name: str) -> str:
    if name in NEEDS_MOUNT and os.geteuid() != 0:
        return "only an administrator can do that"
    if name in NEEDS_CLOCK and not can_set_clocks():
        return "there is no C compiler"
    return ""


@asynccontextmanager
async def _a_house(folder: Path, profile: Profile, clock: Clock, account: Account) -> AsyncIterator[House]:
    folder.mkdir(parents=True)
    with small_disks(folder / "data", folder / "outbox"):
        async with a_house(folder, profile, clock) as house:
            await house.begin()
            yield house
            lost, doubled = await house.account()
            account.lost += lost
            account.doubled += doubled


def main() -> int:
    """Read the options and run."""
    parser = argparse.ArgumentParser(prog="make torture", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="repeats an earlier run's choices")
    parser.add_argument("--rounds", type=int, default=1, help="how often each fault is tried with each kind of seal")
    parser.add_argument("--only", default="", help="only the trials whose name holds this text")
    parser.add_argument("--folder", type=Path, help="where everything lies afterwards; a temporary folder otherwise")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="torture-"))
    print(f"seed {options.seed}, folder {folder}")
    print(f"{'trial':52} {'documents':9} {'kills':5} {'approvals':9} {'sealed':6} {'aside':5} {'resumed':7}")
    account = asyncio.run(torture(folder, options.seed, options.rounds, options.only))
    print(account.sum_up())
    return 0 if account.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
