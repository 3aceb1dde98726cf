"""What is large or takes long to read holds up nobody: it is refused at sight, or taken beside the others."""

import asyncio
import time
from pathlib import Path

import pytest

from jobs.model.digest import Digest
from jobs.model.documents import Content, Document, Profile, SealFormat
from jobs.model.names import RouteName
from jobs.model.reasons import Reason
from tests.support.builders import INVOICES
from tests.support.pdfs import a_pdf
from tests.support.shelves import files
from tests.support.waiting import until
from tests.whole.station import Station
from worker.inbox.intake import LARGE
from worker.inbox.outcomes import Rescan

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


async def rescan_until(station: Station, is_done: object) -> list[Rescan]:
    """Look again and again until something has come of what is taken beside the others."""
    rescans: list[Rescan] = []
    async with asyncio.timeout(120):
        while not any(isinstance(outcome, is_done) for outcome in station.outcomes):  # type: ignore[arg-type]
            rescans.append(await station.intake.rescan())
            await asyncio.sleep(0.01)
    rescans.append(await station.intake.rescan())
    return rescans


@pytest.mark.parametrize("route", ["invoices", "contracts"])
async def test_what_is_too_large_is_refused_without_being_read(station: Station, route: str) -> None:
    station.limit = 10_000_000
    path = sparse(station, f"{route}/a.pdf", 40 * GIB)
    inode = path.stat().st_ino
    station.drop("invoices/small.pdf", PDF)
    await rescan_until(station, Document)
    (entry,) = (await rescan_until_quarantined(station))
    assert (entry.explanation.reason, entry.explanation.size) == (Reason.TOO_LARGE, 40 * GIB)
    assert (entry.explanation.sha256, entry.path.stat().st_ino) == ("", inode)
    assert "SHA-256 not computed" in entry.path.with_name("a.pdf.txt").read_text()


async def rescan_until_quarantined(station: Station) -> tuple[object, ...]:
    raise NotImplementedError
