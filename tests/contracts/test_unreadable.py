"""A record that the disk does not give back is damage of its own batch, and stops neither sweep nor desk."""

from pathlib import Path

import pytest

from jobs.model.errors import BrokenLedger
from jobs.model.names import BatchId
from jobs.ports import Story
from tests.support.builders import INVOICES, a_document, documents
from tests.support.disk_app import DiskApp
from tests.support.memory_app import MemoryApp
from worker.queue.backoff import Backoff
from worker.queue.sweep import sweep


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("kind", ["a folder", "a loop of links"])
async def test_a_batch_of_which_a_record_cannot_be_read_is_damaged(tmp_path: Path, number: int, kind: str) -> None:
    app = DiskApp(tmp_path)
    batch = (await app.delivered(*documents(2))).batch
    path = tmp_path / "data" / "ledger" / batch / f"{number:04}.json"
    path.unlink()
    if kind == "a folder":
        path.mkdir()
    else:
        path.symlink_to(path.name)
    ledger = DiskApp(tmp_path).tools.ledger
    with pytest.raises(BrokenLedger, match=f"record {number} cannot be read"):
        await ledger.read(batch)
    damage = await ledger.find_damage(batch)
    assert damage is not None
    assert len(damage.sound.records if damage.sound else ()) == number - 1


async def test_the_sweep_rings_for_a_batch_that_it_cannot_look_at_and_goes_on_to_the_next() -> None:
    app = MemoryApp()
    first, second = [await app.gathered(a_document(number)) for number in (1, 2)]
    app.doorbell.rings.clear()
    read = app.ledger.read

    async def stumble(batch: BatchId) -> object:
        if batch == first:
            raise OSError(5, "Input/output error")
        return await read(batch)

    app.ledger.read = stumble  # type: ignore[method-assign, assignment]
    await sweep(app.tools, Backoff())
    assert app.doorbell.rings == [(Story.RECOVER, first), (Story.PREPARE, second)]


async def test_a_route_that_the_sweep_cannot_look_at_is_rung_for() -> None:
    app = MemoryApp()

    async def stumble(_: object) -> object:
        raise OSError(5, "Input/output error")

    app.shelf.admit(a_document(1))
    app.shelf.waiting_list = stumble  # type: ignore[method-assign, assignment]
    await sweep(app.tools, Backoff())
    assert app.doorbell.rings == [(Story.GATHER, INVOICES)]
