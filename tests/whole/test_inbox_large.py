"""What is large or takes long to read holds up nobody: it is refused at sight, or taken beside the others."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.model.digest import Digest
from jobs.model.documents import Content, Document, Profile, SealFormat
from jobs.model.names import RouteName
from jobs.model.reasons import Reason
from tests.support.builders import INVOICES
from tests.support.pdfs import a_pdf
from tests.support.shelves import files
from tests.whole.station import Station
from worker.inbox.candidates import LARGE
from worker.storage.explanation import Explanation

PDF = a_pdf("an invoice")
GIB = 1 << 30
CONTRACTS, HASHES = RouteName("contracts"), RouteName("hashes")
PROFILES = {
    INVOICES: Profile(),
    CONTRACTS: Profile(format=SealFormat.EDOC),
    HASHES: Profile(format=SealFormat.EDOC, content=Content.HASH_ONLY),
}


@pytest.fixture
def station(tmp_path: Path) -> Station:
    return Station(tmp_path, profiles=PROFILES)


def sparse(station: Station, name: str, size: int) -> Path:
    """A file that says it has so many bytes, and takes none on disk."""
    path = station.drop(name, b"")
    with path.open("r+b") as file:
        file.truncate(size)
    return path


async def rescan_until(station: Station, is_over: Callable[[], bool]) -> frozenset[RouteName]:
    """Look again and again until what is taken beside the others has arrived; gives the routes that were told of."""
    routes: set[RouteName] = set()
    async with asyncio.timeout(120):
        while not is_over():
            routes |= (await station.intake.rescan()).routes
            await asyncio.sleep(0.01)
    return frozenset(routes | (await station.intake.rescan()).routes)


def explanations(station: Station) -> list[Explanation]:
    return [outcome for outcome in station.outcomes if isinstance(outcome, Explanation)]


def documents(station: Station) -> list[Document]:
    return [outcome for outcome in station.outcomes if isinstance(outcome, Document)]


@pytest.mark.parametrize("name", ["invoices/a.pdf", "contracts/a.txt", "contracts/x.edoc/a.txt"])
async def test_what_is_too_large_is_refused_without_being_read(station: Station, name: str) -> None:
    station.limit = 10_000_000
    inode = sparse(station, name, 40 * GIB).stat().st_ino
    station.drop("invoices/small.pdf", PDF)
    assert (await station.intake.rescan()).claimed == 1
    await rescan_until(station, lambda: bool(explanations(station)))
    (explanation,) = explanations(station)
    assert (explanation.reason, explanation.size, explanation.sha256) == (Reason.TOO_LARGE, 40 * GIB, "")
    assert (station.quarantined / name).stat().st_ino == inode
    words = next(path for path in station.quarantined.rglob("*.txt") if path.stat().st_size < GIB)
    assert "SHA-256: not computed" in words.read_text()
    assert station.layout.quarantine_place(explanation.document).original.exists()
    assert files(station.layout.shelf) == {f"{documents(station)[0].id}.original"}


@pytest.mark.parametrize(("most", "why"), [((2, 100), "more than 2 files"), ((9, 8), "more than 8 bytes")])
async def test_a_folder_of_more_files_or_bytes_than_a_document_may_have_is_refused_at_sight(
    tmp_path: Path, most: tuple[int, int], why: str
) -> None:
    station = Station(tmp_path, profiles=PROFILES, most=most)
    for name in "abc":
        station.drop(f"hashes/x.edoc/{name}.txt", b"123")
    await rescan_until(station, lambda: bool(explanations(station)))
    (explanation,) = explanations(station)
    assert (explanation.reason, explanation.sha256) == (Reason.TOO_LARGE, "")
    assert why in explanation.detail


async def test_a_large_file_is_taken_beside_the_others(station: Station) -> None:
    content = b"large " * (LARGE // 3)
    station.drop("hashes/large.bin", content)
    station.drop("invoices/small.pdf", PDF)
    rescan = await station.intake.rescan()
    assert (rescan.claimed, rescan.routes, rescan.unsettled) == (1, frozenset({INVOICES}), 1)
    assert await rescan_until(station, lambda: len(documents(station)) == 2) == {HASHES}
    (document,) = await station.waiting(HASHES)
    assert (document.size, document.sha256) == (len(content), Digest.sha256(content))
    assert station.original(document) == content


async def test_the_holes_of_a_sparse_file_stay_holes(station: Station) -> None:
    path = sparse(station, "hashes/sparse.bin", 4 * LARGE)
    with path.open("r+b") as file:
        file.seek(2 * LARGE)
        file.write(b"in the middle")
    content = path.read_bytes()
    await rescan_until(station, lambda: bool(documents(station)))
    (document,) = documents(station)
    assert document.sha256 == Digest.sha256(content)
    assert station.original(document) == content
    assert station.layout.place(document.id).original.stat().st_blocks * 512 < LARGE


async def test_small_files_arrive_while_a_huge_one_is_read_and_a_stop_does_not_wait_for_it(
    station: Station, tmp_path: Path
) -> None:
    sparse(station, "hashes/huge.bin", 4000 * GIB)
    await station.intake.rescan()
    for number in range(3):
        station.drop(f"invoices/{number}.pdf", a_pdf(str(number)))
        assert (await station.intake.rescan()).claimed == 1
    async with asyncio.timeout(60):
        await station.intake.close()
    (hidden,) = (station.folder / "hashes").iterdir()
    assert hidden.stat().st_size == 4000 * GIB
    assert not any(name.startswith("shelf/.") for name in files(station.layout.root))


async def test_a_large_file_does_not_wait_for_a_huge_one(station: Station) -> None:
    sparse(station, "hashes/huge.bin", 4000 * GIB)
    await station.intake.rescan()
    station.drop("hashes/large.bin", b"large " * (LARGE // 3))
    await rescan_until(station, lambda: bool(documents(station)))
    assert [document.name for document in documents(station)] == ["large.bin"]
    await station.intake.close()


async def test_a_large_file_that_a_crash_left_half_copied_is_taken_up_beside_the_others(
    station: Station, tmp_path: Path
) -> None:
    station.drop("hashes/large.bin", b"x" * (LARGE + 1))
    station.reception.claims.claim(station.candidates)
    station.die()
    alive = Station(tmp_path, profiles=PROFILES)
    assert (await alive.intake.rescan()).claimed == 0
    await rescan_until(alive, lambda: bool(documents(alive)))
    assert files(alive.folder) == set()
