"""An older copy of the data folder is put back after more was sealed: nothing is sealed or delivered twice unasked."""

import shutil
from pathlib import Path

from jobs.model.lifecycle import State
from tests.torture.house import House
from tests.torture.strikes import AtRecord
from tests.torture.trials import Trial, compare, settle


async def restore(house: House, stem: str, at: State) -> Trial:
    """The copy was taken of a batch right behind that record, and is put back when all of it is delivered."""
    data, copy = house.settings.folders.data, house.config.with_name(f"copy-{stem}")
    house.processes.at_death = lambda: _copy(data, copy)
    await house.processes.strike_down(AtRecord(at, written=True))
    title = f"restore: the copy of a batch that was {at}"
    settled, complaint = await settle(house, names := await house.drop(stem))
    if settled is None:
        return Trial(title, len(names), None, complaint)
    complaint = compare(settled, {"kills": 1, "sealed": len(names), "seals_made": len(names)})
    await house.processes.end()
    _empty(data)
    _copy(copy, data)
    shutil.rmtree(copy)
    # What the vendor counts as sealed is the judge, and that nobody was asked anything.
    again, problem = await settle(house, names)
    if again:
        problem = compare(again, {"sealed": len(names), "seals_made": 0, "approvals": 0})
    return Trial(title, len(names), settled, complaint or problem)


def _copy(source: Path, target: Path) -> None:
    """What the runbook says to copy: everything but the queue."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("redis"), dirs_exist_ok=True)


def _empty(folder: Path) -> None:
    """It may be a disk of its own, and cannot be removed."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
