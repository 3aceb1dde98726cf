"""The index of all batches: what it finds, what it is kept like, and that it can be lost at any time."""

import asyncio
import os
import shutil
import sqlite3
import stat
import sys
from asyncio.subprocess import PIPE
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from jobs.model.names import BatchId, RouteName, batch_id
from jobs.model.records import Abandoned
from tests.support.builders import INVOICES, NOON
from tests.support.generated_ledger import APART, BEGIN, PARTLY_SEALED, documents_of, write_ledger, write_years
from tests.support.waiting import PATIENCE
from worker.storage.chains import record_path
from worker.storage.index.batch_index import MOST_FOUND, PAGE, BatchFilter, BatchIndex
from worker.storage.index.database import IndexUnusable
from worker.storage.index.entries import Ending, Standing
from worker.storage.index.keeper import IndexKeeper
from worker.storage.index.question import Question
from worker.storage.index.writing import delete_batch
from worker.storage.ledger import DiskLedger

ALL = BatchFilter(routes=frozenset({INVOICES}))


class Clock:
    """Monotonic seconds, as a test lets them pass."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class House:
    """A ledger with its index, as one process has them."""

    def __init__(self, data: Path) -> None:
        self.clock = Clock()
        self.folder = data / "ledger"
        self.ledger = DiskLedger(self.folder)
        self.index = BatchIndex(data)
        self.keeper = IndexKeeper(self.ledger, self.folder, self.index, self.clock)

    async def find(self, text: str) -> list[str]:
        found = await self.index.find_documents(Question.read(text), {INVOICES})
        return [document.name for document in found.documents]

    async def note_names(self) -> None:
        """Take everything over, and have noted that it was."""
        # So long ago that whatever is done next gives the folder another time.
        os.utime(self.folder, (1, 1))
        await self.keeper.update()
        self.clock.now += 3
        await self.keeper.update()

    async def listed(self) -> list[BatchId]:
        return [each.batch for each in (await self.index.list_batches(ALL)).batches]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


async def test_documents_are_found_by_whatever_is_known_of_them(house: House) -> None:
    write_ledger(house.folder, closed=3, documents=2)
    await house.keeper.update()
    document = documents_of(2, 2)[0]
    # Its customer is SIA Šķūnis.
    for text in (
        "kins-00002000",
        "RK25-00002000",
        "ŠĶŪNIS 00002000",
        "skunis 2000 si",
        document.sha256.hex,
        document.sha256.hex[:8],
        f"sha256:{document.sha256.hex}",
        document.id,
    ):
        assert await house.find(text) == [document.name], text
    assert document.name in await house.find("invoices-000002")
    assert document.name in await house.find("02.01.2025")
    assert document.name in await house.find("2025-01")
    assert await house.find("rekins") == await house.find("RĒĶINS")
    assert len(await house.find("rekins")) == 6


@pytest.mark.parametrize(
    "text",
    ['"', '""" OR *', "rekins OR", "NOT rekins", "text:rekins", "rekins*", "-rekins", "(rekins", "'; drop table words;",
     "%%%", "___", "{a b}", "^rekins", "NEAR(rekins pdf)", "rekins + pdf", "\\\\\\"],
)  # fmt: skip
async def test_nothing_that_is_typed_means_anything_to_the_database(house: House, text: str) -> None:
    write_ledger(house.folder, closed=1, documents=1)
    await house.keeper.update()
    assert await house.find(text) == []
    assert len(await house.find("rekins")) == 1


@pytest.mark.parametrize("zone", [None, ZoneInfo("Europe/Riga"), ZoneInfo("America/New_York")])
@pytest.mark.parametrize("day", ["0001-01-01", "1026-11-23", "1600-01", "2300-01-01", "9999-12-31", "9999-12"])
async def test_a_day_on_which_nothing_can_have_come_finds_nothing(
    house: House, tmp_path: Path, day: str, zone: ZoneInfo | None
) -> None:
    write_ledger(house.folder, closed=1, documents=1)
    await house.keeper.update()
    index = BatchIndex(tmp_path, zone)
    assert (await index.find_documents(Question.read(day), {INVOICES})).documents == ()
    first = last = date.fromisoformat(f"{day}-01"[:10])
    for wanted in (BatchFilter(ALL.routes, since=first, until=last), BatchFilter(ALL.routes, until=date(1000, 1, 1))):
        assert (await index.list_batches(wanted)).batches == ()
    assert (await index.list_batches(BatchFilter(ALL.routes, since=date.min, until=date.max))).total == 1


async def test_documents_of_other_routes_are_not_found(house: House) -> None:
    write_ledger(house.folder, closed=1, documents=1)
    write_ledger(house.folder, closed=1, documents=1, route=RouteName("acts"))
    await house.keeper.update()
    found = await house.index.find_documents(Question.read("rekins"), {RouteName("acts")})
    assert [document.route for document in found.documents] == ["acts"]
    assert (await house.index.find_documents(Question.read("rekins"), ())).documents == ()
    assert await house.listed() == [batch_id(INVOICES, 1)]


async def test_what_became_of_documents_and_batches_is_told(house: House) -> None:
    write_ledger(house.folder, closed=8, opened=1, documents=2)
    await house.keeper.update()
    listed = (await house.index.list_batches(ALL)).batches
    assert [each.standing for each in listed[:3]] == [Standing.WAITING, Standing.PARTLY_SEALED, Standing.SEALED]
    assert (listed[1].documents, listed[1].sealed, listed[1].refused) == (2, 1, 1)
    found = await house.index.find_documents(Question.read("invoices-000008"), {INVOICES})
    assert {document.ending for document in found.documents} == {Ending.SEALED, Ending.REFUSED}
    assert {document.ended_at for document in found.documents} == {listed[1].since}
    (waiting, _) = (await house.index.find_documents(Question.read("invoices-000009"), {INVOICES})).documents
    assert (waiting.ending, waiting.ended_at) == (Ending.UNDER_WAY, None)


async def test_batches_are_listed_page_by_page_newest_first(house: House) -> None:
    batches = write_ledger(house.folder, closed=PAGE + 3, documents=1)
    await house.keeper.update()
    first, second = await house.index.list_batches(ALL), await house.index.list_batches(ALL, 2)
    assert [each.batch for each in (*first.batches, *second.batches)] == list(reversed(batches))
    assert (first.total, first.pages, second.page) == (PAGE + 3, 2, 2)
    assert (await house.index.list_batches(ALL, 10**9)).page == 2


async def test_lists_are_narrowed_down_by_standing_and_day(house: House) -> None:
    write_ledger(house.folder, closed=70, documents=2)
    await house.keeper.update()
    partly = await house.index.list_batches(BatchFilter(ALL.routes, frozenset({Standing.PARTLY_SEALED})))
    assert partly.total == 70 // PARTLY_SEALED
    days = [(BEGIN + number * APART).astimezone().date() for number in range(1, 71)]
    for day in {*days, days[0] - timedelta(days=1)}:
        of_day = await house.index.list_batches(BatchFilter(ALL.routes, since=day, until=day))
        assert of_day.total == days.count(day)
        assert {each.gathered_at.astimezone().date() for each in of_day.batches} <= {day}
    assert (await house.index.list_batches(BatchFilter(ALL.routes, until=days[-1]))).total == 70


async def test_batches_of_any_days_are_counted_as_many_as_there_are(tmp_path: Path) -> None:
    apart = timedelta(days=3, hours=5)
    write_years(tmp_path, 20, 0, 2, apart)
    await House(tmp_path).keeper.update()
    for zone in (ZoneInfo("Europe/Riga"), ZoneInfo("America/New_York")):
        index = BatchIndex(tmp_path, zone)
        days = [(BEGIN + number * apart).astimezone(zone).date() for number in range(1, 21)]
        for since in (None, *days[::4]):
            for until in (None, *days[::3]):
                within = [day for day in days if (not since or day >= since) and (not until or day <= until)]
                assert (await index.list_batches(BatchFilter(ALL.routes, since=since, until=until))).total == len(
                    within
                )
                sealed = BatchFilter(ALL.routes, frozenset({Standing.SEALED, Standing.PARTLY_SEALED}), since, until)
                assert (await index.list_batches(sealed)).total == len(within)


async def test_found_documents_come_newest_first_and_as_many_as_anybody_looks_through(house: House) -> None:
    write_ledger(house.folder, closed=6, documents=100)
    await house.keeper.update()
    names: list[str] = []
    for page in range(1, MOST_FOUND // PAGE + 1):
        found = await house.index.find_documents(Question.read("rekins"), {INVOICES}, page)
        names += [document.name for document in found.documents]
        assert found.has_more == (page < MOST_FOUND // PAGE)
    assert found.is_cut
    assert len(set(names)) == MOST_FOUND
    assert [name.partition("-")[2][:5] for name in names] == sorted(
        (n.partition("-")[2][:5] for n in names), reverse=True
    )


async def test_content_that_was_seen_before_is_known(house: House) -> None:
    write_ledger(house.folder, closed=2, documents=2)
    write_ledger(house.folder, closed=1, documents=2, route=RouteName("acts"))
    await house.keeper.update()
    document = documents_of(1, 2)[0]
    found = await house.index.find_content([document.sha256.hex, "0" * 64])
    assert {each.batch for each in found[document.sha256.hex]} == {"invoices-000001", "acts-000001"}
    assert set(found) == {document.sha256.hex}


async def test_the_batch_of_a_document_is_known(house: House) -> None:
    write_ledger(house.folder, closed=2, documents=1)
    await house.keeper.update()
    (document,) = documents_of(2, 1)
    assert await house.index.find_batch(document.id) == batch_id(INVOICES, 2)


class TestKeeping:
    """It stands as the ledger does, whatever happens to either."""

    async def test_each_new_record_is_taken_over(self, house: House) -> None:
        (batch,) = write_ledger(house.folder, closed=0, opened=1, documents=2)
        await house.keeper.update()
        other = DiskLedger(house.folder)
        await other.append(await other.read(batch), Abandoned(at=NOON, why="x"))
        await house.keeper.update()
        (listed,) = (await house.index.list_batches(ALL)).batches
        assert (listed.standing, listed.refused) == (Standing.NOT_SEALED, 2)
        await other.close(batch)
        write_ledger(house.folder, closed=1, documents=1, route=RouteName("acts"))
        await house.keeper.update()
        assert (await house.index.list_batches(BatchFilter(frozenset({RouteName("acts")})))).total == 1

    async def test_what_was_changed_while_nobody_looked_is_read_again_at_the_start(self, house: House) -> None:
        batches = write_ledger(house.folder, closed=3, documents=1)
        await house.keeper.update()
        for number in (6, 7):
            record_path(house.folder, batches[0], number).unlink()
        for path in (house.folder / batches[1]).iterdir():
            path.unlink()
        (house.folder / batches[1]).rmdir()
        await House(house.folder.parent).keeper.update()
        listed = (await house.index.list_batches(ALL)).batches
        assert [(each.batch, each.standing) for each in listed] == [
            (batches[2], Standing.SEALED),
            (batches[0], Standing.DAMAGED),
        ]

    async def test_damaged_batches_are_listed_with_what_is_known_of_them(self, house: House) -> None:
        batches = write_ledger(house.folder, closed=3, documents=1)
        record_path(house.folder, batches[0], 1).write_bytes(b"{}")
        record_path(house.folder, batches[1], 3).write_bytes(b"{}")
        await house.keeper.update()
        listed = (await house.index.list_batches(BatchFilter(ALL.routes, frozenset({Standing.DAMAGED})))).batches
        assert {each.batch: each.documents for each in listed} == {batches[0]: 0, batches[1]: 1}

    async def test_a_batch_that_was_set_aside_is_forgotten(self, house: House) -> None:
        (batch,) = write_ledger(house.folder, closed=0, opened=1, documents=1)
        await house.keeper.update()
        await house.ledger.set_aside(batch, 0)
        await house.keeper.update()
        assert await house.listed() == []
        assert await house.find("rekins") == []

    async def test_it_says_that_it_is_complete_only_once_it_is(self, house: House) -> None:
        write_ledger(house.folder, closed=1, documents=1)
        house.index.file.make()
        assert not (await house.index.list_batches(ALL)).is_complete
        await house.keeper.update()
        assert (await house.index.list_batches(ALL)).is_complete

    async def test_one_process_keeps_it_and_another_takes_over(self, house: House, tmp_path: Path) -> None:
        write_ledger(house.folder, closed=1, documents=1)
        every = timedelta(milliseconds=10)
        first = asyncio.create_task(house.keeper.keep_for_ever(every))
        await _until(house, 1)
        second = asyncio.create_task(House(tmp_path).keeper.keep_for_ever(every))
        first.cancel()
        await asyncio.wait([first])
        write_ledger(house.folder, closed=1, documents=1, route=RouteName("acts"))
        await _until(house, 2)
        second.cancel()
        await asyncio.wait([second])


class TestStart:
    """A start knows the ledger's folder again, and misses nothing that was done to it meanwhile."""

    async def test_names_are_not_compared_where_the_folder_is_as_it_was_and_each_hour_all_the_same(
        self, house: House
    ) -> None:
        batches = write_ledger(house.folder, closed=2, documents=1)
        await house.note_names()
        # What no process does: so it is seen whether names were compared.
        await house.index.file.transact(delete_batch, batches[0])
        again = House(house.folder.parent)
        await again.keeper.update()
        assert await again.listed() == [batches[1]]
        again.clock.now += 3601
        await again.keeper.update()
        assert await again.listed() == [batches[1], batches[0]]

    async def test_batches_that_came_and_went_meanwhile_are_taken_over(self, house: House) -> None:
        batches = write_ledger(house.folder, closed=2, documents=1)
        await house.note_names()
        shutil.rmtree(house.folder / batches[0])
        (new,) = write_ledger(house.folder, closed=1, documents=1, route=RouteName("acts"))
        again = House(house.folder.parent)
        await again.keeper.update()
        both = BatchFilter(frozenset({INVOICES, RouteName("acts")}))
        assert {each.batch for each in (await again.index.list_batches(both)).batches} == {batches[1], new}

    async def test_batches_that_come_after_a_start_are_taken_over(self, house: House) -> None:
        batches = write_ledger(house.folder, closed=2, documents=1)
        await house.note_names()
        again = House(house.folder.parent)
        await again.keeper.update()
        shutil.rmtree(house.folder / batches[0])
        write_ledger(house.folder, closed=1, documents=1, route=RouteName("acts"))
        await again.keeper.update()
        assert await again.listed() == [batches[1]]
        assert (await again.index.list_batches(BatchFilter(frozenset({RouteName("acts")})))).total == 1

    async def test_open_batches_are_read_again(self, house: House) -> None:
        (batch,) = write_ledger(house.folder, closed=0, opened=1, documents=2)
        await house.note_names()
        other = DiskLedger(house.folder)
        await other.append(await other.read(batch), Abandoned(at=NOON, why="x"))
        await other.close(batch)
        again = House(house.folder.parent)
        await again.keeper.update()
        (listed,) = (await again.index.list_batches(ALL)).batches
        assert listed.standing is Standing.NOT_SEALED

    async def test_a_batch_that_could_not_be_read_is_looked_at_by_the_next(self, house: House) -> None:
        first, second = write_ledger(house.folder, closed=2, documents=1)
        path = record_path(house.folder, first, 1)
        ours = path.read_bytes()
        assert ours.startswith(b'{"version":2,')
        path.write_bytes(ours.replace(b'{"version":2,', b'{"version":999,', 1))
        await house.note_names()
        assert await house.listed() == [second]
        path.write_bytes(ours)
        again = House(house.folder.parent)
        await again.keeper.update()
        assert await again.listed() == [second, first]


class TestUpkeep:
    """Once a day all of it is gone through, a piece with each look."""

    async def test_all_closed_batches_are_compared(self, house: House) -> None:
        batches = write_ledger(house.folder, closed=12, documents=1)
        await house.note_names()
        record_path(house.folder, batches[0], 2).write_bytes(b"{}")
        record_path(house.folder, batches[0], 7).touch()
        again = House(house.folder.parent)
        standings = BatchFilter(ALL.routes, frozenset({Standing.DAMAGED}))
        await again.keeper.update()
        assert (await again.index.list_batches(standings)).total == 0
        await again.keeper.update()
        assert (await again.index.list_batches(standings)).total == 1

    async def test_words_become_one_part_and_are_found_as_before(self, house: House) -> None:
        write_ledger(house.folder, closed=2, documents=2)
        await house.keeper.update()
        assert await self._parts_of(house) > 1
        found = await house.find("rekins-0000")
        for _ in range(6):
            await house.keeper.update()
        assert await self._parts_of(house) == 1
        assert await house.find("rekins-0000") == found
        assert len(found) == 4

    @staticmethod
    async def _parts_of(house: House) -> int:
        def count(connection: sqlite3.Connection) -> int:
            (parts,) = connection.execute("select count(distinct segid) from words_idx").fetchone()
            return int(parts)

        return await house.index.file.transact(count)


class TestLoss:
    """It may be lost or spoilt at any time, and is made anew."""

    @pytest.mark.parametrize("content", [b"", b"no database at all" * 1000, b"SQLite format 3\0" + bytes(5000)])
    async def test_what_is_no_index_is_thrown_away(self, house: House, content: bytes) -> None:
        write_ledger(house.folder, closed=1, documents=1)
        house.index.file.path.write_bytes(content)
        with pytest.raises(IndexUnusable):
            await house.listed()
        await house.keeper.update()
        assert len(await house.find("rekins")) == 1

    async def test_an_index_of_another_version_is_thrown_away(self, house: House) -> None:
        write_ledger(house.folder, closed=1, documents=1)
        await house.keeper.update()
        with house.index.file.writing() as connection:
            connection.execute("pragma user_version = 999")
        with pytest.raises(IndexUnusable):
            await house.listed()
        await House(house.folder.parent).keeper.update()
        assert len(await house.listed()) == 1

    async def test_a_damaged_index_is_made_anew(self, house: House) -> None:
        write_ledger(house.folder, closed=30, documents=5)
        await house.keeper.update()
        content = bytearray(house.index.file.path.read_bytes())
        for page in range(8192, len(content), 4096):
            content[page : page + 512] = bytes(512)
        house.index.file.path.write_bytes(content)
        await House(house.folder.parent).keeper.update()
        assert (await house.index.list_batches(ALL)).total == 30

    async def test_there_is_none_before_it_is_made(self, house: House) -> None:
        for question in (house.listed(), house.find("rekins"), house.index.find_content(["0" * 64])):
            with pytest.raises(IndexUnusable):
                await question
        assert not house.index.file.path.exists()

    async def test_nobody_else_may_read_it(self, house: House) -> None:
        before = os.umask(0)
        try:
            await house.keeper.update()
        finally:
            os.umask(before)
        assert stat.S_IMODE(house.index.file.path.stat().st_mode) == 0o600

    async def test_a_writer_that_is_killed_leaves_what_it_had_before_or_after(self, house: House) -> None:
        write_ledger(house.folder, closed=2, documents=1)
        await house.keeper.update()
        code = (
            "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
            "c.execute('pragma cache_size = 1'); c.execute('pragma cache_spill = 1'); c.execute('begin immediate');"
            "c.execute('delete from documents'); c.execute('delete from words'); c.execute('delete from batches');"
            "[c.execute('insert into documents values (?,?,?,?,?,?,1,1,null,?,?,null,null,?)',"
            " (n, str(n), 'b', 'r', 'n' * 900, 'h', 'sealed', 'p', '{}')) for n in range(3000)];"
            "print('written', flush=True); sys.stdin.read()"
        )
        program = (sys.executable, "-c", code, str(house.index.file.path))
        writer = await asyncio.create_subprocess_exec(*program, stdin=PIPE, stdout=PIPE)
        assert writer.stdout is not None
        assert await writer.stdout.readline() == b"written\n"
        writer.kill()
        await writer.communicate()
        await House(house.folder.parent).keeper.update()
        assert len(await house.listed()) == 2
        assert len(await house.find("rekins")) == 2

    async def test_a_disk_that_refuses_is_told_and_tried_again(self, house: House) -> None:
        write_ledger(house.folder, closed=1, documents=1)
        house.index.file.path.mkdir()
        with pytest.raises((OSError, sqlite3.Error)):
            await house.keeper.update()
        house.index.file.path.rmdir()
        await house.keeper.update()
        assert len(await house.listed()) == 1


async def _until(house: House, count: int) -> None:
    """Wait until so many batches are known, of all routes."""
    routes = frozenset({INVOICES, RouteName("acts")})
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(IndexUnusable):
                if (await house.index.list_batches(BatchFilter(routes))).total == count:
                    return
            await asyncio.sleep(0.01)
