"""The watcher dies between two steps. Whoever looks next loses nothing and doubles nothing."""

import asyncio
import multiprocessing
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.support.builders import INVOICES
from tests.support.pdfs import a_pdf
from tests.support.shelves import files
from tests.support.waiting import until
from tests.whole.dying import CONTRACTS, DROPPED, PROFILES, SIDECARS, die_everywhere, die_while_retrying
from tests.whole.station import Station, rescan_forever
from worker.inbox.candidates import Candidate
from worker.inbox.claim import Claim, bring, give_back, stage
from worker.storage.resent import Resent
from worker.storage.tree import Location
from worker.storage.untaken import Obstacle

PDF = a_pdf("an invoice")
SAID = [("1", SIDECARS["contracts/a.txt.json"]), ("2", SIDECARS["contracts/x.edoc.json"])]


def found(station: Station) -> Candidate:
    """The one file in the inbox."""
    (candidate,) = station.candidates
    return candidate


@pytest.fixture
def dead(tmp_path: Path) -> Station:
    """A watcher that gets only as far as the test lets it; one file lies in its inbox."""
    station = Station(tmp_path)
    station.drop("invoices/a.pdf", PDF)
    return station


@pytest.fixture
def alive(dead: Station, tmp_path: Path) -> Station:
    return Station(tmp_path)


def has_at_most(folder: Path, number: int) -> bool:
    return len(files(folder)) <= number


async def one_document_waits(dead: Station, alive: Station) -> None:
    dead.die()
    for _ in range(2):
        await alive.intake.rescan()
    (document,) = await alive.waiting()
    assert (document.name, alive.original(document)) == ("a.pdf", PDF)
    assert files(alive.folder) == set()


async def test_dead_after_staging(dead: Station, alive: Station) -> None:
    dead.layout.shelf.mkdir(parents=True)
    stage([Claim.on(found(dead), dead.now())], dead.layout)
    await one_document_waits(dead, alive)


async def test_dead_after_seizing(dead: Station, alive: Station) -> None:
    dead.reception.claims.claim([found(dead)])
    await one_document_waits(dead, alive)


async def test_who_lives_on_takes_up_what_a_watcher_that_died_meanwhile_has_left(dead: Station, alive: Station) -> None:
    await alive.intake.rescan()
    alive.drop("invoices/b.pdf", PDF)
    (claim,), _ = dead.reception.claims.claim([found(dead)])
    copy = dead.layout.shelf / f".{claim.by}.0123456789abcdef.part"
    copy.write_bytes(PDF[:10])
    dead.die()
    await alive.intake.rescan()
    assert claim.id in {document.id for document in await alive.waiting()}
    assert not copy.exists()


async def test_who_comes_later_leaves_alone_what_a_living_watcher_works_on(dead: Station, alive: Station) -> None:
    dead.reception.claims.claim([found(dead)])
    await alive.intake.rescan()
    assert await alive.waiting() == ()
    await one_document_waits(dead, alive)


async def test_dead_after_seizing_and_the_folder_is_renamed(tmp_path: Path) -> None:
    dead = Station(tmp_path)
    folder = dead.drop("invoices/may/a.pdf", PDF).parent
    dead.reception.claims.claim([found(dead)])
    folder.rename(folder.with_name("June \udcff"))
    dead.die()
    alive = Station(tmp_path)
    for _ in range(3):
        await alive.intake.rescan()
    (document,) = await alive.waiting()
    assert (document.name, alive.original(document)) == ("may/a.pdf", PDF)
    assert files(alive.folder) == set()


async def test_a_link_laid_in_the_place_of_a_renamed_folder_holds_up_nobody(tmp_path: Path) -> None:
    dead = Station(tmp_path)
    folders = [dead.drop(f"invoices/{name}/a.pdf", PDF).parent for name in ("april", "may")]
    claims, _ = dead.reception.claims.claim(dead.candidates)
    assert len(claims) == len(folders)
    for folder in folders:
        folder.rename(folder.with_name(f"{folder.name} 2"))
    folders[0].symlink_to("/")
    dead.die()
    alive = Station(tmp_path)
    for _ in range(3):
        await alive.intake.rescan()
    assert {document.name for document in await alive.waiting()} == {"april/a.pdf", "may/a.pdf"}


async def test_a_hidden_file_that_no_claim_is_on_is_told(tmp_path: Path) -> None:
    station = Station(tmp_path)
    path = station.drop("invoices/.20261128T120000-0123456789ab.claim", PDF)
    assert (await station.intake.rescan()).claimed == 0
    assert [each.obstacle for each in station.left] == [Obstacle.LEFT_BEHIND]
    assert path.read_bytes() == PDF


async def test_dead_after_hiding_the_file(dead: Station, alive: Station) -> None:
    dead.layout.shelf.mkdir(parents=True)
    candidate = found(dead)
    claim = Claim.on(candidate, dead.now())
    stage([claim], dead.layout)
    candidate.location.rename(f".{claim.id}.claim")
    await one_document_waits(dead, alive)


async def test_dead_after_copying_the_hidden_file(dead: Station, alive: Station) -> None:
    candidate = found(dead)
    (claim,), _ = dead.reception.claims.claim([candidate])
    bring(candidate.location.beside(f".{claim.id}.claim"), dead.layout.place(claim.id), lambda: None)
    await one_document_waits(dead, alive)


async def test_a_claim_of_an_earlier_version_that_was_renamed_onto_the_shelf_is_taken_up(
    dead: Station, alive: Station
) -> None:
    candidate = found(dead)
    dead.layout.shelf.mkdir(parents=True)
    claim = Claim.on(candidate, dead.now())
    stage([claim], dead.layout)
    candidate.location.path.rename(dead.layout.place(claim.id).original)
    await one_document_waits(dead, alive)


async def test_dead_after_judging(dead: Station, alive: Station) -> None:
    (claim,), _ = dead.reception.claims.claim([found(dead)])
    (document,) = dead.reception.finish([claim])
    (dead.layout.waiting(INVOICES) / claim.id).rename(dead.layout.place(claim.id).claim)
    await one_document_waits(dead, alive)
    assert await alive.waiting() == (document,)


async def test_dead_after_admitting(dead: Station, alive: Station) -> None:
    await dead.intake.rescan()
    await one_document_waits(dead, alive)


async def test_what_a_batch_has_taken_does_not_come_back(dead: Station, alive: Station) -> None:
    await dead.intake.rescan()
    await dead.shelf.leave_waiting_list(await dead.waiting())
    await alive.intake.rescan()
    assert await alive.waiting() == ()


async def test_a_name_with_any_bytes_is_taken_up_again(tmp_path: Path) -> None:
    dead = Station(tmp_path)
    path = dead.drop(b"invoices/r\xff #%41.pdf", PDF)
    dead.layout.shelf.mkdir(parents=True)
    claim = Claim.on(found(dead), dead.now())
    stage([claim], dead.layout)
    path.rename(path.with_name(f".{claim.id}.claim"))
    alive = Station(tmp_path)
    await alive.intake.rescan()
    assert [document.name for document in await alive.waiting()] == ["r\ufffd #%41.pdf"]


async def test_dead_while_a_refused_file_is_explained(tmp_path: Path) -> None:
    dead = Station(tmp_path)
    dead.drop("invoices/a.pdf", b"no pdf")
    (claim,), _ = dead.reception.claims.claim([found(dead)])
    (dead.quarantined / "invoices").mkdir(parents=True)
    dead.die()
    alive = Station(tmp_path)
    assert (await alive.intake.rescan()).quarantined == 1
    assert (await alive.intake.rescan()).quarantined == 0
    assert files(alive.quarantined) == {f"invoices/a.pdf{ending}" for ending in ("", ".txt", ".error.json")}
    assert (await alive.quarantine.find(claim.id)).path.read_bytes() == b"no pdf"


async def test_a_claim_without_a_file_is_removed_once_it_is_old(dead: Station, alive: Station, tmp_path: Path) -> None:
    dead.layout.shelf.mkdir(parents=True)
    stage([Claim.on(found(dead), dead.now())], dead.layout)
    await alive.intake.rescan()
    assert len(files(dead.layout.shelf)) == 2
    later = Station(tmp_path)
    later.late = timedelta(hours=2)
    await later.intake.rescan()
    assert len(files(dead.layout.shelf)) == 1


async def test_what_the_disk_refuses_is_tried_again(dead: Station) -> None:
    dead.limit = 1
    dead.quarantined.write_text("a file where the folder should be")
    assert (await dead.intake.rescan()).unsettled == 1
    assert len(dead.stuck) == 1
    dead.quarantined.unlink()
    assert (await dead.intake.rescan()).quarantined == 1
    assert (dead.quarantined / "invoices/a.pdf").read_bytes() == PDF


def test_a_file_that_is_given_back_replaces_nothing(tmp_path: Path) -> None:
    (tmp_path / "claimed").write_text("mine")
    (tmp_path / "a.pdf").write_text("a newer one")
    give_back(Location(tmp_path, ("claimed",)), "a.pdf")
    assert (tmp_path / "a.pdf").read_text() == "a newer one"
    assert (tmp_path / "a (2).pdf").read_text() == "mine"


async def test_a_watcher_that_is_killed_again_and_again_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    station = Station(tmp_path)
    dropped = {a_pdf(str(number)) for number in range(300)}
    for number, content in enumerate(dropped):
        station.drop(f"invoices/{number}.pdf" if number % 10 else f"unknown/{number}.pdf", content)
    for left in (297, 222, 160, 97):
        watcher = multiprocessing.get_context("spawn").Process(target=rescan_forever, args=(tmp_path,))
        watcher.start()
        await until(partial(has_at_most, station.folder, left))
        watcher.kill()
        watcher.join()
    await station.intake.rescan()
    waiting = [station.original(document) for document in await station.waiting()]
    refused = [entry.path.read_bytes() for entry in await station.quarantine.entries()]
    assert (len(waiting), len(refused)) == (270, 30)
    assert {*waiting, *refused} == dropped


async def test_a_watcher_that_is_killed_before_any_of_its_changes_loses_nothing_and_doubles_nothing(
    tmp_path: Path,
) -> None:
    watcher = multiprocessing.get_context("spawn").Process(target=die_everywhere, args=(tmp_path,))
    watcher.start()
    await until(lambda: not watcher.is_alive(), patience=300)
    assert watcher.exitcode == 0
    steps = await asyncio.to_thread(lambda: [*tmp_path.iterdir()])
    assert len(steps) > 20
    for step in steps:
        station = Station(step, profiles=PROFILES)
        waiting = await station.waiting(CONTRACTS)
        originals = [station.layout.place(document.id).original for document in waiting]
        assert sorted(document.name for document in waiting) == ["a.txt", "x.edoc"], step
        contents = {path.read_bytes() for original in originals for path in files_at(original)}
        assert contents == set(DROPPED.values()), step
        known = [(document.metadata, station.layout.place(document.id).metadata.read_bytes()) for document in waiting]
        assert sorted((said.number, kept) for said, kept in known if said) == SAID, step
        assert files(station.folder) == set(), step


async def test_a_document_that_is_sent_again_by_somebody_who_is_killed_is_in_one_place(tmp_path: Path) -> None:
    sender = multiprocessing.get_context("spawn").Process(target=die_while_retrying, args=(tmp_path,))
    sender.start()
    await until(lambda: not sender.is_alive(), patience=300)
    assert sender.exitcode == 0
    steps = await asyncio.to_thread(lambda: [*tmp_path.iterdir()])
    assert len(steps) > 10
    for step in steps:
        station = Station(step, profiles=PROFILES)
        waiting = [station.original(document) for document in await station.waiting(CONTRACTS)]
        refused = [entry.original.read_bytes() for entry in await station.quarantine.entries()]
        assert [*waiting, *refused] == [DROPPED["contracts/a.txt"]], step
        said = [document.metadata and document.metadata.number for document in await station.waiting(CONTRACTS)]
        kept = [entry.metadata and entry.metadata.read_bytes() for entry in await station.quarantine.entries()]
        assert [*said, *kept] in (["1"], [SIDECARS["contracts/a.txt.json"]]), step
        # Between taking the original and noting that, only the note may be missing.
        notes = [note.became for note in map(_read_resent, step.glob("data/resent/*.json"))]
        assert notes in ([document.id for document in await station.waiting(CONTRACTS)], []), step


def _read_resent(path: Path) -> Resent:
    return Resent.model_validate_json(path.read_bytes())


def files_at(original: Path) -> list[Path]:
    return [*original.iterdir()] if original.is_dir() else [original]
