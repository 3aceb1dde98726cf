"""What is on the shelf is ours: nobody who had the file before can change it, and who still writes is noticed."""

import asyncio
import mmap
import os
import sys
from pathlib import Path

import pytest

from jobs.model.digest import Digest
from jobs.model.documents import Document, Profile, SealFormat
from jobs.model.names import RouteName
from tests.support.pdfs import a_pdf
from tests.support.programs import run
from tests.support.shelves import files
from tests.whole.station import Station
from tests.whole.test_inbox_walk import nest
from worker.inbox.claim import let_go
from worker.storage.moving import remove, sync
from worker.storage.untaken import Obstacle

PDF, OTHER = a_pdf("an invoice"), a_pdf("another invoice")
CONTRACTS = RouteName("contracts")


@pytest.fixture
def station(tmp_path: Path) -> Station:
    return Station(tmp_path)


@pytest.fixture
def containers(tmp_path: Path) -> Station:
    return Station(tmp_path, profiles={CONTRACTS: Profile(format=SealFormat.EDOC)})


async def taken(station: Station) -> Document:
    assert (await station.intake.rescan()).claimed == 1
    (document,) = await station.waiting()
    return document


async def test_the_original_is_a_file_of_its_own(station: Station) -> None:
    inode = station.drop("invoices/a.pdf", PDF).stat().st_ino
    status = station.layout.place((await taken(station)).id).original.stat()
    assert (status.st_ino != inode, status.st_nlink) == (True, 1)


async def test_who_holds_the_file_open_for_reading_does_not_keep_it_from_being_taken(station: Station) -> None:
    with station.drop("invoices/a.pdf", PDF).open("rb"):
        assert station.original(await taken(station)) == PDF


class TestWriters:
    """Programs that have the file open for writing."""

    async def test_a_file_is_not_taken_while_it_is_open_for_writing(self, station: Station) -> None:
        path = station.drop("invoices/a.pdf", PDF)
        with path.open("r+b"):
            rescan = await station.intake.rescan()
            assert (rescan.claimed, rescan.unsettled) == (0, 1)
            assert path.read_bytes() == PDF
            assert [left.obstacle for left in station.left] == [Obstacle.WRITTEN]
            await station.intake.rescan()
            assert len(station.left) == 1
            assert files(station.layout.root) == {"untaken.json"}
        assert station.original(await taken(station)) == PDF

    async def test_what_they_swapped_meanwhile_is_what_is_hashed(self, station: Station) -> None:
        with station.drop("invoices/a.pdf", PDF).open("r+b") as writer:
            await station.intake.rescan()
            writer.write(OTHER)
            writer.truncate()
        document = await taken(station)
        assert (document.sha256, station.original(document)) == (Digest.sha256(OTHER), OTHER)

    async def test_a_mapping_of_the_file_counts_too(self, station: Station) -> None:
        with station.drop("invoices/a.pdf", PDF).open("r+b") as writer:
            mapping = mmap.mmap(writer.fileno(), 0)
        assert (await station.intake.rescan()).claimed == 0
        mapping.close()
        assert station.original(await taken(station)) == PDF

    async def test_one_writer_holds_up_nobody_else(self, station: Station) -> None:
        with station.drop("invoices/a.pdf", PDF).open("r+b"):
            station.drop("invoices/b.pdf", OTHER)
            assert (await taken(station)).name == "b.pdf"

    async def test_a_folder_waits_for_whoever_writes_to_one_of_its_files(self, containers: Station) -> None:
        path = containers.drop("contracts/x.edoc/a.txt", b"half")
        with path.open("ab") as writer:
            assert (await containers.intake.rescan()).claimed == 0
            writer.write(b" and half")
        assert (await containers.intake.rescan()).claimed == 1
        (document,) = await containers.waiting(CONTRACTS)
        assert document.files[0].sha256 == Digest.sha256(b"half and half")


class TestHiddenFolders:
    """Whoever dropped a folder can go on in it after it was claimed, under its hidden name."""

    async def test_folders_that_somebody_puts_into_it_however_deep_are_removed_with_it(
        self, containers: Station
    ) -> None:
        containers.drop("contracts/x.edoc/a.txt", b"a")
        (claim,), _ = containers.reception.claims.claim(containers.candidates)
        containers.reception.claims.bring_all([claim])
        hidden = claim.hidden_file(containers.folder)
        assert hidden is not None
        hidden.path.mkdir()
        nest(hidden.path, 1500)
        assert [*let_go([hidden])] == []
        assert files(containers.folder) == set()

    async def test_what_cannot_be_removed_is_told_and_keeps_nobody_waiting(self, containers: Station) -> None:
        for name in ("x.edoc/a.txt", "b.txt"):
            containers.drop(f"contracts/{name}", b"content")
        program = [sys.executable, "-c", SHUT, str(containers.folder.parent), str(Path(__file__).parents[2])]
        told = run("setpriv", "--bounding-set", "-dac_override,-dac_read_search", *program).stdout
        assert told.splitlines() == ["2 claimed, stuck: Permission denied"]

    def test_a_folder_that_we_may_not_empty_is_left_where_it_is(self, containers: Station) -> None:
        folder = containers.drop("contracts/x.edoc/a.txt", b"a").parent
        containers.drop("contracts/b.txt", b"b")
        folder.chmod(0o555)
        program = [sys.executable, "-c", LOOK, str(containers.folder.parent), str(Path(__file__).parents[2])]
        told = run("setpriv", "--bounding-set", "-dac_override,-dac_read_search", *program).stdout
        assert told.splitlines() == ["1 claimed, left: unreadable"]
        assert (folder / "a.txt").read_bytes() == b"a"

    async def test_a_pipe_in_an_unread_folder_holds_up_no_quarantine(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        nest(tmp_path, 1500)
        async with asyncio.timeout(60):
            await asyncio.to_thread(sync, tmp_path)
        remove(tmp_path / "d")


LOOK = """
import asyncio, sys
from pathlib import Path

sys.path.insert(0, sys.argv[2])
from tests.whole.station import Station
from jobs.model.documents import Profile, SealFormat

async def main():
    station = Station(Path(sys.argv[1]), profiles={"contracts": Profile(format=SealFormat.EDOC)})
    rescan = await station.intake.rescan()
    print(f"{rescan.claimed} claimed, left: {' '.join(each.obstacle for each in station.left)}")

asyncio.run(main())
"""
SHUT = """
import asyncio, sys
from pathlib import Path

sys.path.insert(0, sys.argv[2])
from tests.whole.station import Station
from jobs.model.documents import Profile, SealFormat

async def main():
    station = Station(Path(sys.argv[1]), profiles={"contracts": Profile(format=SealFormat.EDOC)})
    claims, _ = station.reception.claims.claim(station.candidates)
    for claim in claims:
        hidden = claim.hidden_file(station.folder).path
        if hidden.is_dir():
            hidden.chmod(0o555)
    outcomes = station.reception.finish(claims)
    stuck = [each.error.strerror for each in outcomes if hasattr(each, "error")]
    print(f"{len(outcomes) - len(stuck)} claimed, stuck: {' '.join(stuck)}")

asyncio.run(main())
"""


class TestUnseenWriters:
    """Programs on other machines, and files of others: nothing tells who has them open, only that they changed."""

    @pytest.mark.skipif(os.geteuid() != 0, reason="only the administrator can give a file away")
    def test_a_file_that_grows_while_it_is_copied_goes_back_and_is_taken_later(self, tmp_path: Path) -> None:
        path = Station(tmp_path).drop("invoices/a.pdf", PDF)
        os.chown(path, 12345, 12345)
        # Who owns neither the file nor CAP_LEASE gets no lease, so the writer is not seen, as on a network file system.
        program = [sys.executable, "-c", GROWING, str(tmp_path), str(Path(__file__).parents[2])]
        told = run("setpriv", "--bounding-set", "-lease", *program).stdout
        assert told.splitlines() == ["goes back: 1 left, 0 claimed", "later: 1 claimed, whole: True"]


GROWING = """
import asyncio, sys
from pathlib import Path

sys.path.insert(0, sys.argv[2])
from tests.whole.station import Station

base = Path(sys.argv[1])
path = base / "inbox/invoices/a.pdf"
content = path.read_bytes()

async def main():
    station = Station(base)
    writer = path.open("ab")
    # The kernel tells when the copy is read: from then on it grows.
    def audit(event, arguments):
        if event == "os.truncate" and writer.closed is False:
            writer.write(b"\\n")
            writer.close()
    sys.addaudithook(audit)
    rescan = await station.intake.rescan()
    print(f"goes back: {len(station.left)} left, {rescan.claimed} claimed")
    rescan = await station.intake.rescan()
    (document,) = await station.waiting()
    print(f"later: {rescan.claimed} claimed, whole: {station.original(document) == content + bytes([10])}")

asyncio.run(main())
"""
