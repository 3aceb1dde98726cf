"""A sidecar comes with its document, in whatever order the two were dropped, or both are put aside with the reason."""

import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from jobs.model.documents import Document, Profile, SealFormat
from jobs.model.metadata import MetadataUse
from jobs.model.names import RouteName, batch_id
from jobs.model.reasons import Reason
from tests.support.builders import ANNA, INVOICES, NOON
from tests.support.pdfs import a_pdf
from tests.support.shelves import files
from tests.whole.station import Station
from worker.inbox.sidecars import SidecarRule
from worker.storage.explanation import Dismissal, Explanation
from worker.storage.untaken import Obstacle

PDF = a_pdf("an invoice")
SIDECAR = b'{"number": "R-17", "total": 121.00, "currency": "EUR"}'
CONTRACTS = RouteName("contracts")


@pytest.fixture
def station(tmp_path: Path) -> Station:
    return Station(tmp_path)


@pytest.fixture
def contracts(tmp_path: Path) -> Station:
    """A route that takes files of any kind."""
    return Station(tmp_path, profiles={CONTRACTS: Profile(format=SealFormat.EDOC)})


def required(base: Path, wait: float) -> Station:
    rule = SidecarRule(MetadataUse.REQUIRED, timedelta(seconds=wait))
    return Station(base, sidecars={INVOICES: rule})


def refused(station: Station) -> Explanation:
    (explanation,) = [each for each in station.outcomes if isinstance(each, Explanation)]
    return explanation


async def taken(station: Station, route: RouteName = INVOICES) -> Document:
    await station.intake.rescan()
    (document,) = await station.waiting(route)
    return document


async def test_what_a_sidecar_says_goes_with_its_document(station: Station) -> None:
    station.drop("invoices/may/rēķins.pdf", PDF)
    station.drop("invoices/may/rēķins.pdf.json", SIDECAR)
    document = await taken(station)
    assert document.name == "may/rēķins.pdf"
    assert document.metadata is not None
    assert (document.metadata.number, document.metadata.total) == ("R-17", Decimal("121.00"))
    assert station.layout.place(document.id).metadata.read_bytes() == SIDECAR
    assert files(station.folder) == set()


async def test_a_document_without_a_sidecar_is_taken_as_ever(station: Station) -> None:
    station.drop("invoices/a.pdf", PDF)
    assert (await taken(station)).metadata is None


async def test_a_folder_that_is_one_document_has_its_sidecar_beside_it(contracts: Station) -> None:
    contracts.drop("contracts/Līgums.edoc/a.txt", b"a")
    contracts.drop("contracts/Līgums.edoc/b.json", b"{}")
    contracts.drop("contracts/Līgums.edoc.json", SIDECAR)
    document = await taken(contracts, CONTRACTS)
    assert [file.name for file in document.data_files] == ["a.txt", "b.json"]
    assert document.metadata is not None


async def test_a_json_file_is_a_document_where_any_file_is_one_and_speaks_of_none(contracts: Station) -> None:
    for name in ("x.json", "report.2026.json", "x.pdf", "x.pdf.json"):
        contracts.drop(f"contracts/{name}", SIDECAR if name == "x.pdf.json" else b"{}")
    await contracts.intake.rescan()
    waiting = {document.name: document.metadata is not None for document in await contracts.waiting(CONTRACTS)}
    assert waiting == {"x.json": False, "report.2026.json": False, "x.pdf": True}


async def test_a_sidecar_that_came_first_waits_for_its_document_and_is_told(contracts: Station) -> None:
    contracts.drop("contracts/x.pdf.json", SIDECAR)
    await contracts.intake.rescan()
    assert [each.obstacle for each in contracts.left] == [Obstacle.LONE_METADATA]
    assert files(contracts.folder) == {"contracts/x.pdf.json"}
    contracts.drop("contracts/x.pdf", b"x")
    assert (await taken(contracts, CONTRACTS)).metadata is not None


async def test_other_json_files_on_a_route_of_pdfs_are_none_and_say_so(station: Station) -> None:
    station.drop("invoices/a.docx.json", SIDECAR)
    await station.intake.rescan()
    assert refused(station).reason is Reason.NOT_A_PDF


@pytest.mark.parametrize("half", ["a.pdf.json.part", "a.pdf.json.tmp", "A.PDF.json.filepart", "~$a.pdf.json"])
async def test_a_sidecar_under_way_holds_its_document_back_and_no_other(station: Station, half: str) -> None:
    station.drop("invoices/a.pdf", PDF)
    station.drop("invoices/b.pdf", PDF)
    path = station.drop(f"invoices/{half}", SIDECAR[:9])
    assert (await taken(station)).name == "b.pdf"
    assert {each.obstacle for each in station.left} == {Obstacle.UNFINISHED, Obstacle.AWAITS_METADATA}
    path.write_bytes(SIDECAR)
    path.rename(path.with_name("a.pdf.json"))
    await station.intake.rescan()
    assert {document.name: document.metadata is not None for document in await station.waiting()} == {
        "a.pdf": True,
        "b.pdf": False,
    }


async def test_a_sidecar_that_still_changes_holds_its_document_back(tmp_path: Path) -> None:
    station = Station(tmp_path, settle=2)
    station.drop("invoices/a.pdf", PDF)
    sidecar = station.drop("invoices/a.pdf.json", SIDECAR[:9])
    await station.intake.rescan()
    station.clock += 2
    sidecar.write_bytes(SIDECAR)
    assert (await station.intake.rescan()).claimed == 0
    station.clock += 2
    assert (await taken(station)).metadata is not None


async def test_a_sidecar_that_a_program_holds_open_holds_its_document_back(station: Station) -> None:
    station.drop("invoices/a.pdf", PDF)
    with station.drop("invoices/a.pdf.json", b"").open("wb") as file:
        assert (await station.intake.rescan()).claimed == 0
        file.write(SIDECAR)
    assert (await taken(station)).metadata is not None


async def test_a_link_or_a_pipe_in_the_place_of_a_sidecar_is_told_and_not_followed(station: Station) -> None:
    station.drop("invoices/a.pdf", PDF)
    station.drop("invoices/b.pdf", PDF)
    (station.folder / "invoices/a.pdf.json").symlink_to("/etc/hostname")
    os.mkfifo(station.folder / "invoices/b.pdf.json")
    assert (await station.intake.rescan()).claimed == 0
    assert sorted(each.obstacle for each in station.left) == ["awaits-metadata", "awaits-metadata", "link", "special"]


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"{", "no JSON"), (b'{"amount": 1}', "no field 'amount'"), (b"[" * 70_000, "it has more than")],
    ids=["half", "misspelt", "large"],
)
async def test_a_bad_sidecar_goes_to_quarantine_with_its_document(station: Station, content: bytes, why: str) -> None:
    station.drop("invoices/a.pdf", PDF)
    station.drop("invoices/a.pdf.json", content)
    station.drop("invoices/b.pdf", PDF)
    assert (await taken(station)).name == "b.pdf"
    explanation = refused(station)
    assert explanation.reason is Reason.BAD_METADATA
    assert why in explanation.detail
    shown = station.quarantined / "invoices"
    assert ((shown / "a.pdf").read_bytes(), (shown / "a.pdf.json").read_bytes()) == (PDF, content)
    (entry,) = await station.quarantine.entries()
    assert entry.metadata is not None
    assert entry.metadata.read_bytes() == content


async def test_a_refused_document_keeps_its_sidecar_when_it_is_sent_again(station: Station) -> None:
    station.limit = 1
    station.drop("invoices/a.pdf", PDF)
    station.drop("invoices/a.pdf.json", SIDECAR)
    await station.intake.rescan()
    station.limit = None
    again = await station.intake.retry(refused(station).document)
    assert isinstance(again, Document)
    assert again.metadata is not None
    assert files(station.quarantined) == set()
    assert not any(path.suffix == ".metadata" for path in station.layout.quarantine.iterdir())


async def test_a_sidecar_comes_and_goes_with_the_copy_of_what_is_put_aside_for_good(station: Station) -> None:
    station.drop("invoices/a.pdf", PDF)
    station.drop("invoices/a.pdf.json", b"{")
    await station.intake.rescan()
    document = refused(station).document
    dismissal = Dismissal(by=ANNA, name="Anna", at=NOON, why="sent by mail")
    await station.quarantine.dismiss(document, dismissal)
    assert files(station.quarantined) == set()
    await station.quarantine.reinstate(document)
    assert (station.quarantined / "invoices/a.pdf.json").read_bytes() == b"{"


async def test_it_is_sent_again_with_other_metadata_where_somebody_says_so(station: Station) -> None:
    station.drop("invoices/a.pdf", PDF)
    station.drop("invoices/a.pdf.json", b"{")
    await station.intake.rescan()
    again = await station.intake.retry(refused(station).document, metadata=SIDECAR)
    assert isinstance(again, Document)
    assert again.metadata is not None
    assert await station.quarantine.entries() == ()


async def test_a_sidecar_that_somebody_has_mended_in_quarantine_is_left_to_them(station: Station) -> None:
    station.drop("invoices/a.pdf", PDF)
    station.drop("invoices/a.pdf.json", b"{")
    await station.intake.rescan()
    shown = station.quarantined / "invoices/a.pdf.json"
    shown.write_bytes(SIDECAR)
    await station.intake.retry(refused(station).document)
    assert shown.read_bytes() == SIDECAR


async def test_a_route_that_asks_for_a_sidecar_waits_for_it_and_then_says_what_is_missing(tmp_path: Path) -> None:
    station = required(tmp_path, wait=60)
    station.drop("invoices/a.pdf", PDF)
    station.drop("invoices/b.pdf", PDF)
    assert (await station.intake.rescan()).claimed == 0
    station.clock += 59
    station.drop("invoices/b.pdf.json", SIDECAR)
    assert (await taken(station)).name == "b.pdf"
    assert [each.obstacle for each in station.left] == [Obstacle.AWAITS_METADATA]
    station.clock += 1
    await station.intake.rescan()
    assert (refused(station).name, refused(station).reason) == ("a.pdf", Reason.BAD_METADATA)
    assert "a.pdf.json" in refused(station).detail


async def test_what_is_handed_in_where_metadata_is_asked_for_needs_it_too(tmp_path: Path) -> None:
    station = required(tmp_path, wait=60)
    own = tmp_path / "own.pdf"
    own.write_bytes(PDF)
    accepted = await station.intake.accept_copy(own, INVOICES, SIDECAR)
    assert isinstance(accepted, Document)
    assert accepted.metadata is not None
    assert getattr(await station.intake.accept_copy(own, INVOICES), "reason", None) is Reason.BAD_METADATA


async def test_where_sidecars_are_ignored_every_file_is_a_document(tmp_path: Path) -> None:
    rules = {CONTRACTS: SidecarRule(MetadataUse.IGNORE)}
    station = Station(tmp_path, profiles={CONTRACTS: Profile(format=SealFormat.EDOC)}, sidecars=rules)
    for name in ("x.pdf", "x.pdf.json", "y.pdf", "y.pdf.json.part"):
        station.drop(f"contracts/{name}", b"{}")
    await station.intake.rescan()
    assert {document.name for document in await station.waiting(CONTRACTS)} == {"x.pdf", "x.pdf.json", "y.pdf"}


async def test_a_document_that_somebody_still_writes_to_gets_its_sidecar_back(station: Station) -> None:
    station.drop("invoices/a.pdf", PDF)
    station.drop("invoices/a.pdf.json", SIDECAR)
    (claim,), _ = station.reception.claims.claim(station.candidates)
    with (station.folder / f"invoices/.{claim.id}.claim").open("ab"):
        station.reception.finish([claim])
    assert files(station.folder) == {"invoices/a.pdf", "invoices/a.pdf.json"}
    assert files(station.layout.shelf) == set()


async def test_a_sidecar_that_comes_while_a_document_is_taken_is_left_for_the_next(station: Station) -> None:
    station.drop("invoices/a.pdf", PDF)
    station.drop("invoices/a.pdf.json", SIDECAR)
    (claim,), _ = station.reception.claims.claim(station.candidates)
    station.drop("invoices/a.pdf.json", b'{"number": "R-18"}')
    (document,) = station.reception.finish([claim])
    assert isinstance(document, Document)
    assert document.metadata is not None
    assert document.metadata.number == "R-17"
    assert files(station.folder) == {"invoices/a.pdf.json"}


async def test_originals_are_kept_with_their_sidecars(station: Station) -> None:
    station.drop("invoices/a.pdf", PDF)
    station.drop("invoices/a.pdf.json", SIDECAR)
    document = await taken(station)
    await station.shelf.retire(batch_id(INVOICES, 1), [document])
    kept = station.layout.originals(batch_id(INVOICES, 1))
    assert {path: (kept / path).read_bytes() for path in files(kept)} == {"a.pdf": PDF, "a.pdf.json": SIDECAR}
    assert not station.layout.place(document.id).metadata.exists()
