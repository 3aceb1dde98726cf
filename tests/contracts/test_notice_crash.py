"""Killed before each change that it makes on disk, whoever tells goes on, and nothing is left untold."""

import asyncio
import shutil
from itertools import count
from pathlib import Path

from tests.contracts.test_notice_feed import EVERYTHING, Office
from tests.support.builders import NOON, a_document_id
from tests.support.dying import is_killed
from tests.support.lives import write_lives
from worker.notices.courier import Courier

WANTED = {
    "invoices-000001.prepared.2",
    "invoices-000001.delivered.7",
    f"{a_document_id(1)}.sealed",
    f"{a_document_id(2)}.sealed",
}


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
    asyncio.run(write_lives(house / "data" / "ledger", 1))
    deaths = 0
    for change in count(1):
        folder = shutil.copytree(house, tmp_path / f"house-{change}")
        if not is_killed(lambda folder=folder: tell(folder), before=change):  # type: ignore[misc]
            break
        deaths += 1
        tell(folder)
        told = (folder / "told").read_text().split()
        assert set(told) == WANTED, change
        assert len(told) <= len(WANTED) + 4, "only what was under way is told again"
        shutil.rmtree(folder)
    assert deaths > 10
