"""The same content once more: what becomes of it is what its route says, whoever is faster and whoever dies."""

import asyncio
import json
import multiprocessing
from collections.abc import Mapping
from pathlib import Path

import pytest

from jobs.model.digest import Digest
from jobs.model.documents import Document, Profile
from jobs.model.duplicates import Duplicate, Duplicates
from jobs.model.names import batch_id
from jobs.model.reasons import Reason
from jobs.model.records import Delivery, Gathered
from jobs.model.seals import Proof, SealedCopy
from tests.support.builders import INVOICES, NOON
from tests.support.pdfs import a_pdf
from tests.support.shelves import files
from tests.support.waiting import until
from tests.whole.dying import CONTENT, CONTRACTS, PROFILES, die_at_a_duplicate
from tests.whole.station import ORDERS, Station
from worker.storage.explanation import Explanation
from worker.storage.originals import KeptOriginals
from worker.storage.sidecar import Sidecar, read_sidecar

PDF, OTHER = a_pdf("an invoice"), a_pdf("another")
FIRST = batch_id(INVOICES, 1)
SEALED = b"sealed"


def station_of(base: Path, rule: Duplicates) -> Station:
    return Station(base, duplicates={INVOICES: rule})


async def deliver(station: Station, document: Document) -> Delivery:
    """Bring a waiting document to its end, as a worker does."""
    proof = Proof(sha256=Digest.sha256(SEALED), size=len(SEALED), sealed_at=NOON)
    station.layout.place(document.id).sealed.write_bytes(SEALED)
    delivery = await station.outbox.deliver(FIRST, document, SealedCopy(name=document.name, proof=proof))
    await station.shelf.leave_waiting_list([document])
    await station.shelf.retire(FIRST, [document])
    return delivery


async def the_waiting(station: Station) -> list[str]:
    return [document.name for document in await station.waiting()]


def outbox_of(station: Station) -> set[str]:
    return {path for path in files(station.outbox.folder) if not path.startswith(".delivered/")}


def facts(path: Path) -> Mapping[str, object]:
    content: Mapping[str, object] = json.loads(path.read_bytes())
    return content


async def test_the_same_content_is_sealed_again_unless_its_route_says_otherwise(tmp_path: Path) -> None:
    station = Station(tmp_path)
    station.drop("invoices/a.pdf", PDF)
    station.drop("invoices/b.pdf", PDF)
    await station.intake.rescan()
    assert sorted(await the_waiting(station)) == ["a.pdf", "b.pdf"]


async def test_what_only_another_route_has_seen_is_new(tmp_path: Path) -> None:
    station = Station(tmp_path, duplicates=dict.fromkeys((INVOICES, ORDERS), Duplicates.QUARANTINE))
    for name in ("invoices/a.pdf", "orders/a.pdf"):
        station.drop(name, PDF)
    await station.intake.rescan()
    assert len([*await station.waiting(), *await station.waiting(ORDERS)]) == 2


@pytest.mark.parametrize("where", ["waiting", "in a batch", "delivered"])
async def test_a_duplicate_is_put_aside_wherever_the_one_before_is(tmp_path: Path, where: str) -> None:
    station = station_of(tmp_path, Duplicates.QUARANTINE)
    station.drop("invoices/a.pdf", PDF)
    await station.intake.rescan()
    (first,) = await station.waiting()
    if where == "delivered":
        await deliver(station, first)
    if where == "in a batch":
        record = Gathered(at=NOON, route=INVOICES, seal="S", profile=Profile(), documents=(first,))
        await station.ledger.open(FIRST, record)
        await station.shelf.leave_waiting_list([first])
    station.drop("invoices/b.pdf", PDF)
    station.drop("invoices/c.pdf", OTHER)
    await station.intake.rescan()
    (refused,) = [each for each in station.outcomes if isinstance(each, Explanation)]
    assert (refused.name, refused.reason) == ("b.pdf", Reason.DUPLICATE)
    assert f"a.pdf, received {first.received_at:%Y-%m-%d %H:%M} UTC as document {first.id}" in refused.detail
    assert (FIRST in refused.detail) is (where != "waiting")
    assert "c.pdf" in await the_waiting(station)


async def test_a_duplicate_that_a_person_sends_again_is_sealed(tmp_path: Path) -> None:
    station = station_of(tmp_path, Duplicates.QUARANTINE)
    for name in ("a", "b"):
        station.drop(f"invoices/{name}.pdf", PDF)
    await station.intake.rescan()
    (refused,) = [each for each in station.outcomes if isinstance(each, Explanation)]
    assert isinstance(await station.intake.retry(refused.document), Document)
    assert sorted(await the_waiting(station)) == ["a.pdf", "b.pdf"]


@pytest.mark.parametrize("rule", [Duplicates.QUARANTINE, Duplicates.SKIP, Duplicates.RETURN_EARLIER])
async def test_of_many_copies_that_come_at_once_to_two_watchers_one_waits(tmp_path: Path, rule: Duplicates) -> None:
    one, two = (Station(tmp_path, profiles=PROFILES, duplicates={CONTRACTS: rule}) for _ in range(2))
    for number in range(80):
        one.drop(f"contracts/{number}.txt", CONTENT)
    await asyncio.gather(one.intake.rescan(), two.intake.rescan())
    await one.intake.rescan()
    assert len(await one.waiting(CONTRACTS)) == 1
    assert files(one.folder) == set()


async def test_a_skipped_duplicate_leaves_a_note_where_its_sealed_file_would_have_come(tmp_path: Path) -> None:
    station = station_of(tmp_path, Duplicates.SKIP)
    station.drop("invoices/may/a.pdf", PDF)
    await station.intake.rescan()
    (first,) = await station.waiting()
    await deliver(station, first)
    station.drop("invoices/may/a.pdf", PDF)
    station.drop("invoices/may/a.pdf.json", b'{"number": "R-17"}')
    await station.intake.rescan()
    (duplicate,) = [each for each in station.outcomes if isinstance(each, Duplicate)]
    assert outbox_of(station) == {
        "invoices/may/a.pdf",
        "invoices/may/a.pdf.json",
        "invoices/may/a.pdf.duplicate.json",
    }
    note = facts(station.outbox.folder / "invoices/may/a.pdf.duplicate.json")
    assert note["document"] == duplicate.document.id
    assert note["metadata"] == {"number": "R-17", "other": {}}
    original, same_as = note["original"], note["same_as"]
    assert isinstance(original, dict)
    assert isinstance(same_as, dict)
    assert original["received_at"].endswith("Z")
    assert (same_as["document"], same_as["batch"], same_as["sealed_as"]) == (first.id, FIRST, "may/a.pdf")
    assert await station.book.notes() == {"invoices/may/a.pdf.duplicate.json"}
    assert files(station.layout.shelf) == set()
    assert files(station.layout.root / "originals/invoices-duplicates") == {"may/a.pdf", "may/a.pdf.json"}
    found = await KeptOriginals(station.layout).find(None, duplicate.document, duplicate.document.files[0])
    assert found == station.layout.root / "originals/invoices-duplicates/may/a.pdf"


async def test_the_earlier_sealed_file_is_returned_under_the_new_name(tmp_path: Path) -> None:
    station = station_of(tmp_path, Duplicates.RETURN_EARLIER)
    station.drop("invoices/a.pdf", PDF)
    await station.intake.rescan()
    (first,) = await station.waiting()
    await deliver(station, first)
    station.drop("invoices/b.pdf", PDF)
    await station.intake.rescan()
    (duplicate,) = [each for each in station.outcomes if isinstance(each, Duplicate)]
    assert duplicate.returned_as == "b.pdf"
    assert await the_waiting(station) == []
    assert (station.outbox.folder / "invoices/b.pdf").read_bytes() == SEALED
    sidecar = read_sidecar(station.outbox.folder / "invoices/b.pdf.json")
    assert sidecar is not None
    assert (sidecar.document, sidecar.original.name, sidecar.batch) == (duplicate.document.id, "b.pdf", FIRST)
    assert sidecar.copy_of is not None
    assert (sidecar.copy_of.document, sidecar.copy_of.name) == (first.id, "a.pdf")
    beyond = await station.outbox.deliveries_beyond({first.id})
    assert ([each.document for each in beyond.copies], beyond.unknown) == ([duplicate.document.id], ())
    assert files(station.layout.shelf) | files(station.layout.root / "repeated") == set()


async def test_who_repeats_what_is_not_sealed_yet_waits_for_it(tmp_path: Path) -> None:
    station = station_of(tmp_path, Duplicates.RETURN_EARLIER)
    for name in ("a", "b"):
        station.drop(f"invoices/{name}.pdf", PDF)
    await station.intake.rescan()
    (first,) = await station.waiting()
    (duplicate,) = [each for each in station.outcomes if isinstance(each, Duplicate)]
    assert "waits for the sealed file" in duplicate.words
    assert station.layout.unheld({first.id}) == ()
    await station.intake.rescan()
    assert len(files(station.layout.root / "repeated")) == 1
    await deliver(station, first)
    await station.intake.rescan()
    assert outbox_of(station) == {f"invoices/{name}.pdf{ending}" for name in "ab" for ending in ("", ".json")}
    assert files(station.layout.root / "repeated") == set()


async def test_who_waits_for_what_never_comes_is_sealed_itself(tmp_path: Path) -> None:
    station = station_of(tmp_path, Duplicates.RETURN_EARLIER)
    for name in ("a", "b", "c"):
        station.drop(f"invoices/{name}.pdf", PDF)
    await station.intake.rescan()
    (first,) = await station.waiting()
    await station.shelf.leave_waiting_list([first])
    await station.intake.rescan()
    assert len(await the_waiting(station)) == 1
    assert len(files(station.layout.root / "repeated")) == 1


async def test_what_was_collected_cannot_be_returned_and_is_sealed_anew(tmp_path: Path) -> None:
    station = station_of(tmp_path, Duplicates.RETURN_EARLIER)
    station.drop("invoices/a.pdf", PDF)
    await station.intake.rescan()
    (first,) = await station.waiting()
    await deliver(station, first)
    (station.outbox.folder / "invoices/a.pdf").unlink()
    station.drop("invoices/b.pdf", PDF)
    await station.intake.rescan()
    assert await the_waiting(station) == ["b.pdf"]


async def test_a_line_that_others_wrote_into_the_memory_of_deliveries_makes_no_duplicate(tmp_path: Path) -> None:
    station = station_of(tmp_path, Duplicates.SKIP)
    station.drop("invoices/a.pdf", PDF)
    await station.intake.rescan()
    (first,) = await station.waiting()
    proof = Proof(sha256=Digest.sha256(SEALED), size=len(SEALED), sealed_at=NOON)
    line = Sidecar.of(FIRST, first, proof, "a.pdf").line
    folder = station.outbox.folder / ".delivered"
    folder.mkdir(parents=True)
    (folder / "20261128-forged.log").write_bytes(b"\n" + first.id.encode() + b" " + b"0" * 64 + b" " + line)
    await station.shelf.leave_waiting_list([first])
    station.drop("invoices/b.pdf", PDF)
    await station.intake.rescan()
    assert await the_waiting(station) == ["b.pdf"]


@pytest.mark.parametrize("rule", [Duplicates.SKIP, Duplicates.RETURN_EARLIER])
async def test_killed_at_any_step_a_duplicate_is_answered_once(tmp_path: Path, rule: Duplicates) -> None:
    watcher = multiprocessing.get_context("spawn").Process(target=die_at_a_duplicate, args=(tmp_path, rule))
    watcher.start()
    await until(lambda: not watcher.is_alive(), patience=300)
    assert watcher.exitcode == 0
    is_returned = rule is Duplicates.RETURN_EARLIER
    answer = {"b.txt.edoc", "b.txt.edoc.json"} if is_returned else {"b.txt.duplicate.json"}
    expected = {f"contracts/{name}" for name in {"a.txt.edoc", "a.txt.edoc.json", *answer}}
    steps = await asyncio.to_thread(lambda: [*tmp_path.iterdir()])
    assert len(steps) > 20
    for step in steps:
        station = Station(step, profiles=PROFILES, duplicates={CONTRACTS: rule})
        assert outbox_of(station) == expected, step
        assert await station.waiting(CONTRACTS) == (), step
        left = files(station.layout.shelf) | files(station.layout.root / "repeated") | files(station.folder)
        assert left == set(), step
        kept = station.layout.root / "originals/contracts-duplicates"
        assert {(kept / name).read_bytes() for name in files(kept)} == {CONTENT}, step
