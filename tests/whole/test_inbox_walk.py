"""Whatever people and programs put into the inbox, it is walked through to its end, and what is left is told."""

import json
import os
import socket
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jobs.model.documents import Document, Profile, SealFormat
from jobs.model.names import RouteName
from tests.support.builders import INVOICES
from tests.support.pdfs import a_pdf
from tests.support.programs import run
from tests.support.shelves import files
from tests.whole.station import Station
from worker.inbox.settling import MOST_LEFT
from worker.storage.tree import DEEPEST, Location, walk
from worker.storage.untaken import Obstacle, Untaken, UntakenList

PDF = a_pdf("an invoice")
CONTRACTS = RouteName("contracts")


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    yield Station(tmp_path)
    # Python itself cannot remove folders that are nested as deep as some of these.
    run("rm", "-rf", tmp_path)


def nest(folder: Path, depth: int, name: str = "d") -> None:
    """Folders within each other, far deeper than a path may be long, with a file in the last."""
    descriptor = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=descriptor)
        below = os.open(name, os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    file = os.open("a.pdf", os.O_WRONLY | os.O_CREAT, dir_fd=descriptor)
    os.write(file, PDF)
    os.close(file)
    os.close(descriptor)


async def left(station: Station, **expected: Obstacle) -> None:
    """Look, and check what is told to be left, by file name; `a.pdf` beside it is taken."""
    station.drop("invoices/a.pdf", PDF)
    assert (await station.intake.rescan()).claimed == 1
    assert {Path(each.path).name: each.obstacle for each in station.left} == expected
    assert {Path(each.path).name: each.obstacle for each in station.list.read()} == expected


def test_what_gets_another_name_while_it_is_looked_at_is_no_file_that_cannot_be_read(tmp_path: Path) -> None:
    growing = [tmp_path / f"{number:03}.pdf.part" for number in range(100)]
    for path in growing:
        path.touch()
    done = threading.Event()

    def rename() -> None:
        while not done.is_set():
            for path in growing:
                path.rename(path.with_suffix(""))
            for path in growing:
                path.with_suffix("").rename(path)

    renaming = threading.Thread(target=rename)
    renaming.start()
    try:
        assert [entry for _ in range(50) for entry in walk(tmp_path) if entry.error is not None] == []
    finally:
        done.set()
        renaming.join()


class TestWhatIsNotTaken:
    """It stays where it is, and is told once."""

    @pytest.mark.parametrize("depth", [DEEPEST + 1, 988, 1500])
    async def test_folders_within_folders(self, station: Station, depth: int) -> None:
        nest(station.drop("invoices/.keep", b"").parent, depth)
        await left(station, d=Obstacle.TOO_DEEP)

    async def test_folders_that_are_not_too_deep_are_looked_into(self, station: Station) -> None:
        nest(station.drop("invoices/.keep", b"").parent, DEEPEST - 2, "long-folder-name" * 10)
        assert (await station.intake.rescan()).claimed == 1
        (document,) = await station.waiting()
        assert (document.name, station.original(document)) == ("a.pdf", PDF)

    async def test_links_also_such_as_lead_in_circles(self, station: Station) -> None:
        folder = station.drop("invoices/.keep", b"").parent
        (folder / "circle.pdf").symlink_to("circle.pdf")
        (folder / "up").symlink_to("..")
        (folder / "away.pdf").symlink_to("/etc/passwd")
        await left(station, **dict.fromkeys(["circle.pdf", "up", "away.pdf"], Obstacle.LINK))

    async def test_pipes_sockets_and_devices(self, station: Station) -> None:
        folder = station.drop("invoices/.keep", b"").parent
        os.mkfifo(folder / "pipe.pdf")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(folder / "socket.pdf"))
        await left(station, **dict.fromkeys(["pipe.pdf", "socket.pdf"], Obstacle.SPECIAL))

    async def test_what_a_program_left_unfinished(self, station: Station) -> None:
        for name in ("~$a.docx", "b.part", "c.tmp/d.pdf"):
            station.drop(f"invoices/{name}", PDF)
        await left(station, **dict.fromkeys(["~$a.docx", "b.part", "c.tmp"], Obstacle.UNFINISHED))

    async def test_clutter_is_nobodys_business(self, station: Station) -> None:
        for name in (".DS_Store", "Thumbs.db", "@eaDir/a.pdf"):
            station.drop(f"invoices/{name}", PDF)
        await left(station)

    async def test_a_folder_that_is_one_document_with_a_pipe_in_it(self, tmp_path: Path) -> None:
        station = Station(tmp_path, profiles={INVOICES: Profile(), CONTRACTS: Profile(format=SealFormat.EDOC)})
        os.mkfifo(station.drop("contracts/x.edoc/b.txt", b"b").parent / "pipe")
        await left(station, pipe=Obstacle.SPECIAL)

    async def test_of_very_many_things_only_some_are_told(self, station: Station) -> None:
        folder = station.drop("invoices/a.pdf", PDF).parent
        for number in range(MOST_LEFT + 500):
            (folder / f"{number}.pdf").symlink_to("nowhere")
        assert (await station.intake.rescan()).claimed == 1
        assert len(station.left) == len(station.list.read()) == MOST_LEFT

    async def test_what_got_stuck_stands_on_the_list_until_it_is_taken(self, station: Station) -> None:
        station.drop("invoices/a.pdf", b"no pdf")
        station.quarantined.write_text("a file where the folder should be")
        await station.intake.rescan()
        assert [(each.obstacle, each.detail) for each in station.list.read()] == [(Obstacle.STUCK, "Not a directory")]
        station.quarantined.unlink()
        await station.intake.rescan()
        assert station.list.read() == ()

    def test_what_may_not_be_read(self, tmp_path: Path) -> None:
        station = Station(tmp_path)
        for path in (station.drop("invoices/shut.pdf", PDF), station.drop("invoices/closed/b.pdf", PDF).parent):
            path.chmod(0)
        station.drop("invoices/a.pdf", PDF)
        told = run(*WITHOUT_PRIVILEGE, sys.executable, "-c", LOOK_TWICE, str(tmp_path), str(PROJECT)).stdout
        assert json.loads(told) == {"claimed": 1, "told": ["closed: unreadable", "shut.pdf: unreadable"]}


PROJECT = Path(__file__).parents[2]
WITHOUT_PRIVILEGE = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")
"""Even the administrator may not read everything then."""
LOOK_TWICE = """
import asyncio, json, sys
from pathlib import Path

sys.path.insert(0, sys.argv[2])
from tests.whole.station import Station

async def main():
    station = Station(Path(sys.argv[1]))
    rescan = await station.intake.rescan()
    await station.intake.rescan()
    told = sorted(f"{Path(each.path).name}: {each.obstacle}" for each in station.left)
    print(json.dumps({"claimed": rescan.claimed, "told": told}))

asyncio.run(main())
"""


class TestTelling:
    """When people hear of it."""

    async def test_only_after_some_minutes(self, tmp_path: Path) -> None:
        station = Station(tmp_path, patience=timedelta(minutes=3))
        station.drop("invoices/b.part", PDF)
        await station.intake.rescan()
        assert station.left == []
        assert station.list.read() == ()

    async def test_it_is_off_the_list_once_it_is_gone(self, station: Station) -> None:
        path = station.drop("invoices/b.part", PDF)
        await station.intake.rescan()
        (told,) = station.list.read()
        assert (told.route, told.path, "has not finished it" in told.advice) == (INVOICES, str(path), True)
        path.unlink()
        await station.intake.rescan()
        assert station.list.read() == ()

    async def test_a_file_that_never_stops_changing(self, tmp_path: Path) -> None:
        station = Station(tmp_path, settle=2, patience=timedelta(seconds=60))
        path = station.drop("invoices/log.pdf", b"")
        for _ in range(8):
            with path.open("ab") as file:
                file.write(b"x")
            assert (await station.intake.rescan()).unsettled == 1
            station.clock += 10
        assert [each.obstacle for each in station.left] == [Obstacle.WRITTEN]

    def test_a_list_that_is_no_list_tells_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "untaken.json").write_text("{")
        assert UntakenList(tmp_path).read() == ()
        untaken = Untaken(path="a", route=None, obstacle=Obstacle.LINK, since=datetime.now(UTC))
        UntakenList(tmp_path).write([untaken])
        assert UntakenList(tmp_path).read() == (untaken,)


class TestNamesOfAnyBytes:
    """File systems know no letters."""

    async def test_a_name_that_is_no_text_is_taken(self, station: Station) -> None:
        station.drop(b"invoices/caf\xe9/caf\xe9.pdf", PDF)
        assert (await station.intake.rescan()).claimed == 1
        assert [document.name for document in await station.waiting()] == ["caf\ufffd/caf\ufffd.pdf"]

    async def test_what_is_left_of_such_a_name_is_told_with_its_bytes(self, station: Station) -> None:
        station.drop(b"invoices/caf\xe9\x1b[31m.part", PDF)
        await left(station, **{r"caf\xe9\x1b[31m.part": Obstacle.UNFINISHED})

    async def test_a_folder_that_is_one_document_cannot_hold_it(self, tmp_path: Path) -> None:
        station = Station(tmp_path, profiles={CONTRACTS: Profile(format=SealFormat.EDOC)})
        station.drop(b"contracts/x.edoc/caf\xe9.txt", b"content")
        assert (await station.intake.rescan()).quarantined == 1
        (entry,) = await station.quarantine.entries()
        assert "bytes that are no text" in entry.explanation.detail


class TestSwaps:
    """Somebody puts a link in place of what was seen."""

    async def test_a_folder_that_became_a_link_leads_nowhere(self, station: Station, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        path = station.drop("invoices/deep/a.pdf", PDF)
        candidates = station.candidates
        path.rename(tmp_path / "elsewhere/a.pdf")
        path.parent.rmdir()
        path.parent.symlink_to(tmp_path / "elsewhere")
        claims, _ = station.reception.claims.claim(candidates)
        assert claims == []
        assert (tmp_path / "elsewhere/a.pdf").read_bytes() == PDF

    def test_no_part_of_a_place_below_its_root_may_be_a_link_though_the_root_may(self, tmp_path: Path) -> None:
        (tmp_path / "inbox/deep").mkdir(parents=True)
        (tmp_path / "inbox/deep/a.pdf").write_bytes(PDF)
        (tmp_path / "inbox/link").symlink_to("deep")
        (tmp_path / "root").symlink_to("inbox")
        assert Location(tmp_path / "root", ("deep", "a.pdf")).exists()
        with pytest.raises(OSError, match=r"Not a directory|symbolic links"):
            Location(tmp_path / "root", ("link", "a.pdf")).exists()

    async def test_a_file_that_became_a_link_is_not_copied(self, station: Station, tmp_path: Path) -> None:
        path = station.drop("invoices/a.pdf", PDF)
        candidates = station.candidates
        path.rename(tmp_path / "secret.pdf")
        path.symlink_to(tmp_path / "secret.pdf")
        assert station.reception.claims.claim(candidates)[0] == []
        assert files(station.layout.root) == set()


class TestQuarantine:
    """People may put there what they like."""

    async def test_planted_notes_are_no_entries(self, station: Station) -> None:
        station.drop("invoices/a.pdf", b"no pdf")
        await station.intake.rescan()
        (entry,) = await station.quarantine.entries()
        folder = entry.path.parent
        note = json.loads((folder / "a.pdf.error.json").read_text())
        for number, name in enumerate(["../../evil.pdf", "/evil.pdf", "a\0b.pdf"]):
            (folder / f"{number}.pdf").write_bytes(PDF)
            (folder / f"{number}.pdf.error.json").write_text(json.dumps(note | {"name": name}))
        os.mkfifo(folder / "pipe.pdf.error.json")
        (folder / "link.pdf.error.json").symlink_to("a.pdf.error.json")
        (folder / "huge.pdf.error.json").write_bytes(b" " * 10**6)
        (folder / "folder.pdf.error.json").mkdir()
        nest(folder, 1500)
        assert await station.quarantine.entries() == (entry,)

    async def test_a_link_in_the_place_of_a_copy_leads_nowhere_when_it_is_sent_again(
        self, station: Station, tmp_path: Path
    ) -> None:
        (tmp_path / "secret.pdf").write_bytes(PDF)
        station.drop("invoices/a.pdf", b"no pdf")
        await station.intake.rescan()
        (entry,) = await station.quarantine.entries()
        entry.shown.unlink()
        entry.shown.symlink_to(tmp_path / "secret.pdf")
        await station.intake.retry(entry.explanation.document)
        assert not any(isinstance(outcome, Document) for outcome in station.outcomes)
        assert entry.shown.readlink() == tmp_path / "secret.pdf"


def test_a_walk_looks_in_the_order_of_names_and_gives_what_it_cannot_read(tmp_path: Path) -> None:
    for name in ("b/2", "b/1", "a", "c/3"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    parts = ["/".join(entry.parts) for entry in walk(tmp_path)]
    assert parts == ["a", "b", "c", "b/1", "b/2", "c/3"]
    (absent,) = walk(tmp_path / "absent")
    assert isinstance(absent.error, FileNotFoundError)
