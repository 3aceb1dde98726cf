"""A file is dropped; a document waits, or lies in quarantine."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.model.digest import Digest
from jobs.model.documents import Document, Profile
from jobs.model.names import document_id
from jobs.model.reasons import Reason
from jobs.model.records import Refusal
from jobs.model.way_in import WayIn
from tests.support.builders import INVOICES, NOON
from tests.support.exfat import mounted_exfat
from tests.support.pdfs import a_pdf
from tests.support.shelves import files
from tests.whole.station import ORDERS, Station
from worker.inbox.candidates import Inbox
from worker.inbox.outcomes import Rescan
from worker.inbox.turns import MOST_AT_ONCE
from worker.storage.explanation import NotQuarantined

PDF = a_pdf("an invoice")


@pytest.fixture
def station(tmp_path: Path) -> Station:
    return Station(tmp_path)


async def test_a_dropped_file_waits_whole(station: Station) -> None:
    path = station.drop("invoices/2026/a.pdf", PDF)
    rescan = await station.intake.rescan()
    (document,) = await station.waiting()
    assert rescan == Rescan(claimed=1, quarantined=0, unsettled=0, routes=frozenset({INVOICES}))
    assert (document.name, document.size, document.sha256) == ("2026/a.pdf", len(PDF), Digest.sha256(PDF))
    assert station.original(document) == PDF
    assert not path.exists()
    assert station.outcomes == [document]


async def test_an_inbox_without_hard_links_and_owners_is_taken_from_all_the_same(tmp_path: Path) -> None:
    with mounted_exfat(tmp_path) as inbox:
        station = Station(tmp_path, inbox=inbox)
        path = station.drop("invoices/2026/a.pdf", PDF)
        refused = station.drop("invoices/words.pdf", b"This is no PDF.")
        await station.intake.rescan()
        (document,) = await station.waiting()
        assert station.original(document) == PDF
        assert not path.exists()
        assert not refused.exists()
        assert len(await station.quarantine.entries()) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")
async def test_a_file_of_another_user_is_taken_whatever_its_mode_lets_be_linked(station: Station) -> None:
    """fs.protected_hardlinks forbids to link what one does not own and may not write; nothing is linked there."""
    path = station.drop("invoices/a.pdf", PDF)
    os.chown(path, 54321, 54321)
    path.chmod(0o444)
    await station.intake.rescan()
    (document,) = await station.waiting()
    assert station.layout.place(document.id).original.stat().st_uid == os.geteuid()
    assert not path.exists()


async def test_a_file_that_comes_in_three_slow_parts_is_claimed_once_and_whole(tmp_path: Path) -> None:
    station = Station(tmp_path, settle=2)
    path = station.drop("invoices/a.pdf", b"")
    third = len(PDF) // 3
    for part in (PDF[:third], PDF[third : 2 * third], PDF[2 * third :]):
        with path.open("ab") as file:
            file.write(part)
        assert (await station.intake.rescan()).unsettled == 1
        station.clock += 1.5
        assert (await station.intake.rescan()).unsettled == 1
    station.clock += 0.5
    assert (await station.intake.rescan()).claimed == 1
    assert (await station.intake.rescan()).claimed == 0


async def test_2000_files_dropped_at_once_are_all_claimed_and_none_twice(station: Station) -> None:
    dropped = [a_pdf(str(number)) for number in range(2000)]
    for number, content in enumerate(dropped):
        station.drop(f"invoices/{number}.pdf", content)
    assert sum([(await station.intake.rescan()).claimed for _ in range(2000 // MOST_AT_ONCE)]) == 2000
    documents = await station.waiting()
    assert {document.name for document in documents} == {f"{number}.pdf" for number in range(2000)}
    assert len(documents) == 2000
    assert files(station.folder) == set()


async def test_of_two_watchers_exactly_one_claims_each_file(tmp_path: Path) -> None:
    one, two = Station(tmp_path), Station(tmp_path)
    for number in range(300):
        one.drop(f"invoices/{number}.pdf", a_pdf(str(number)))
    rescans = await asyncio.gather(one.intake.rescan(), two.intake.rescan())
    assert sum(rescan.claimed for rescan in rescans) == 300
    assert len({document.sha256 for document in await one.waiting()}) == len(await one.waiting()) == 300
    assert one.stuck == two.stuck == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", Reason.EMPTY),
        (b"PK", Reason.NOT_A_PDF),
        (PDF[:-200], Reason.DAMAGED),
        (PDF + b"\n" * 999, Reason.TOO_LARGE),
    ],
)
async def test_a_file_that_cannot_be_sealed_lies_in_quarantine_byte_by_byte(
    station: Station, content: bytes, reason: Reason
) -> None:
    station.limit = len(PDF) + 500
    station.drop("invoices/2026/a.pdf", content)
    assert (await station.intake.rescan()).quarantined == 1
    (entry,) = await station.quarantine.entries()
    assert entry.explanation.reason is reason
    assert (station.quarantined / "invoices/2026/a.pdf").read_bytes() == entry.original.read_bytes() == content
    assert files(station.layout.shelf) == set()


async def test_a_pdf_that_is_not_named_like_one_lies_in_quarantine(station: Station) -> None:
    station.drop("invoices/rēķins", PDF)
    assert (await station.intake.rescan()).quarantined == 1
    (entry,) = await station.quarantine.entries()
    assert entry.explanation.reason is Reason.UNUSABLE_NAME


class TestRoutes:
    """Which route collects a file."""

    @pytest.mark.parametrize("name", ["a.pdf", "Invoices/a.pdf", "unknown/deep/a.pdf"])
    async def test_what_no_route_collects_lies_in_quarantine_and_the_folders_are_named(
        self, station: Station, name: str
    ) -> None:
        station.drop(name, PDF)
        await station.intake.rescan()
        (entry,) = await station.quarantine.entries()
        assert (entry.explanation.reason, entry.explanation.route) == (Reason.NO_ROUTE, None)
        assert "invoices, orders" in entry.explanation.detail
        assert entry.path == station.quarantined / "_unrouted" / name

    @pytest.mark.parametrize("name", ["a.pdf", "unknown/a.pdf"])
    async def test_the_only_route_collects_everything(self, tmp_path: Path, name: str) -> None:
        station = Station(tmp_path, [INVOICES])
        station.drop(name, PDF)
        await station.intake.rescan()
        assert [document.name for document in await station.waiting()] == [name]

    async def test_each_route_has_its_own_waiting_list(self, station: Station) -> None:
        station.drop("invoices/a.pdf", PDF)
        station.drop("orders/a.pdf", PDF)
        assert (await station.intake.rescan()).routes == {INVOICES, ORDERS}
        assert [document.route for document in await station.waiting(ORDERS)] == [ORDERS]

    async def test_an_inbox_that_is_not_there_is_reported(self, station: Station) -> None:
        assert (await station.intake.rescan()).claimed == 0
        assert [untaken.path for untaken in station.left] == [str(station.folder)]

    @pytest.mark.parametrize("inside", ["inbox", "inbox/outbox"])
    def test_an_inbox_that_holds_another_of_our_folders_is_refused(self, tmp_path: Path, inside: str) -> None:
        with pytest.raises(ValueError, match="lies inside the inbox"):
            Inbox(
                tmp_path / "inbox", {INVOICES: Profile()}, Station(tmp_path).intake.inbox.settle, (tmp_path / inside,)
            )


class TestOddFiles:
    """What else lies in folders."""

    async def test_ignored_names_stay_where_they_are(self, station: Station) -> None:
        names = {"invoices/a.pdf.part", "invoices/.hidden.pdf", "invoices/@eaDir/a.pdf", "invoices/Thumbs.db"}
        for name in names:
            station.drop(name, PDF)
        assert (await station.intake.rescan()).claimed == 0
        assert files(station.folder) == names

    async def test_links_and_pipes_are_never_touched(self, station: Station, tmp_path: Path) -> None:
        (tmp_path / "outside.pdf").write_bytes(PDF)
        folder = station.drop("invoices/.keep", b"").parent
        (folder / "link.pdf").symlink_to(tmp_path / "outside.pdf")
        (folder / "folder").symlink_to(tmp_path)
        os.mkfifo(folder / "pipe.pdf")
        rescan = await station.intake.rescan()
        assert (rescan.claimed, rescan.quarantined) == (0, 0)
        assert (folder / "link.pdf").is_symlink()

    async def test_names_are_neither_composed_nor_decomposed(self, station: Station) -> None:
        names = {"rēķins ☂ №7.pdf", "re\u0304k\u0327ins.pdf", "%2e#?.pdf"}
        for name in names:
            station.drop(f"invoices/{name}", PDF)
        await station.intake.rescan()
        assert {document.name for document in await station.waiting()} == names

    async def test_bytes_that_are_no_text_are_replaced_in_the_name(self, station: Station) -> None:
        station.drop(b"invoices/r\xff.pdf", PDF)
        await station.intake.rescan()
        assert [document.name for document in await station.waiting()] == ["r\ufffd.pdf"]

    async def test_a_name_may_be_as_long_as_the_file_system_allows(self, station: Station) -> None:
        station.drop("invoices/" + "票" * 83 + ".pdf", PDF)
        station.drop("invoices/" + "票" * 85 + "/a.pdf", b"no pdf")
        station.drop(b"invoices/" + b"\xff" * 255, b"no pdf")
        rescan = await station.intake.rescan()
        assert (rescan.claimed, rescan.quarantined, station.stuck) == (1, 2, [])

    @pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may read every file")
    async def test_a_file_that_may_not_be_read_stays_and_is_reported(self, station: Station) -> None:
        station.drop("invoices/a.pdf", PDF).chmod(0)
        assert (await station.intake.rescan()).unsettled == 1
        assert files(station.folder) == {"invoices/a.pdf"}
        assert isinstance(station.stuck[0].error, PermissionError)

    async def test_a_file_with_a_second_name_is_copied_so_that_nobody_can_change_it(
        self, station: Station, tmp_path: Path
    ) -> None:
        (tmp_path / "second.pdf").hardlink_to(station.drop("invoices/a.pdf", PDF))
        await station.intake.rescan()
        (tmp_path / "second.pdf").write_bytes(b"changed")
        (document,) = await station.waiting()
        assert station.original(document) == PDF
        assert files(station.folder) == set()

    async def test_a_file_that_changed_since_it_was_found_stays(self, station: Station) -> None:
        path = station.drop("invoices/a.pdf", PDF)
        candidates = station.candidates
        path.write_bytes(PDF + b"more")
        assert station.reception.receive(candidates) == []
        assert path.read_bytes() == PDF + b"more"


class TestOtherWaysIn:
    """Files that a person hands in, or sends again."""

    async def test_a_person_s_own_file_stays_where_it_is(self, station: Station, tmp_path: Path) -> None:
        (tmp_path / "mine.pdf").write_bytes(PDF)
        document = await station.intake.accept_copy(tmp_path / "mine.pdf", ORDERS)
        assert isinstance(document, Document)
        assert (document.name, station.original(document)) == ("mine.pdf", PDF)
        assert (tmp_path / "mine.pdf").read_bytes() == PDF

    async def test_a_person_is_told_why_a_file_is_refused(self, station: Station, tmp_path: Path) -> None:
        (tmp_path / "mine.pdf").write_bytes(b"")
        refusal = await station.intake.accept_copy(tmp_path / "mine.pdf", ORDERS)
        assert isinstance(refusal, Refusal)
        assert refusal.reason is Reason.EMPTY

    async def test_a_file_that_cannot_be_read_leaves_nothing_on_the_shelf(self, station: Station) -> None:
        with pytest.raises(OSError, match="absent"):
            await station.intake.accept_copy(station.folder / "absent.pdf", ORDERS)
        assert files(station.layout.root) == set()

    async def test_a_retried_file_becomes_a_new_document_and_its_explanation_goes(self, station: Station) -> None:
        station.limit = 10
        station.drop("invoices/a.pdf", PDF)
        await station.intake.rescan()
        (entry,) = await station.quarantine.entries()
        station.limit = None
        document = await station.intake.retry(entry.explanation.document)
        assert await station.waiting() == (document,)
        assert isinstance(document, Document)
        assert (document.name, document.id != entry.explanation.document) == ("a.pdf", True)
        assert files(station.quarantined) == set()

    async def test_each_document_says_how_it_came(self, station: Station, tmp_path: Path) -> None:
        (tmp_path / "mine.pdf").write_bytes(PDF)
        handed_in = await station.intake.accept_copy(tmp_path / "mine.pdf", INVOICES)
        checkpoint = await station.intake.accept_copy(tmp_path / "mine.pdf", INVOICES, way_in=WayIn.LEDGER)
        station.drop("invoices/a.pdf", PDF)
        station.drop("invoices/b.pdf", b"no pdf")
        await station.intake.rescan()
        (entry,) = await station.quarantine.entries()
        entry.original.write_bytes(PDF)
        again = await station.intake.retry(entry.explanation.document)
        (dropped,) = (each for each in await station.waiting(INVOICES) if each.name == "a.pdf")
        ways = [each.way_in for each in (handed_in, checkpoint, dropped, again) if isinstance(each, Document)]
        assert ways == [WayIn.SUBMIT, WayIn.LEDGER, WayIn.FOLDER, WayIn.RETRY]

    async def test_a_retried_file_may_be_given_a_route(self, station: Station) -> None:
        station.drop("a.pdf", PDF)
        await station.intake.rescan()
        (entry,) = await station.quarantine.entries()
        document = await station.intake.retry(entry.explanation.document, ORDERS)
        assert await station.waiting(ORDERS) == (document,)

    async def test_a_retried_file_that_is_refused_again_is_explained_once(self, station: Station) -> None:
        station.drop("invoices/a.pdf", b"no pdf")
        await station.intake.rescan()
        (entry,) = await station.quarantine.entries()
        await station.intake.retry(entry.explanation.document)
        assert files(station.quarantined / "invoices") == {"a.pdf", "a.pdf.error.json", "a.pdf.txt"}

    async def test_what_is_not_in_quarantine_cannot_be_retried(self, station: Station) -> None:
        with pytest.raises(NotQuarantined):
            await station.intake.retry(document_id(NOON, b"unknown"))


class TestAcrossFileSystems:
    """The inbox lies on another disk."""

    @pytest.fixture
    def station(self, tmp_path: Path) -> Iterator[Station]:
        other = Path("/dev/shm")  # noqa: S108  the one other file system that most Linux machines have
        if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
            pytest.skip("there is no second file system to test with")
        with tempfile.TemporaryDirectory(dir=other) as inbox:
            yield Station(tmp_path, inbox=Path(inbox))

    async def test_a_dropped_file_waits_whole(self, station: Station) -> None:
        station.drop("invoices/a.pdf", PDF)
        await station.intake.rescan()
        (document,) = await station.waiting()
        assert station.original(document) == PDF
        assert files(station.folder) == set()

    async def test_of_two_watchers_exactly_one_claims_each_file(self, station: Station, tmp_path: Path) -> None:
        other = Station(tmp_path, inbox=station.folder)
        for number in range(100):
            station.drop(f"invoices/{number}.pdf", a_pdf(str(number)))
        rescans = await asyncio.gather(station.intake.rescan(), other.intake.rescan())
        assert sum(rescan.claimed for rescan in rescans) == len(await station.waiting()) == 100
