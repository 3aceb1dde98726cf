"""What is tried in one run. Lanes go side by side, since most of it is waiting."""

import os
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from jobs.model.documents import Content, Profile, SealFormat
from jobs.model.levels import SealLevel
from tests.torture.archives import archive_meanwhile, die_archiving, die_expiring
from tests.torture.bucket_faults import IN_BUCKET, leave_behind
from tests.torture.clock import can_set_clocks
from tests.torture.damage import damage_open, damage_settled, vanish
from tests.torture.faults import ANYWHERE, FAULTS, NEEDS_CLOCK, NEEDS_MOUNT, WEATHERS, Fault
from tests.torture.house import House
from tests.torture.matrix import OBJECTS, RECORDS, RELEASE, SPLIT, STRIKES, TAKEN_OVER
from tests.torture.namespaces import cut_off
from tests.torture.network import find_obstacle
from tests.torture.processes import ALONE, THREE_MACHINES, TWO_MACHINES, TWO_NETWORKS, TWO_WATCHERS, TWO_WORKERS
from tests.torture.restore import restore
from tests.torture.rolling import roll
from tests.torture.strikes import Strike
from tests.torture.trials import Trial, harm, strike

_LTA = Profile(level=SealLevel.LTA)
_PROFILES = {
    "pdf LTA": _LTA,
    "pdf LT": Profile(),
    "edoc hash-only": Profile(format=SealFormat.EDOC, content=Content.HASH_ONLY),
}
_RESTORES = 4
"""Copies put back in each round, each of another moment."""

_MEANWHILE: Mapping[str, Fault] = {"archive meanwhile": archive_meanwhile}
_YEARS: Mapping[str, "Try"] = {"archive": die_archiving, "expire": die_expiring}

Try = Callable[[House, str], Awaitable[Trial]]
"""Makes a trial in a house, with a stem for the names of its documents."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Trials by name that follow one another in one house; `is_alone` where time counts, and no other lane may go."""

    name: str
    profile: Profile
    trials: Mapping[str, Try]
    processes: tuple[str, ...] = ALONE
    four_eyes: bool = False
    crowded: bool = False
    is_alone: bool = False


def draw_lanes(seed: int, rounds: int) -> Iterator[Lane]:
    """Every strike of the matrix, and each fault, damage and restore `rounds` times; the seed chooses the rest."""
    chance = random.Random(seed)
    for half in (0, 1):
        yield Lane(f"matrix {half + 1}", _LTA, _strikes(STRIKES[half::2]))
        yield Lane(f"take-over {half + 1}", _LTA, _strikes(TAKEN_OVER[half::2]), TWO_WORKERS)
    yield Lane("four eyes", _LTA, _strikes(RELEASE), four_eyes=True)
    yield Lane("too many", _LTA, _strikes(SPLIT), crowded=True)
    for label, profile in _PROFILES.items():
        yield Lane(label, profile, dict(_harms(label, chance, rounds, {**FAULTS, **_MEANWHILE})))
    yield Lane("damage", _LTA, dict(_damages(chance, rounds)))
    if can_set_clocks():
        yield Lane("years", Profile(), _YEARS)


def draw_lanes_in_bucket(seed: int, rounds: int) -> Iterator[Lane]:
    """The same where everything stands in a bucket, and each process has folders of its own."""
    chance = random.Random(seed)
    # A lease that nobody gave back costs most of these trials a quarter of a minute.
    for part in range(4):
        yield Lane(f"matrix {part + 1}", _LTA, _strikes(STRIKES[part::4]))
    for part in range(3):
        yield Lane(f"take-over {part + 1}", _LTA, _strikes(TAKEN_OVER[part::3]), TWO_WORKERS)
    for half in (0, 1):
        yield Lane(f"objects {half + 1}", _LTA, _strikes(OBJECTS[half::2]))
    yield Lane("too many", _LTA, _strikes(SPLIT), crowded=True)
    harms = dict(_harms("pdf LT", chance, rounds, {**ANYWHERE, **IN_BUCKET, **_MEANWHILE}))
    yield Lane("faults", Profile(), harms, TWO_MACHINES)
    if can_set_clocks():
        yield Lane("years", Profile(), _YEARS)
    yield Lane("left behind", Profile(), {"left behind": leave_behind}, TWO_WATCHERS)
    yield Lane(
        "rolling",
        Profile(),
        {"restart": partial(roll, chance=random.Random(chance.random()))},
        THREE_MACHINES,
        is_alone=True,
    )
    apart = {
        "restart": partial(roll, chance=random.Random(chance.random())),
        "cut": partial(cut_off, chance=random.Random(chance.random())),
    }
    if reason := find_obstacle():
        print(f"{'networks: restart, cut':66} not tried: {reason}")
    else:
        yield Lane("networks", Profile(), apart, TWO_NETWORKS, is_alone=True)


def _strikes(strikes: Sequence[Strike]) -> Mapping[str, Try]:
    return {str(each): partial(strike, at=each) for each in strikes}


def _harms(label: str, chance: random.Random, rounds: int, faults: Mapping[str, Fault]) -> Iterator[tuple[str, Try]]:
    for number in range(1, rounds + 1):
        for name, fault in faults.items():
            weather, own = chance.choice(WEATHERS), random.Random(chance.random())
            title = f"{name}, {label}, {weather}"
            if reason := _obstacle(name):
                print(f"{title:66} not tried: {reason}")
            else:
                yield f"{name} {number}", partial(harm, name=title, fault=fault, weather=weather, chance=own)


def _damages(chance: random.Random, rounds: int) -> Iterator[tuple[str, Try]]:
    for number in range(1, rounds + 1):
        for name, damage in (("settled", damage_settled), ("open", damage_open), ("gone", vanish)):
            yield f"damage {name} {number}", partial(damage, chance=random.Random(chance.random()))
        for at in chance.sample(RECORDS, _RESTORES):
            yield f"restore {at} {number}", partial(restore, at=at)


def _obstacle(name: str) -> str:
    if name in NEEDS_MOUNT and os.geteuid() != 0:
        return "only an administrator can do that"
    if name in NEEDS_CLOCK | _MEANWHILE.keys() and not can_set_clocks():
        return "there is no C compiler"
    return ""
