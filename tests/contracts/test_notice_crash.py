"""Killed before each change that it makes on disk, whoever tells goes on, and nothing is left untold."""

import asyncio
import shutil
from itertools import count
from pathlib import Path

from jobs.events import batch_event_id
from tests.contracts.test_notice_feed import EVERYTHING, Office
from tests.support.builders import NOON
from tests.support.dying import is_killed
from tests.support.lives import write_lives
from worker.notices.courier import Courier


def tell(folder: Path) -> None:
    """Look, and tell what is found by writing it into a file: one round of a process."""

    async def work() -> None:
        office = Office(folder)
        await office.feed().look()

        async def send(event: object) -> None:
            with (folder / "told").open("a") as file:
                file.write(f"{event.id}\n")  # type: ignore[attr-defined]

        await Courier(EVERYTHING, office.boxes[EVERYTHING], send, now=lambda: NOON, count=lambda _, __: None).deliver()

    asyncio.run(work())


def test_wherever_it_is_killed_every_event_is_told_at_least_once(tmp_path: Path) -> None:
    house = tmp_path / "house"
    tell(house)
    (life,) = asyncio.run(write_lives(house / "data" / "ledger", 1))
    wanted = {batch_event_id(life, 2), batch_event_id(life, 7), *(f"{document}.sealed" for document in life.documents)}
    deaths = 0
    for change in count(1):
        folder = shutil.copytree(house, tmp_path / f"house-{change}")
        if not is_killed(lambda folder=folder: tell(folder), before=change):  # type: ignore[misc]
            break
        deaths += 1
        tell(folder)
        told = (folder / "told").read_text().split()
        assert set(told) == wanted, change
        assert len(told) <= len(wanted) + 4, "only what was under way is told again"
        shutil.rmtree(folder)
    assert deaths > 10
