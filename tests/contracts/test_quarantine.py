"""One suite for every quarantine: in memory and on disk."""

import json
from pathlib import Path
from typing import Protocol

import pytest

from jobs.model.documents import Document
from jobs.model.names import DocumentId, batch_id
from jobs.model.reasons import ADVICE, Reason
from jobs.model.records import Refusal
from jobs.ports import Quarantine
from tests.support.builders import INVOICES, NOON, a_document
from tests.support.quarantine import MemoryQuarantine
from tests.support.shelves import downloaded, files, stand
from worker.storage.explanation import Explanation, NotQuarantined
from worker.storage.layout import Layout
from worker.storage.quarantine import DiskQuarantine


def refused(document: Document, reason: Reason = Reason.REFUSED_BY_VENDOR) -> Refusal:
    return Refusal(document=document.id, reason=reason, detail="what the vendor said")


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


@pytest.fixture(params=["memory", "disk"])
def quarantine(request: pytest.FixtureRequest, layout: Layout, folder: Path) -> Readable:
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

    async def test_a_sealed_file_is_no_evidence_of_anything_else(
        self, quarantine: DiskQuarantine, folder: Path, layout: Layout
    ) -> None:
        item = downloaded(layout, name="a.pdf")
        await quarantine.put(item.document, refused(item.document, Reason.ABANDONED))
        assert files(folder) == {"invoices/a.pdf", "invoices/a.pdf.error.json", "invoices/a.pdf.txt"}

    async def test_after_a_crash_behind_the_explanation_the_original_follows_to_the_same_name(
        self, quarantine: DiskQuarantine, document: Document, folder: Path
    ) -> None:
        quarantine.explain(Explanation.of(document, refused(document), None, NOON))
        await quarantine.put(document, refused(document))
        assert files(folder / "invoices/2026") == {"a.pdf", "a.pdf.error.json", "a.pdf.txt"}

    async def test_after_a_crash_behind_the_move_only_the_shelf_is_cleared(
        self, quarantine: DiskQuarantine, document: Document, folder: Path, layout: Layout
    ) -> None:
        place = layout.place(document.id)
        place.original.rename(quarantine.explain(Explanation.of(document, refused(document), None, NOON)))
        await quarantine.put(document, refused(document))
        assert files(folder / "invoices/2026") == {"a.pdf", "a.pdf.error.json", "a.pdf.txt"}
        assert files(place.folder) == set()

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

    async def test_what_a_person_took_away_is_not_listed(self, quarantine: DiskQuarantine, document: Document) -> None:
        await quarantine.put(document, refused(document))
        (await quarantine.find(document.id)).path.unlink()
        assert await quarantine.entries() == ()
