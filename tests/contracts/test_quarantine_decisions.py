"""What people decide about documents in quarantine: put aside for good, taken back, sent again; and after crashes."""

import asyncio
import json
import multiprocessing
import os
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from config.settings import Settings
from jobs.model.documents import Document
from jobs.model.duplicates import Duplicate
from jobs.model.names import DocumentId
from jobs.model.reasons import Reason
from jobs.model.records import Refusal
from tests.support.builders import ANNA, INVOICES, NOON, a_document
from tests.support.dying import is_killed
from tests.support.installation import an_installation, hand_in
from tests.support.shelves import downloaded, files, stand
from tests.support.waiting import until
from worker.app.intake import intake_of
from worker.app.on_disk import OnDisk
from worker.app.whereabouts import locate, trace
from worker.desk.document_facts import DocumentStanding
from worker.storage.explanation import Dismissal, NotQuarantined
from worker.storage.layout import Layout
from worker.storage.quarantine import DiskQuarantine

DISMISSAL = Dismissal(by=ANNA, name="Anna Parauga", at=NOON, why="The customer sent another one.")
LATER = Dismissal(by=ANNA, name="Anna Parauga", at=NOON, why="Something else.")


class House:
    """A quarantine below a folder, with one document in it whose sealed file failed verification."""

    def __init__(self, base: Path) -> None:
        self.layout = Layout(base / "data")
        self.shown = base / "quarantine"
        self.quarantine = DiskQuarantine(self.shown, self.layout, now=lambda: NOON)
        self.document = a_document(1, name="a.pdf")

    def refuse(self) -> Document:
        item = downloaded(self.layout, name="a.pdf")
        refusal = Refusal(document=item.document.id, reason=Reason.NOT_VERIFIED, detail="no timestamp")
        asyncio.run(self.quarantine.put(item.document, refusal))
        return item.document

    def run(self, decide: str) -> None:
        document = self.document.id
        asyncio.run(
            self.quarantine.dismiss(document, DISMISSAL) if decide == "dismiss" else self.quarantine.reinstate(document)
        )


def decide_and_die_everywhere(base: Path, decide: str) -> None:
    """In `base/1`, `base/2`, …: decide about a document, and be killed before that many changes."""
    for step in count(1):
        house = House(base / str(step))
        house.refuse()
        if decide == "reinstate":
            house.run("dismiss")
        if not is_killed(partial(house.run, decide), before=step):
            return


@pytest.fixture
def quarantine(tmp_path: Path) -> DiskQuarantine:
    return DiskQuarantine(tmp_path / "quarantine", Layout(tmp_path / "data"), now=lambda: NOON)


async def refuse(quarantine: DiskQuarantine, tmp_path: Path, number: int = 1) -> Document:
    stand(Layout(tmp_path / "data"), document := a_document(number, name=f"{number}.pdf"))
    await quarantine.put(document, Refusal(document=document.id, reason=Reason.DAMAGED, detail="cut off"))
    return document


async def test_what_is_put_aside_for_good_is_listed_apart_with_who_and_why(
    quarantine: DiskQuarantine, tmp_path: Path
) -> None:
    document, other = await refuse(quarantine, tmp_path, 1), await refuse(quarantine, tmp_path, 2)
    await quarantine.dismiss(document.id, DISMISSAL)
    await quarantine.dismiss(document.id, LATER)
    assert [entry.explanation.document for entry in await quarantine.entries()] == [other.id]
    assert [(entry.explanation.document, entry.dismissal) for entry in await quarantine.dismissed_entries()] == [
        (document.id, DISMISSAL)
    ]
    record = json.loads((tmp_path / "data/quarantined" / f"{document.id}.json").read_text())
    assert record["dismissal"]["why"] == DISMISSAL.why


async def test_a_copy_that_somebody_edited_is_left_to_them(quarantine: DiskQuarantine, tmp_path: Path) -> None:
    document = await refuse(quarantine, tmp_path)
    shown = tmp_path / "quarantine/invoices/1.pdf"
    shown.write_text("edited")
    await quarantine.dismiss(document.id, DISMISSAL)
    assert files(tmp_path / "quarantine") == {"invoices/1.pdf"}
    await quarantine.reinstate(document.id)
    assert shown.read_text() == "edited"
    assert (tmp_path / "quarantine/invoices/1 (2).pdf").read_text() == document.id


async def test_nothing_is_decided_about_what_is_not_there(quarantine: DiskQuarantine) -> None:
    for decide in (quarantine.reinstate, lambda document: quarantine.dismiss(document, DISMISSAL)):
        with pytest.raises(NotQuarantined):
            await decide(a_document(9).id)


@pytest.mark.parametrize("decide", ["dismiss", "reinstate"])
async def test_after_a_crash_anywhere_the_original_is_kept_and_deciding_again_finishes(
    tmp_path: Path, decide: str
) -> None:
    process = multiprocessing.get_context("spawn").Process(target=decide_and_die_everywhere, args=(tmp_path, decide))
    process.start()
    await until(lambda: not process.is_alive())
    assert process.exitcode == 0
    steps = await asyncio.to_thread(lambda: [*tmp_path.iterdir()])
    assert len(steps) > 3
    for step in steps:
        house = House(step)
        kept = house.layout.quarantine_place(house.document.id)
        assert kept.original.read_text() == house.document.id, step
        assert len([*await house.quarantine.entries(), *await house.quarantine.dismissed_entries()]) == 1, step
        await (
            house.quarantine.dismiss(house.document.id, DISMISSAL)
            if decide == "dismiss"
            else house.quarantine.reinstate(house.document.id)
        )
        seen = {name for name in files(house.shown) if not name.rpartition("/")[2].startswith(".")}
        whole = {f"invoices/a.pdf{ending}" for ending in ("", ".error.json", ".txt", ".unverified")}
        assert seen == (set() if decide == "dismiss" else whole), step
        assert kept.evidence(".unverified").exists(), step


async def test_a_change_of_a_record_is_seen_at_once_and_an_unchanged_one_is_not_read_again(
    quarantine: DiskQuarantine, tmp_path: Path
) -> None:
    document = await refuse(quarantine, tmp_path)
    folder = tmp_path / "data/quarantined"
    assert len(await quarantine.entries()) == 1
    await quarantine.dismiss(document.id, DISMISSAL)
    assert await quarantine.entries() == ()
    # As it is when nothing has come for a while.
    os.utime(folder, (0, 0))
    assert len(await quarantine.dismissed_entries()) == 1
    (folder / f"{document.id}.json").write_text("damaged, and no name changed")
    os.utime(folder, (0, 0))
    assert len(await quarantine.dismissed_entries()) == 1
    os.utime(folder, (1, 1))
    assert await quarantine.dismissed_entries() == ()


async def test_a_document_that_was_sent_again_leads_to_what_it_became_and_back(tmp_path: Path) -> None:
    settings = an_installation(tmp_path)
    document = await hand_in(settings, b"no PDF")
    disk = OnDisk.of(settings)
    # Somebody was killed before, who had noted a document that never came to be.
    disk.quarantine.note_resent(await disk.quarantine.find(document), a_document(77).id)
    assert (await trace(document, disk, settings)).state is DocumentStanding.QUARANTINED
    became = await send_again(settings, document)
    old, new = await trace(document, disk, settings), await trace(became, disk, settings)
    assert (old.state, old.resent and old.resent.became) == (DocumentStanding.SENT_AGAIN, became)
    assert (old.name, old.route, old.refusal and old.refusal.reason) == ("mine.pdf", INVOICES, Reason.NOT_A_PDF)
    assert new.origin is not None
    assert new.origin.explanation.document == document
    assert (await locate(document, disk, settings)).detail == f"went on as document {became}"


async def send_again(settings: Settings, document: DocumentId) -> DocumentId:
    intake = intake_of(settings, OnDisk.of(settings), limit=lambda: None, observe=lambda _: None)
    taken = await intake.retry(document)
    assert not isinstance(taken, Duplicate)
    return taken.id if isinstance(taken, Document) else taken.document
