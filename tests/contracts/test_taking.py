"""Taking from folders elsewhere: what settles becomes ours once, whatever is killed, and stays there until it is."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from jobs.model.documents import SealFormat
from jobs.model.metadata import MetadataUse
from jobs.model.standstill import Cause
from jobs.model.way_in import WayIn
from tests.support.builders import INVOICES
from tests.support.pdfs import a_pdf
from tests.support.places import FolderPlace, sftp_elsewhere, sftp_server
from tests.support.small import MemoryStandstills
from tests.support.waiting import PATIENCE, until
from tests.whole.station import ORDERS, Station
from worker.clock import utc_now
from worker.inbox.handing_in import HandingIn
from worker.inbox.sidecars import SidecarRule
from worker.inbox.turns import MOST_AT_ONCE
from worker.objects.failures import StorageAway
from worker.places.looking import Looking, RouteFolder
from worker.places.place import Denied, FoundFile, Place, PlaceAway, Replaced
from worker.places.standing import PlaceStanding
from worker.places.taking import Taking
from worker.places.watch import take_for_ever
from worker.storage.leases import hold_lock

PDF, OTHER = a_pdf("an invoice"), a_pdf("another invoice")
ONE = (RouteFolder(INVOICES, "", SealFormat.PDF, SidecarRule()),)
EACH = tuple(RouteFolder(route, route, SealFormat.PDF, SidecarRule()) for route in (INVOICES, ORDERS))

# Fetches, and stops for ever where the word says so: before it takes away what is ours by now, or right behind it.
_STOPPING = """
import asyncio, sys
from pathlib import Path
from tests.contracts.test_taking import looking, ONE
from tests.support.places import FolderPlace
from tests.whole.station import Station
from worker.inbox.handing_in import HandingIn

async def stop(self, *args):
    print("stopped", flush=True)
    await asyncio.Event().wait()

async def run():
    where = {"taken": (FolderPlace, "take_away"), "removed": (HandingIn, "forget_one")}[sys.argv[3]]
    setattr(*where, stop)
    async with looking(Station(Path(sys.argv[1])), FolderPlace(Path(sys.argv[2]))) as (taking, _):
        await taking.look()

asyncio.run(run())
"""


@asynccontextmanager
async def looking(
    station: Station,
    place: Place,
    folders: Sequence[RouteFolder] = ONE,
    *,
    most: int = 10**6,
    settle: float = 0,
    moves: bool = False,
) -> AsyncIterator[tuple[Taking, HandingIn]]:
    """A courier of its own for the time of the block."""
    port = station.handing_in
    try:
        yield (
            Taking(
                "bank",
                "inbox-bank",
                place,
                folders,
                port,
                most=most,
                settle=timedelta(seconds=settle),
                moves=moves,
                clock=lambda: station.clock,
            ),
            port,
        )
    finally:
        await port.close()


@pytest.fixture
def station(tmp_path: Path) -> Station:
    return Station(tmp_path)


@pytest.fixture
def place(tmp_path: Path) -> FolderPlace:
    (tmp_path / "elsewhere").mkdir()
    return FolderPlace(tmp_path / "elsewhere")


def names(place: FolderPlace) -> set[str]:
    return {str(path.relative_to(place.folder)) for path in place.folder.rglob("*") if path.is_file()}


async def test_a_file_is_taken_with_its_metadata_and_is_gone_there(station: Station, place: FolderPlace) -> None:
    await place.create("rēķins.pdf", PDF)
    await place.create("rēķins.pdf.json", b'{"number": "R-17"}')
    async with looking(station, place) as (taking, _):
        assert await taking.look() == 1
        assert await taking.look() == 0
    (document,) = await station.waiting()
    assert (document.name, document.way_in, station.original(document)) == ("rēķins.pdf", WayIn.PLACE, PDF)
    assert document.metadata is not None
    assert document.metadata.number == "R-17"
    assert names(place) == set()


async def test_what_is_kept_is_moved_aside_and_takes_no_earlier_ones_place(
    station: Station, place: FolderPlace
) -> None:
    async with looking(station, place, moves=True) as (taking, _):
        for content in (PDF, OTHER, a_pdf("a third"), a_pdf("a fourth")):
            await place.create("a.pdf", content)
            assert await taking.look() == 1
    assert names(place) == {"processed/a.pdf", *(f"processed/a ({number}).pdf" for number in (2, 3, 4))}
    assert (place.folder / "processed/a (2).pdf").read_bytes() == OTHER


async def test_without_a_route_of_its_own_it_has_a_folder_for_each(station: Station, place: FolderPlace) -> None:
    for name in ("invoices/a.pdf", "orders/b.pdf", "others/c.pdf", "d.pdf", "invoices/deeper/e.pdf"):
        await place.create(name, a_pdf(name))
    async with looking(station, place, EACH) as (taking, _):
        assert await taking.look() == 2
    assert [each.name for each in await station.waiting()] == ["a.pdf"]
    assert [each.name for each in await station.waiting(ORDERS)] == ["b.pdf"]
    assert names(place) == {"others/c.pdf", "d.pdf", "invoices/deeper/e.pdf"}


async def test_nothing_is_taken_that_somebody_still_writes(station: Station, place: FolderPlace) -> None:
    for name in ("a.pdf", "b.pdf.part", "~$c.pdf", ".d.pdf", "e.pdf", "e.pdf.json.part"):
        await place.create(name, PDF)
    async with looking(station, place, settle=5) as (taking, _):
        assert await taking.look() == 0
        station.clock = 4
        (place.folder / "a.pdf").write_bytes(OTHER)
        assert await taking.look() == 0
        station.clock = 8
        assert await taking.look() == 0
        station.clock = 9
        assert await taking.look() == 1
    (document,) = await station.waiting()
    assert station.original(document) == OTHER
    assert names(place) == {"b.pdf.part", "~$c.pdf", ".d.pdf", "e.pdf", "e.pdf.json.part"}


async def test_a_document_waits_for_a_sidecar_that_must_come_and_not_for_ever(
    station: Station, place: FolderPlace
) -> None:
    rule = SidecarRule(MetadataUse.REQUIRED, timedelta(seconds=60))
    await place.create("a.pdf", PDF)
    async with looking(station, place, [RouteFolder(INVOICES, "", SealFormat.PDF, rule)]) as (taking, _):
        assert await taking.look() == 0
        station.clock = 59
        assert await taking.look() == 0
        station.clock = 60
        assert await taking.look() == 1


async def test_a_sidecar_whose_document_does_not_come_is_told_in_time(station: Station, place: FolderPlace) -> None:
    await place.create("a.pdf.json", b"{}")
    async with looking(station, place) as (taking, _):
        for station.clock in (0, 600):
            assert await taking.look() == 0
            assert taking.left == {}
        station.clock = 601
        await taking.look()
        assert taking.left["a.pdf.json"].startswith("It is a sidecar, and the document of its name has not come.")
        await place.create("a.pdf", PDF)
        assert await taking.look() == 1
        assert taking.left == {}
    (document,) = await station.waiting()
    assert document.metadata is not None


async def test_links_and_pipes_are_told_as_long_as_they_stand_there_and_lead_nowhere(
    station: Station, place: FolderPlace
) -> None:
    await place.create("a.pdf", PDF)
    for name in ("link.pdf", "a.pdf.json", ".link", "processed"):
        (place.folder / name).symlink_to(place.folder / "nowhere")
    os.mkfifo(place.folder / "pipe.pdf")
    async with looking(station, place) as (taking, _):
        assert await taking.look() == 1
        assert {name: why.partition(",")[0] for name, why in taking.left.items()} == {
            "link.pdf": "It is a link",
            "a.pdf.json": "It is a link",
            "pipe.pdf": "It is a pipe",
        }
        for name in ("link.pdf", "a.pdf.json", "pipe.pdf"):
            (place.folder / name).unlink()
        assert await taking.look() == 0
        assert taking.left == {}
    assert [each.name for each in await station.waiting()] == ["a.pdf"]


async def test_what_cannot_become_a_document_is_left_and_told_and_others_are_taken(
    station: Station, place: FolderPlace
) -> None:
    for name in ("a\nb.pdf", "r\udce9.pdf", "c\\..\\d.pdf", "large.pdf"):
        await place.create(name, PDF + bytes(2000) * (name == "large.pdf"))
    await place.create("good.pdf", PDF)
    async with looking(station, place, most=len(PDF) + 100) as (taking, _):
        assert await taking.look() == 1
        assert {name: why.partition(":")[0] for name, why in taking.left.items()} == {
            "a\nb.pdf": "name holds control characters",
            "r\udce9.pdf": "name",
            "c\\..\\d.pdf": "name is a path",
            "large.pdf": f"It has more than {len(PDF) + 100} bytes, the most that is taken here.",
        }
        standstills = MemoryStandstills()
        await PlaceStanding("_inbox-bank", standstills, utc_now).note_used(taking.left)
        # It is not asked again what it cannot answer otherwise, unless it is another file.
        (place.folder / "large.pdf").write_bytes(OTHER)
        reads = place.reads
        assert await taking.look() == 1
        assert (place.reads, len(taking.left)) == (reads + 1, 3)
    (standing,) = await standstills.all()
    assert standing.cause is Cause.PLACE_LEFT
    assert standing.detail == "a\\nb.pdf: name holds control characters: give it another one, and 3 more"
    assert [each.name for each in await station.waiting()] == ["good.pdf", "large.pdf"]


async def test_what_may_not_be_removed_is_fetched_once_and_holds_no_other_up(
    station: Station, place: FolderPlace
) -> None:
    for name in ("a.pdf", "b.pdf"):
        await place.create(name, a_pdf(name))
    place.unremovable = "a.pdf"
    async with looking(station, place) as (taking, port):
        for _ in range(3):
            await taking.look()
        assert taking.left == {"a.pdf": "it is ours by now, and cannot be taken away: it refuses that"}
        assert len(await station.waiting()) == place.reads == 2
        # However long that lasts, and though the process is another one by then.
        await port.forget(timedelta(0))
    async with looking(station, place) as (taking, _):
        assert await taking.look() == 1
        place.unremovable = ""
        await taking.look()
        await taking.look()
        assert taking.left == {}
    assert len(await station.waiting()) == 2
    assert names(place) == set()


async def test_what_is_refused_is_told_and_keeps_neither_others_nor_other_routes_waiting(
    station: Station, place: FolderPlace
) -> None:
    async with looking(station, place, EACH) as (taking, _):
        assert await taking.look() == 0
        assert taking.left == {".": "there is no such folder: make it, or correct url"}
    for name in ("invoices/1.pdf", "invoices/2.pdf", "orders/3.pdf"):
        await place.create(name, a_pdf(name))
    for name in ("invoices/1.pdf", "invoices/2.pdf"):
        place.fails[name] = Denied("it refuses that")
    async with looking(station, place, EACH) as (taking, _):
        assert await taking.look() == 1
        assert taking.left == dict.fromkeys(place.fails, "it refuses that")
        place.fails = {"invoices": Denied("it lists nothing")}
        await place.create("orders/4.pdf", a_pdf("4"))
        assert await taking.look() == 1
        assert taking.left["invoices"] == "it lists nothing"
        place.fails = {}
        assert await taking.look() == 2
        assert await taking.look() == 0
        assert taking.left == {}
    assert names(place) == set()


@pytest.mark.parametrize("failure", [PlaceAway("it hung up"), OSError(5, "no"), ValueError("a fault of ours")])
async def test_what_the_place_fails_of_is_tried_last_and_alone(
    station: Station, place: FolderPlace, failure: Exception
) -> None:
    for number in range(7):
        await place.create(f"{number}.pdf", a_pdf(str(number)))
    broken = {f"{number}.pdf": failure for number in range(4)}
    place.fails = dict(broken)
    async with looking(station, place) as (taking, _):
        for name in ("3.pdf", "2.pdf", "1.pdf", "", ""):
            with suppress(PlaceAway, OSError):
                await taking.look()
            place.fails.pop(name, None)
    assert names(place) == {"0.pdf"}


async def test_of_very_many_that_never_become_documents_none_keeps_the_others_waiting(
    station: Station, place: FolderPlace
) -> None:
    for number in range(MOST_AT_ONCE + 10):
        await place.create(f"invoices/a\n{number}.pdf", b"")
    for name in ("invoices/z.pdf", "orders/z.pdf"):
        await place.create(name, a_pdf(name))
    async with looking(station, place, EACH) as (taking, _):
        assert await taking.look() == 2
        assert len(taking.left) == MOST_AT_ONCE + 10


async def test_what_is_another_file_at_each_reading_is_told(station: Station, place: FolderPlace) -> None:
    await place.create("a.pdf", PDF)
    await place.create("b.pdf", PDF)
    place.fails = {"a.pdf": Replaced("a.pdf"), "b.pdf": FileNotFoundError()}
    async with looking(station, place) as (taking, _):
        for _ in range(4):
            await taking.look()
        assert taking.left == {}
        await taking.look()
        assert set(taking.left.values()) == {"it is another file each time that it is read, or is not there then"}
        place.fails = {}
        await taking.look()
        await taking.look()
        assert taking.left == {}


async def test_of_a_list_that_is_cut_short_no_document_loses_its_sidecar(place: FolderPlace) -> None:
    class Cut(FolderPlace):
        async def list(self, folder: str) -> Sequence[FoundFile]:
            return (await super().list(folder))[:2]

    cut = Cut(place.folder)
    for name in ("a.pdf", "b.pdf", "b.pdf.json"):
        await cut.create(name, b"{}")
    finding = Looking(cut, ONE, timedelta(0), lambda: 0.0, most=2)
    found = [await finding.complete(each) for each in await finding.list_settled()]
    assert [(each.path, each.sidecar and each.sidecar.name) for each in found] == [
        ("a.pdf", None),
        ("b.pdf", "b.pdf.json"),
    ]
    assert finding.hindrances["."].startswith("it holds 2 files or more")


@pytest.mark.parametrize("where", ["taken", "removed"])
async def test_killed_before_it_is_removed_or_right_behind_that_it_is_taken_once(
    station: Station, place: FolderPlace, tmp_path: Path, where: str
) -> None:
    await place.create("a.pdf", PDF)
    await place.create("a.pdf.json", b'{"number": "R-17"}')
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _STOPPING, tmp_path, place.folder, where), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        while b"stopped" not in await process.stdout.readline():
            continue
    process.send_signal(signal.SIGKILL)
    await process.wait()
    assert names(place) == ({"a.pdf", "a.pdf.json"} if where == "taken" else set())
    # Of the two only the sidecar may have gone, and then there is another one.
    if where == "taken":
        (place.folder / "a.pdf.json").write_bytes(b'{"number": "R-18"}')
    async with looking(station, place) as (taking, _):
        await taking.look()
        assert names(place) == set()
        await station.intake.rescan()
        (document,) = await station.waiting()
        assert document.metadata is not None
        assert document.metadata.number == "R-17"
        # Dropped once more, at another time, it is another document.
        await place.create("a.pdf", PDF)
        assert await taking.look() == 1
    assert len(await station.waiting()) == 2


class Slow(FolderPlace):
    """A place from which the first reading takes long: it ends when it is let go on."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.reached, self.goes_on = asyncio.Event(), asyncio.Event()

    async def read(self, path: str) -> AsyncIterator[bytes]:
        async for piece in super().read(path):
            yield piece
        if not self.reached.is_set():
            self.reached.set()
            await self.goes_on.wait()


@pytest.mark.parametrize("comes_again", [False, True])
async def test_who_is_held_up_while_another_takes_it_to_its_end_takes_nothing(
    station: Station, place: FolderPlace, *, comes_again: bool
) -> None:
    slow = Slow(place.folder)
    await slow.create("a.pdf", PDF)
    async with looking(station, slow) as (first, _), looking(station, slow) as (second, _):
        held_up = asyncio.create_task(first.look())
        await slow.reached.wait()
        assert await second.look() == 1
        assert names(place) == set()
        if comes_again:
            await slow.create("a.pdf", PDF)
        slow.goes_on.set()
        assert await held_up == 0
        assert await second.look() == comes_again
    assert len(await station.waiting()) == 1 + comes_again


async def test_two_processes_that_look_at_once_take_each_file_once(station: Station, place: FolderPlace) -> None:
    for number in range(6):
        await place.create(f"{number}.pdf", a_pdf(str(number)))
    async with looking(station, place) as (first, _), looking(station, place) as (second, _):
        await asyncio.gather(first.look(), second.look())
        await asyncio.gather(first.look(), second.look())
    assert sorted(each.name for each in await station.waiting()) == [f"{number}.pdf" for number in range(6)]
    assert names(place) == set()


async def test_a_place_that_is_away_stands_still_with_the_reason_and_goes_on_by_itself(
    station: Station, place: FolderPlace, tmp_path: Path
) -> None:
    standstills = MemoryStandstills()
    standing = PlaceStanding("_inbox-bank", standstills, utc_now)
    place.is_away = PlaceAway("it is not reached")
    await FolderPlace(place.folder).create("a.pdf", PDF)
    async with looking(station, place) as (taking, _):
        every, hold = timedelta(milliseconds=1), partial(hold_lock, tmp_path / "places/bank.lock")
        task = asyncio.create_task(take_for_ever(taking, standing, hold, every))
        other = asyncio.create_task(take_for_ever(taking, standing, hold, every))
        try:
            await until(lambda: bool(standstills._standing))
            (noted,) = await standstills.all()
            assert (noted.cause, noted.detail) == (Cause.PLACE_AWAY, "it is not reached")
            place.is_away = None
            await until(lambda: not names(place) and not standstills._standing)
        finally:
            for each in (task, other):
                each.cancel()
            await asyncio.wait({task, other})
    assert len(await station.waiting()) == 1


async def test_whose_turn_it_is_may_not_be_known_for_a_while(
    station: Station, place: FolderPlace, tmp_path: Path
) -> None:
    await place.create("a.pdf", PDF)
    turns = count()

    @asynccontextmanager
    async def hold() -> AsyncIterator[asyncio.Event | None]:
        if next(turns) == 0:
            raise StorageAway("nobody is there")
        async with hold_lock(tmp_path / "places/bank.lock") as lost:
            yield lost

    async with looking(station, place) as (taking, _):
        standing = PlaceStanding("_inbox-bank", MemoryStandstills(), utc_now)
        task = asyncio.create_task(take_for_ever(taking, standing, hold, timedelta(milliseconds=1)))
        try:
            await until(lambda: not names(place))
        finally:
            task.cancel()
            await asyncio.wait({task})
    assert len(await station.waiting()) == 1


async def test_from_a_server_by_sftp_it_is_taken_all_the_same(station: Station, tmp_path: Path) -> None:
    (tmp_path / "sftp").mkdir()
    async with sftp_server(tmp_path / "sftp") as sftp:
        elsewhere = sftp_elsewhere(sftp)
        for number in range(3):
            await elsewhere.put(f"{number}.pdf", a_pdf(str(number)))
        async with looking(station, elsewhere.place, moves=True) as (taking, _):
            assert await taking.look() == 3
        assert set(await elsewhere.files()) == {f"processed/{number}.pdf" for number in range(3)}
        await elsewhere.place.close()
    assert len(await station.waiting()) == 3
