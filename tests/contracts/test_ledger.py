"""One suite for every ledger: the in-memory one of the story tests, the one on disk, and the one in a bucket."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from jobs.model.documents import Profile
from jobs.model.errors import BrokenLedger, Conflict, IllegalTransition, UnknownBatch
from jobs.model.lifecycle import State
from jobs.model.names import BatchId, RouteName, batch_id
from jobs.model.records import Abandoned, Gathered, Signing
from jobs.ports import Ledger
from tests.support.builders import ANNA, INVOICES, NOON, documents
from tests.support.ledger import MemoryLedger
from tests.support.lives import forge_approver, rewrite, write_lives
from worker.objects.ledger import ObjectLedger
from worker.storage.ledger import DiskLedger

FIRST = batch_id(INVOICES, 1)
GATHERED = Gathered(at=NOON, route=INVOICES, seal="S", profile=Profile(), documents=documents(2))
ABANDONED = Abandoned(at=NOON, why="x")


@pytest.fixture(params=["memory", "disk", "bucket"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    if request.param == "bucket":
        return ObjectLedger(request.getfixturevalue("bucket"))
    return MemoryLedger() if request.param == "memory" else DiskLedger(tmp_path / "ledger")


async def test_a_new_ledger_is_empty(ledger: Ledger) -> None:
    assert await ledger.latest(INVOICES) == 0
    assert await ledger.batches() == ()
    assert await ledger.open_batches() == ()


async def test_what_was_written_is_read(ledger: Ledger) -> None:
    history = await ledger.append(await ledger.open(FIRST, GATHERED), ABANDONED)
    assert await ledger.read(FIRST) == history
    assert history.records == (GATHERED, ABANDONED)


async def test_a_batch_is_opened_once(ledger: Ledger) -> None:
    await ledger.open(FIRST, GATHERED)
    with pytest.raises(Conflict):
        await ledger.open(FIRST, GATHERED)


async def test_of_twenty_workers_that_race_for_a_record_exactly_one_wins(ledger: Ledger) -> None:
    history = await ledger.open(FIRST, GATHERED)
    racers = (ledger.append(history, Abandoned(at=NOON, why=f"worker {number}")) for number in range(20))
    results = await asyncio.gather(*racers, return_exceptions=True)
    assert sum(isinstance(result, Conflict) for result in results) == 19
    assert len((await ledger.read(FIRST)).records) == 2


async def test_of_twenty_gatherers_that_race_for_a_batch_exactly_one_wins(ledger: Ledger) -> None:
    results = await asyncio.gather(*(ledger.open(FIRST, GATHERED) for _ in range(20)), return_exceptions=True)
    assert sum(isinstance(result, Conflict) for result in results) == 19


async def test_a_move_that_is_not_in_the_table_is_not_written(ledger: Ledger) -> None:
    history = await ledger.open(FIRST, GATHERED)
    with pytest.raises(IllegalTransition):
        await ledger.append(history, Signing(at=NOON, approver=ANNA, attempt=1))
    assert (await ledger.read(FIRST)).state is State.GATHERED


async def test_an_unknown_batch_is_called_so(ledger: Ledger) -> None:
    with pytest.raises(UnknownBatch):
        await ledger.read(FIRST)


async def test_each_route_counts_its_own_batches(ledger: Ledger) -> None:
    for number in (1, 2, 3):
        await ledger.open(batch_id(INVOICES, number), GATHERED)
    await ledger.open(batch_id(RouteName("invoices-2"), 1), GATHERED)
    assert await ledger.latest(INVOICES) == 3
    assert await ledger.latest(RouteName("invoices-2")) == 1


async def test_records_are_counted_without_reading_them(ledger: Ledger) -> None:
    history = await ledger.open(FIRST, GATHERED)
    await ledger.append(history, ABANDONED)
    missing = batch_id(INVOICES, 2)
    assert await ledger.record_counts([FIRST, missing]) == {FIRST: 2, missing: 0}


async def test_a_closed_batch_is_no_longer_looked_at(ledger: Ledger) -> None:
    second = batch_id(INVOICES, 2)
    for batch in (FIRST, second):
        await ledger.append(await ledger.open(batch, GATHERED), ABANDONED)
    await ledger.close(FIRST)
    await ledger.close(FIRST)
    assert await ledger.open_batches() == (second,)
    assert set(await ledger.batches()) == {FIRST, second}


async def test_a_batch_at_a_glance_stands_as_its_records_say(ledger: Ledger) -> None:
    history = await ledger.open(FIRST, GATHERED)
    assert await ledger.glance(FIRST) == await ledger.glance(FIRST) == history.glance
    history = await ledger.append(history, ABANDONED)
    glance = await ledger.glance(FIRST)
    assert (glance.state, glance.documents, glance.size) == (State.ABANDONED, 2, 2000)
    with pytest.raises(IllegalTransition):
        _ = glance.prepared
    with pytest.raises(UnknownBatch):
        await ledger.glance(batch_id(INVOICES, 2))


async def test_a_sound_batch_has_no_damage(ledger: Ledger) -> None:
    await ledger.open(FIRST, GATHERED)
    assert await ledger.find_damage(FIRST) is None
    with pytest.raises(UnknownBatch):
        await ledger.find_damage(batch_id(INVOICES, 2))


async def test_records_that_are_set_aside_are_no_longer_the_batchs(ledger: Ledger) -> None:
    history = await ledger.append(await ledger.open(FIRST, GATHERED), ABANDONED)
    await ledger.set_aside(FIRST, 1)
    assert (await ledger.read(FIRST)).records == (GATHERED,)
    assert await ledger.append(await ledger.read(FIRST), ABANDONED) == history


async def test_of_a_batch_that_is_set_aside_whole_only_its_number_stays(ledger: Ledger) -> None:
    await ledger.open(FIRST, GATHERED)
    await ledger.set_aside(FIRST, 0)
    with pytest.raises(UnknownBatch):
        await ledger.read(FIRST)
    assert await ledger.batches() == await ledger.open_batches() == ()
    assert await ledger.latest(INVOICES) == 1


class TestOnDisk:
    """What only files can suffer."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path / "ledger"

    async def test_two_processes_worth_of_ledgers_see_one_truth(self, folder: Path) -> None:
        history = await DiskLedger(folder).open(FIRST, GATHERED)
        other = DiskLedger(folder)
        assert await other.latest(INVOICES) == 1
        await other.append(history, ABANDONED)
        with pytest.raises(Conflict):
            await DiskLedger(folder).append(history, ABANDONED)

    async def test_what_is_just_being_written_is_no_damage(self, folder: Path) -> None:
        writer, written = DiskLedger(folder), asyncio.Event()

        async def write() -> None:
            for number in range(1, 100):
                batch = batch_id(INVOICES, number)
                await writer.append(await writer.open(batch, GATHERED), ABANDONED)
                await writer.close(batch)
            written.set()

        writing = asyncio.create_task(write())
        while not written.is_set():
            number = await DiskLedger(folder).latest(INVOICES)
            for batch in (batch_id(INVOICES, max(1, number)), batch_id(INVOICES, number + 1)):
                with suppress(UnknownBatch):
                    await DiskLedger(folder).read(batch)
        await writing

    async def test_a_folder_without_a_first_record_is_no_batch(self, folder: Path) -> None:
        (folder / FIRST).mkdir(parents=True)
        ledger = DiskLedger(folder)
        assert await ledger.batches() == ()
        assert await ledger.latest(INVOICES) == 0
        await ledger.open(FIRST, GATHERED)

    async def test_a_tampered_record_is_noticed(self, folder: Path) -> None:
        ledger = DiskLedger(folder)
        await ledger.append(await ledger.open(FIRST, GATHERED), ABANDONED)
        record = folder / FIRST / "0001.json"
        record.write_bytes(record.read_bytes().replace(b"invoice-1", b"invoice-7"))
        with pytest.raises(BrokenLedger):
            await DiskLedger(folder).read(FIRST)

    async def test_a_chain_that_was_written_anew_without_the_key_is_noticed(self, folder: Path) -> None:
        await write_lives(folder, 1)
        rewrite(folder, FIRST, forge_approver)
        with pytest.raises(BrokenLedger, match="does not carry the MAC of the ledger's key"):
            await DiskLedger(folder).read(FIRST)

    async def test_what_another_process_wrote_is_seen_at_the_next_look(self, folder: Path) -> None:
        ledger = DiskLedger(folder)
        history = await ledger.open(FIRST, GATHERED)
        await DiskLedger(folder).append(history, ABANDONED)
        assert (await ledger.read(FIRST)).state is State.ABANDONED

    async def test_what_another_process_wrote_or_damaged_is_seen_at_the_next_glance(self, folder: Path) -> None:
        ledger = DiskLedger(folder)
        history = await ledger.open(FIRST, GATHERED)
        assert (await ledger.glance(FIRST)).state is State.GATHERED
        await DiskLedger(folder).append(history, ABANDONED)
        assert (await ledger.glance(FIRST)).state is State.ABANDONED
        (folder / FIRST / "0002.json").write_bytes(b"{}")
        with pytest.raises(BrokenLedger):
            await ledger.glance(FIRST)

    async def test_far_more_batches_than_are_remembered_are_all_read(self, folder: Path) -> None:
        ledger = DiskLedger(folder)
        batches = [batch_id(INVOICES, number) for number in range(1, 31)]
        for batch in batches:
            await ledger.open(batch, GATHERED)
        assert [(await ledger.read(batch)).batch for batch in batches] == batches

    async def test_nothing_is_left_aside(self, folder: Path) -> None:
        await DiskLedger(folder).open(BatchId(FIRST), GATHERED)
        assert [path.name for path in (folder / FIRST).iterdir()] == ["0001.json"]


async def test_an_observer_is_told_once_of_each_record_that_was_written(tmp_path: Path) -> None:
    told: list[State] = []
    ledger = DiskLedger(tmp_path / "ledger", lambda history: told.append(history.state))
    history = await ledger.open(FIRST, GATHERED)
    await ledger.append(history, ABANDONED)
    with pytest.raises(Conflict):
        await ledger.append(history, ABANDONED)
    await ledger.read(FIRST)
    assert told == [State.GATHERED, State.ABANDONED]
