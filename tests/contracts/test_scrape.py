"""What a scrape costs: what is on its way, and not what ever was."""

from dataclasses import replace
from pathlib import Path

from jobs.model.glance import Glance
from jobs.model.lifecycle import State
from jobs.model.names import BatchId
from tests.support.builders import INVOICES
from tests.support.generated_ledger import write_ledger
from tests.support.memory_app import MemoryApp
from worker.metrics.snapshot import take_snapshot
from worker.storage.ledger import DiskLedger


class WatchedLedger(DiskLedger):
    """Notes at which batches somebody looked."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.seen: list[BatchId] = []

    async def glance(self, batch: BatchId) -> Glance:
        self.seen.append(batch)
        return await super().glance(batch)


async def nothing() -> tuple[()]:
    return ()


async def no_jobs() -> dict[str, int]:
    return {}


async def test_a_scrape_looks_at_open_batches_only(tmp_path: Path) -> None:
    write_ledger(tmp_path / "ledger", 30, 2, 3)
    ledger = WatchedLedger(tmp_path / "ledger")
    tools = replace(MemoryApp().tools, ledger=ledger)
    snapshot = await take_snapshot(tools, nothing, no_jobs, tuple, nothing, notices=nothing)
    assert len(ledger.seen) == 2
    assert snapshot.ever == {INVOICES: 32}
    standing = snapshot.places[INVOICES, State.PREPARED]
    assert (standing.batches, standing.documents) == (2, 6)


async def test_the_space_below_each_folder_is_told_and_one_that_is_gone_hides_none(tmp_path: Path) -> None:
    folders = {"data": tmp_path, "outbox": tmp_path / "gone"}
    snapshot = await take_snapshot(
        MemoryApp().tools, nothing, no_jobs, tuple, nothing, notices=nothing, folders=folders
    )
    assert set(snapshot.spaces) == {"data"}
    assert 0 < snapshot.spaces["data"].free <= snapshot.spaces["data"].size
