"""Names that cannot be kept are refused at the door, and their neighbours never wait for them."""

from pathlib import Path

import pytest

from jobs.model.checkpoint import checkpoint_name
from jobs.model.digest import Digest
from jobs.model.documents import Content, Document, Profile, SealFormat
from jobs.model.names import RouteName
from jobs.model.reasons import Reason
from jobs.model.remarks import Remark
from tests.support.builders import INVOICES
from tests.support.pdfs import a_pdf
from tests.whole.station import Station
from worker.storage.explanation import Explanation

PDF = a_pdf("an invoice")
CONTRACTS, HASHES, STRICT = RouteName("contracts"), RouteName("hashes"), RouteName("strict")
EDOC = Profile(format=SealFormat.EDOC)
PROFILES = {
    INVOICES: Profile(),
    CONTRACTS: EDOC,
    HASHES: Profile(format=SealFormat.EDOC, content=Content.HASH_ONLY),
    STRICT: EDOC,
}


@pytest.fixture
def station(tmp_path: Path) -> Station:
    ours = {7: Digest.sha256(PDF)}
    return Station(tmp_path, profiles=PROFILES, strict=[STRICT], find_checkpoint=ours.get)


async def outcome_of(station: Station, *names: str) -> Document | Explanation:
    """What becomes of the first of these files, or of the folder they lie in; a neighbour is taken at the same time."""
    for name in names:
        station.drop(name, PDF)
    station.drop("invoices/neighbour.pdf", PDF)
    await station.intake.rescan()
    taken = {outcome.name: outcome for outcome in station.outcomes if isinstance(outcome, Document | Explanation)}
    assert isinstance(taken.pop("neighbour.pdf"), Document)
    (outcome,) = taken.values()
    return outcome


@pytest.mark.parametrize(
    "name",
    [
        "invoices/r\x1bn.pdf",
        "contracts/a\uffff.txt",
        "hashes/a\uffff.txt",
        "contracts/x.edoc/a\uffff.txt",
        "contracts/r\x1bn.edoc/a.txt",
        "invoices/fold\ner/a.pdf",
    ],
)
async def test_a_name_that_cannot_be_kept_is_refused(station: Station, name: str) -> None:
    outcome = await outcome_of(station, name)
    assert isinstance(outcome, Explanation)
    assert outcome.reason is Reason.UNUSABLE_NAME
    assert "cannot be kept" in outcome.detail
    (entry,) = await station.quarantine.entries()
    assert entry.path.exists()


@pytest.mark.parametrize("name", ['contracts/SIA "Paraugs" līgums.txt', "hashes/a:b.txt", "invoices/con.pdf"])
async def test_a_name_that_other_systems_cannot_hold_is_remarked(station: Station, name: str) -> None:
    outcome = await outcome_of(station, name)
    assert isinstance(outcome, Document)
    assert outcome.remarks == (Remark.UNPORTABLE_NAME,)


async def test_names_in_one_folder_that_are_one_elsewhere_are_remarked(station: Station) -> None:
    outcome = await outcome_of(station, "contracts/x.edoc/A.txt", "contracts/x.edoc/a.txt")
    assert isinstance(outcome, Document)
    assert outcome.remarks == (Remark.UNPORTABLE_NAME,)


@pytest.mark.parametrize(("first", "second"), [("A.txt", "a.txt"), ("rēķins.txt", "re\u0304k\u0327ins.txt")])
async def test_two_documents_that_are_one_elsewhere_are_told_apart_here(
    station: Station, first: str, second: str
) -> None:
    for route in ("contracts", "strict"):
        for name in (first, second, first):
            station.drop(f"{route}/{name}", name.encode())
            await station.intake.rescan()
    remarks = [document.remarks for document in await station.waiting(CONTRACTS)]
    assert sorted(remarks) == [(), (), (Remark.UNPORTABLE_NAME,)]
    assert [document.name for document in await station.waiting(STRICT)] == [first, first]
    (entry,) = await station.quarantine.entries()
    assert (entry.explanation.name, entry.explanation.reason) == (second, Reason.UNUSABLE_NAME)
    assert "are one name" in entry.explanation.detail


@pytest.mark.parametrize("names", [["strict/a:b.txt"], ["strict/x.edoc/A.txt", "strict/x.edoc/a.txt"]])
async def test_a_strict_route_refuses_them(station: Station, names: list[str]) -> None:
    outcome = await outcome_of(station, *names)
    assert isinstance(outcome, Explanation)
    assert outcome.reason is Reason.UNUSABLE_NAME


async def test_remarks_wait_with_their_document(station: Station, tmp_path: Path) -> None:
    await outcome_of(station, "contracts/a?.txt")
    (document,) = await Station(tmp_path, profiles=PROFILES).waiting(CONTRACTS)
    assert document.remarks == (Remark.UNPORTABLE_NAME,)


@pytest.mark.parametrize("folder", ["contracts", "hashes/deep", "contracts/x.edoc", "strict"])
async def test_nobody_can_have_a_false_checkpoint_of_the_ledger_sealed(station: Station, folder: str) -> None:
    outcome = await outcome_of(station, f"{folder}/{checkpoint_name(8)}")
    assert isinstance(outcome, Explanation)
    assert outcome.reason is Reason.UNUSABLE_NAME
    assert f"{checkpoint_name(8)} is the name of a checkpoint" in outcome.detail


async def test_a_true_checkpoint_of_the_ledger_is_taken_to_be_sealed(station: Station) -> None:
    assert isinstance(await outcome_of(station, f"contracts/{checkpoint_name(7)}"), Document)
