"""On a route that seals containers, a folder named like one is dropped; it is one document with all of its files."""

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.model.digest import Digest
from jobs.model.documents import Content, Document, Profile, SealFormat
from jobs.model.names import RouteName, batch_id
from jobs.model.reasons import Reason
from jobs.model.records import Refusal
from tests.support.builders import INVOICES
from tests.support.shelves import files
from tests.whole.station import Station

CONTRACTS = RouteName("contracts")
EDOC = Profile(format=SealFormat.EDOC)
PROFILES = {INVOICES: Profile(), CONTRACTS: EDOC}
FOLDER = "contracts/2026/Līgums 17.edoc"


@pytest.fixture
def station(tmp_path: Path) -> Station:
    return Station(tmp_path, profiles=PROFILES)


def drop(station: Station, folder: str = FOLDER, **contents: bytes) -> Path:
    for name, content in (contents or {"līgums": b"the contract", "pielikums": b"its annex"}).items():
        station.drop(f"{folder}/{name}.txt", content)
    return station.folder / folder


def sums(folder: Path, *names: str) -> bytes:
    """What sha256sum(1) prints for these files."""
    return subprocess.run(["sha256sum", *names], cwd=folder, capture_output=True, check=True).stdout


async def taken(station: Station) -> Document:
    assert (await station.intake.rescan()).claimed == 1
    (document,) = await station.waiting(CONTRACTS)
    return document


async def refused(station: Station) -> Reason:
    assert (await station.intake.rescan()).quarantined == 1
    (entry,) = await station.quarantine.entries()
    return entry.explanation.reason


async def test_a_folder_named_like_a_container_is_one_document(station: Station) -> None:
    path = drop(station)
    document = await taken(station)
    assert document.name == "2026/Līgums 17.edoc"
    assert [(file.name, file.size) for file in document.files] == [("līgums.txt", 12), ("pielikums.txt", 9)]
    assert [file.sha256 for file in document.files] == [Digest.sha256(b"the contract"), Digest.sha256(b"its annex")]
    assert (document.size, path.exists()) == (21, False)


async def test_its_hash_is_what_sha256sum_prints_hashed(station: Station) -> None:
    path = drop(station)
    printed = sums(path, "līgums.txt", "pielikums.txt")
    document = await taken(station)
    assert document.sha256.hex == hashlib.sha256(printed).hexdigest()


async def test_elsewhere_such_a_folder_is_only_a_folder(station: Station) -> None:
    station.drop("contracts/2026/a.txt", b"one")
    station.drop("contracts/2026/b.txt", b"two")
    assert (await station.intake.rescan()).claimed == 2
    assert {document.name for document in await station.waiting(CONTRACTS)} == {"2026/a.txt", "2026/b.txt"}


async def test_on_a_route_for_pdfs_it_is_no_document_either(station: Station) -> None:
    station.drop("invoices/x.edoc/a.pdf", b"no pdf")
    assert await refused(station) is Reason.NOT_A_PDF


@pytest.mark.parametrize("name", ["a.part", "~$a.docx", "a.tmp"])
async def test_a_folder_waits_for_a_file_that_is_still_written(station: Station, name: str) -> None:
    growing = drop(station) / name
    growing.write_bytes(b"half")
    assert (await station.intake.rescan()).claimed == 0
    growing.rename(growing.with_name("whole.txt"))
    assert len((await taken(station)).files) == 3


async def test_an_empty_folder_is_left_alone(station: Station) -> None:
    (station.folder / FOLDER).mkdir(parents=True)
    assert (await station.intake.rescan()).claimed == 0
    assert (station.folder / FOLDER).is_dir()


async def test_a_folder_that_changes_is_not_settled(tmp_path: Path) -> None:
    station = Station(tmp_path, profiles=PROFILES, settle=2)
    path = drop(station)
    assert (await station.intake.rescan()).unsettled == 1
    station.clock += 3
    (path / "late.txt").write_bytes(b"late")
    assert (await station.intake.rescan()).unsettled == 1
    station.clock += 3
    assert len((await taken(station)).files) == 3


async def test_clutter_stays_with_the_original_and_is_not_sealed(station: Station) -> None:
    (drop(station) / ".DS_Store").write_bytes(b"clutter")
    document = await taken(station)
    assert [file.name for file in document.files] == ["līgums.txt", "pielikums.txt"]
    assert (station.layout.place(document.id).original / ".DS_Store").exists()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("deep/a.txt", b"x", Reason.NOT_CONTAINABLE),
        ("mimetype", b"x", Reason.NOT_CONTAINABLE),
        ("line\nbreak.txt", b"x", Reason.UNUSABLE_NAME),
        ("back\\slash.txt", b"x", Reason.UNUSABLE_NAME),
        ("empty.txt", b"", Reason.EMPTY),
        ("large.txt", b"x" * 101, Reason.TOO_LARGE),
    ],
)
async def test_a_folder_that_cannot_become_a_container_is_put_aside_whole(
    station: Station, name: str, content: bytes, reason: Reason
) -> None:
    station.limit = 100
    drop(station)
    station.drop(f"{FOLDER}/{name}", content)
    assert await refused(station) is reason
    aside = station.quarantined / FOLDER
    assert (aside / name).read_bytes() == content
    assert (aside / "līgums.txt").read_bytes() == b"the contract"
    assert aside.with_name("Līgums 17.edoc.txt").is_file()


async def test_a_link_in_a_folder_is_not_followed(station: Station) -> None:
    (drop(station) / "passwd").symlink_to("/etc/passwd")
    assert await refused(station) is Reason.NOT_CONTAINABLE


async def test_a_single_file_of_any_kind_goes_into_a_container(station: Station) -> None:
    station.drop("contracts/rēķins.xml", b"<invoice/>")
    document = await taken(station)
    assert (document.name, document.media_type) == ("rēķins.xml", "text/xml")
    assert [file.name for file in document.files] == ["rēķins.xml"]


async def test_where_only_hashes_are_sent_no_file_is_too_large(tmp_path: Path) -> None:
    hashed = Profile(format=SealFormat.EDOC, content=Content.HASH_ONLY)
    station = Station(tmp_path, profiles={CONTRACTS: hashed})
    station.limit = 3
    station.drop("contracts/large.bin", b"x" * 1000)
    assert (await taken(station)).size == 1000


async def test_a_folder_in_quarantine_is_sent_again_as_it_was_dropped(station: Station) -> None:
    station.drop(f"{FOLDER}/empty.txt", b"")
    drop(station)
    await refused(station)
    (entry,) = await station.quarantine.entries()
    (entry.shown / "empty.txt").unlink()
    outcome = await station.intake.retry(entry.explanation.document)
    assert isinstance(outcome, Refusal)
    assert outcome.reason is Reason.EMPTY
    assert not (entry.shown / "empty.txt").exists()


async def test_a_folder_in_quarantine_can_be_sent_again(station: Station) -> None:
    station.limit = 1
    drop(station)
    await refused(station)
    station.limit = None
    (entry,) = await station.quarantine.entries()
    outcome = await station.intake.retry(entry.explanation.document)
    assert isinstance(outcome, Document)
    assert [file.name for file in outcome.files] == ["līgums.txt", "pielikums.txt"]
    assert files(station.quarantined) == set()


async def test_a_copy_of_a_persons_own_folder_is_taken(station: Station, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "a.txt").write_bytes(b"mine")
    outcome = await station.intake.accept_copy(own, CONTRACTS)
    assert isinstance(outcome, Document)
    assert (outcome.name, [file.name for file in outcome.files]) == ("own.edoc", ["a.txt"])
    assert (own / "a.txt").read_bytes() == b"mine"


async def test_a_folder_whose_file_has_a_second_name_is_copied(station: Station, tmp_path: Path) -> None:
    other = tmp_path / "other name"
    os.link(drop(station) / "līgums.txt", other)
    document = await taken(station)
    other.write_bytes(b"changed behind our back")
    assert (station.layout.place(document.id).original / "līgums.txt").read_bytes() == b"the contract"


async def test_a_delivered_folder_is_kept_among_the_originals(station: Station) -> None:
    drop(station)
    document = await taken(station)
    batch = batch_id(CONTRACTS, 1)
    await station.shelf.retire(batch, [document])
    await station.shelf.retire(batch, [document])
    assert files(station.layout.originals(batch)) == {f"2026/Līgums 17.edoc/{n}.txt" for n in ("līgums", "pielikums")}


async def test_a_folder_that_a_crash_left_half_claimed_is_taken_up(station: Station, tmp_path: Path) -> None:
    drop(station)
    document = await taken(station)
    place = station.layout.place(document.id)
    (station.layout.waiting(CONTRACTS) / document.id).rename(place.claim)
    station.die()
    again = Station(tmp_path, profiles=PROFILES)
    assert (await taken(again)).data_files == document.data_files


async def test_a_refusal_later_on_puts_the_whole_folder_aside(station: Station) -> None:
    drop(station)
    document = await taken(station)
    refusal = Refusal(document=document.id, reason=Reason.REFUSED_BY_VENDOR, detail="no")
    await station.quarantine.put(document, refusal)
    assert (station.quarantined / FOLDER / "pielikums.txt").read_bytes() == b"its annex"


class TestAcrossFileSystems:
    """The inbox lies on another disk."""

    @pytest.fixture
    def station(self, tmp_path: Path) -> Iterator[Station]:
        other = Path("/dev/shm")  # noqa: S108  the one other file system that most Linux machines have
        if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
            pytest.skip("there is no second file system to test with")
        with tempfile.TemporaryDirectory(dir=other) as folder:
            yield Station(tmp_path, profiles=PROFILES, inbox=Path(folder) / "inbox")

    async def test_a_folder_is_copied_whole(self, station: Station) -> None:
        path = drop(station)
        document = await taken(station)
        assert files(station.layout.place(document.id).original) == {"līgums.txt", "pielikums.txt"}
        assert not path.exists()
        assert not list(path.parent.glob(".*.claim"))
