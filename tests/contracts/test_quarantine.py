"""One suite for every quarantine: in memory, on disk and in a bucket."""

import asyncio
import json
import multiprocessing
from functools import partial
from itertools import count
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

import pytest

from jobs.model.documents import Document
from jobs.model.names import BatchId, DocumentId, batch_id
from jobs.model.reasons import ADVICE, Reason
from jobs.model.records import Refusal
from jobs.model.text import Language
from jobs.ports import Quarantine
from tests.support.builders import INVOICES, NOON, a_document
from tests.support.dying import is_killed
from tests.support.quarantine import MemoryQuarantine
from tests.support.shelves import downloaded, files, stand
from tests.support.waiting import until
from worker.objects.bucket import Bucket
from worker.objects.quarantine import ObjectQuarantine
from worker.storage.explanation import Explanation, NotQuarantined
from worker.storage.layout import Layout
from worker.storage.quarantine import DiskQuarantine
from worker.storage.quarantine_folder import LARGEST_COPY, is_edited


def refused(document: Document, reason: Reason = Reason.REFUSED_BY_VENDOR) -> Refusal:
    return Refusal(document=document.id, reason=reason, detail="what the vendor said")


def explain(document: Document) -> Explanation:
    return Explanation.of(document, refused(document), None, NOON)


def a_quarantine(folder: Path, layout: Layout) -> DiskQuarantine:
    return DiskQuarantine(folder, layout, now=lambda: NOON)


def die_everywhere(base: Path) -> None:
    """In `base/1`, `base/2`, …: put a document there, and be killed before that many changes."""
    for step in count(1):
        layout = Layout(base / str(step) / "data")
        item = downloaded(layout, name="a.pdf")
        explanation = Explanation.of(item.document, refused(item.document, Reason.NOT_VERIFIED), None, NOON)
        quarantine = a_quarantine(base / str(step) / "quarantine", layout)
        if not is_killed(partial(quarantine.put_aside, explanation), before=step):
            return


class Readable(Quarantine, Protocol):
    """A quarantine that can be asked what lies there."""

    async def reasons(self) -> dict[DocumentId, Reason]: ...


class Watched(DiskQuarantine):
    """The quarantine on disk, read the way the suite reads it."""

    async def reasons(self) -> dict[DocumentId, Reason]:
        return {entry.explanation.document: entry.explanation.reason for entry in await self.entries()}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "data")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "quarantine"


class InBucket(ObjectQuarantine):
    """The quarantine in a bucket, read the same way; it has what stands on the shelf of this machine."""

    def __init__(self, bucket: Bucket, layout: Layout) -> None:
        super().__init__(bucket, layout, now=lambda: NOON)

    async def put(self, document: Document, refusal: Refusal, batch: BatchId | None = None) -> None:
        if self._layout.place(document.id).original.exists():
            self._documents.keep(document.id)
        await super().put(document, refusal, batch)

    async def reasons(self) -> dict[DocumentId, Reason]:
        return {entry.explanation.document: entry.explanation.reason for entry in await self.entries()}


@pytest.fixture(params=["memory", "disk", "bucket"])
def quarantine(request: pytest.FixtureRequest, layout: Layout, folder: Path) -> Readable:
    if request.param == "bucket":
        return InBucket(request.getfixturevalue("bucket"), layout)
    return MemoryQuarantine() if request.param == "memory" else Watched(folder, layout, now=lambda: NOON)


async def test_what_was_put_there_is_there_with_its_reason(quarantine: Readable, layout: Layout) -> None:
    stand(layout, document := a_document())
    await quarantine.put(document, refused(document))
    assert await quarantine.reasons() == {document.id: Reason.REFUSED_BY_VENDOR}


async def test_putting_again_changes_nothing(quarantine: Readable, layout: Layout) -> None:
    stand(layout, document := a_document())
    await quarantine.put(document, refused(document))
    await quarantine.put(document, refused(document, Reason.ABANDONED))
    assert await quarantine.reasons() == {document.id: Reason.REFUSED_BY_VENDOR}


async def test_two_documents_of_one_name_both_lie_there(quarantine: Readable, layout: Layout) -> None:
    twins = [a_document(number, name="a.pdf") for number in (1, 2)]
    stand(layout, *twins)
    for twin in twins:
        await quarantine.put(twin, refused(twin))
    assert set(await quarantine.reasons()) == {twin.id for twin in twins}


class TestOnDisk:
    """What only files can suffer."""

    @pytest.fixture
    def quarantine(self, folder: Path, layout: Layout) -> DiskQuarantine:
        return DiskQuarantine(folder, layout, now=lambda: NOON)

    @pytest.fixture
    def document(self, layout: Layout) -> Document:
        stand(layout, document := a_document(name="2026/a.pdf"))
        return document

    async def test_the_original_is_byte_identical_and_leaves_the_shelf(
        self, quarantine: DiskQuarantine, document: Document, folder: Path, layout: Layout
    ) -> None:
        await quarantine.put(document, refused(document))
        assert (folder / "invoices/2026/a.pdf").read_text() == document.id
        assert files(layout.shelf) == set()

    async def test_programs_find_every_fact(self, quarantine: DiskQuarantine, document: Document, folder: Path) -> None:
        await quarantine.put(document, refused(document), batch_id(INVOICES, 7))
        facts = json.loads((folder / "invoices/2026/a.pdf.error.json").read_bytes())
        assert (facts["document"], facts["reason"]) == (document.id, "refused-by-vendor")
        assert (facts["route"], facts["batch"], facts["detail"]) == (
            "invoices",
            "invoices-000007",
            "what the vendor said",
        )
        assert (facts["sha256"], facts["size"]) == (document.sha256.hex, document.size)

    @pytest.mark.parametrize("reason", Reason)
    async def test_people_are_told_what_to_do(
        self, quarantine: DiskQuarantine, document: Document, folder: Path, reason: Reason
    ) -> None:
        await quarantine.put(document, refused(document, reason))
        words = (folder / "invoices/2026/a.pdf.txt").read_text()
        assert ADVICE[reason] in words.replace("\n", " ")
        assert f"zimogs retry {document.id}\n" in words

    async def test_a_sealed_file_that_failed_verification_is_kept_as_evidence(
        self, quarantine: DiskQuarantine, folder: Path, layout: Layout
    ) -> None:
        item = downloaded(layout, name="a.pdf")
        await quarantine.put(item.document, refused(item.document, Reason.NOT_VERIFIED))
        assert (folder / "invoices/a.pdf.unverified").read_bytes() == item.content

    async def test_a_sealed_file_that_only_lacks_its_archive_timestamp_is_kept_beside(
        self, quarantine: DiskQuarantine, folder: Path, layout: Layout
    ) -> None:
        item = downloaded(layout, name="a.pdf")
        await quarantine.put(item.document, refused(item.document, Reason.NOT_ARCHIVED))
        assert (folder / "invoices/a.pdf.sealed").read_bytes() == item.content
        assert (folder / "invoices/a.pdf.txt").read_text().startswith("a.pdf was not delivered.")

    async def test_the_text_beside_a_file_tells_it_in_every_language_that_of_the_house_first(
        self, folder: Path, layout: Layout
    ) -> None:
        house = DiskQuarantine(folder, layout, now=lambda: NOON, language=Language.LATVIAN, zone=ZoneInfo("Asia/Tokyo"))
        item = downloaded(layout, name="a.pdf")
        await house.put(item.document, refused(item.document, Reason.ENCRYPTED))
        latvian, english = (folder / "invoices/a.pdf.txt").read_text().split("-" * 100)
        assert latvian.startswith("a.pdf: dokuments netika apzīmogots.")
        assert "PDF fails ir aizsargāts ar paroli" in latvian
        assert " JST" in latvian
        assert english.strip().startswith("a.pdf was not sealed.")
        assert all(f"zimogs retry {item.document.id}" in text for text in (latvian, english))

    async def test_a_sealed_file_is_no_evidence_of_anything_else(
        self, quarantine: DiskQuarantine, folder: Path, layout: Layout
    ) -> None:
        item = downloaded(layout, name="a.pdf")
        await quarantine.put(item.document, refused(item.document, Reason.ABANDONED))
        assert files(folder) == {"invoices/a.pdf", "invoices/a.pdf.error.json", "invoices/a.pdf.txt"}

    async def test_after_a_crash_anywhere_the_original_is_in_one_place_and_is_listed_in_the_end(
        self, tmp_path: Path
    ) -> None:
        process = multiprocessing.get_context("spawn").Process(target=die_everywhere, args=(tmp_path,))
        process.start()
        await until(lambda: not process.is_alive())
        assert process.exitcode == 0
        steps, document = await asyncio.to_thread(lambda: [*tmp_path.iterdir()]), a_document(name="a.pdf")
        assert len(steps) > 10
        for step in steps:
            layout, quarantine = Layout(step / "data"), a_quarantine(step / "quarantine", Layout(step / "data"))
            places = [layout.place(document.id).original, layout.quarantine_place(document.id).original]
            assert [path.exists() for path in places].count(True) == 1, step
            await quarantine.put(document, refused(document, Reason.NOT_VERIFIED))
            (entry,) = await quarantine.entries()
            assert entry.original.read_text() == entry.shown.read_text() == document.id
            assert layout.quarantine_place(document.id).evidence(".unverified").read_text() == f"sealed {document.id}"
            assert {file for file in files(layout.shelf) if not file.startswith(".")} == set(), step
            shown = {path.name for path in (step / "quarantine/invoices").iterdir() if path.name[0] != "."}
            assert shown == {f"a.pdf{ending}" for ending in ("", ".error.json", ".txt", ".unverified")}, step

    async def test_a_document_that_is_named_like_an_explanation_keeps_its_content(
        self, quarantine: DiskQuarantine, folder: Path, layout: Layout
    ) -> None:
        both = [a_document(1, name="a.pdf.txt"), a_document(2, name="a.pdf")]
        stand(layout, *both)
        for document in both:
            await quarantine.put(document, refused(document))
        assert (folder / "invoices/a.pdf.txt").read_text() == both[0].id
        assert (folder / "invoices/a (2).pdf").read_text() == both[1].id

    async def test_an_entry_is_found_by_its_document(self, quarantine: DiskQuarantine, document: Document) -> None:
        await quarantine.put(document, refused(document))
        entry = await quarantine.find(document.id)
        assert (entry.path.name, entry.explanation.name) == ("a.pdf", "2026/a.pdf")

    async def test_a_document_that_is_not_there_is_called_so(self, quarantine: DiskQuarantine) -> None:
        with pytest.raises(NotQuarantined):
            await quarantine.find(a_document().id)

    @pytest.mark.parametrize("gone", ["a.pdf", "a.pdf.error.json", "*"])
    async def test_whatever_people_delete_the_original_is_kept_and_listed(
        self, quarantine: DiskQuarantine, document: Document, folder: Path, gone: str
    ) -> None:
        await quarantine.put(document, refused(document))
        for path in (folder / "invoices/2026").glob(gone):
            path.unlink()
        (entry,) = await quarantine.entries()
        assert entry.original.read_text() == document.id
        assert await quarantine.find(document.id) == entry

    async def test_a_copy_that_was_edited_changes_no_original(
        self, quarantine: DiskQuarantine, document: Document, layout: Layout
    ) -> None:
        await quarantine.put(document, refused(document))
        entry = await quarantine.find(document.id)
        assert not is_edited(entry)
        entry.shown.write_text("edited")
        assert is_edited(entry)
        assert entry.original.read_text() == document.id

    async def test_what_is_forgotten_leaves_nothing_but_what_people_edited(
        self, quarantine: DiskQuarantine, layout: Layout, folder: Path
    ) -> None:
        both = [a_document(1, name="a.pdf"), a_document(2, name="b.pdf")]
        stand(layout, *both)
        for document in both:
            await quarantine.put(document, refused(document))
        for entry in await quarantine.entries():
            entry.original.unlink()
            quarantine.forget(entry, leave_copy=entry.shown.name == "b.pdf")
        assert files(folder) == {"invoices/b.pdf"}
        assert files(layout.quarantine) == set()

    async def test_evidence_is_ours_alone_and_stays_when_its_document_leaves(
        self, quarantine: DiskQuarantine, folder: Path, layout: Layout
    ) -> None:
        item = downloaded(layout, name="a.pdf")
        await quarantine.put(item.document, refused(item.document, Reason.NOT_VERIFIED))
        kept = layout.quarantine_place(item.document.id).evidence(".unverified")
        for evidence in (kept, folder / "invoices/a.pdf.unverified"):
            assert (evidence.read_bytes(), evidence.stat().st_mode & 0o777) == (item.content, 0o600)
        (entry,) = await quarantine.entries()
        entry.original.unlink()
        quarantine.forget(entry)
        assert kept.exists()
        assert await quarantine.entries() == ()

    async def test_a_file_with_a_note_that_is_not_known_here_is_told_and_never_sent(
        self, quarantine: DiskQuarantine, document: Document, folder: Path
    ) -> None:
        """Version 0.2.0 put it there, or somebody planted it."""
        (folder / "invoices").mkdir(parents=True)
        (folder / "invoices/old.pdf").write_text("old")
        (folder / "invoices/old.pdf.error.json").write_text(explain(a_document(7)).model_dump_json())
        await quarantine.put(document, refused(document))
        assert await quarantine.unknown() == (folder / "invoices/old.pdf",)
        assert [entry.explanation.document for entry in await quarantine.entries()] == [document.id]
        with pytest.raises(NotQuarantined, match="zimogs submit"):
            await quarantine.find(a_document(7).id)

    async def test_a_planted_note_of_the_same_document_is_written_over(
        self, quarantine: DiskQuarantine, document: Document, folder: Path
    ) -> None:
        (folder / "invoices/2026").mkdir(parents=True)
        note = folder / "invoices/2026/a.pdf.error.json"
        planted = explain(document).model_copy(update={"detail": "planted"})
        note.write_text(planted.model_dump_json())
        await quarantine.put(document, refused(document))
        assert json.loads(note.read_bytes())["detail"] == "what the vendor said"
        assert (await quarantine.find(document.id)).explanation.detail == "what the vendor said"

    async def test_where_there_is_no_room_for_a_copy_the_words_say_where_the_original_is(
        self, quarantine: DiskQuarantine, folder: Path, layout: Layout
    ) -> None:
        stand(layout, document := a_document(name="a.pdf", size=LARGEST_COPY + 1))
        await quarantine.put(document, refused(document))
        (entry,) = await quarantine.entries()
        assert files(folder) == {"invoices/a.pdf.error.json", "invoices/a.pdf.txt"}
        assert f"    {entry.original}\n" in (folder / "invoices/a.pdf.txt").read_text()
        assert entry.path == entry.original
