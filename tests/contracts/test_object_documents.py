"""What only documents in a bucket can suffer: crashes between two requests, and other machines."""

import json
from pathlib import Path

import pytest

from jobs.model.documents import Document
from jobs.model.names import DocumentId, batch_id
from jobs.model.reasons import Reason
from jobs.model.records import Refusal
from tests.support.builders import INVOICES, NOON, a_document
from tests.support.looks import a_file, a_folder
from tests.support.object_storage import Counted
from tests.support.shelves import Downloaded, downloaded, files, stand_in
from worker.objects.bucket import Bucket
from worker.objects.documents import StoredDocuments, left_mark, taken_key, waiting_key
from worker.objects.outbox import ObjectOutbox
from worker.objects.quarantine import ObjectQuarantine
from worker.objects.remains import ObjectRemains
from worker.objects.resent import ResentObjects
from worker.objects.shelf import ObjectShelf
from worker.storage.durable import make_folder
from worker.storage.explanation import Dismissal, NotQuarantined
from worker.storage.layout import Layout

FIRST = batch_id(INVOICES, 1)
ONE, TWO = a_document(1, age=10), a_document(2, age=30)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Of the machine that took documents in."""
    return Layout(tmp_path / "here")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Layout:
    """Of another machine."""
    return Layout(tmp_path / "elsewhere")


def keys(bucket: Bucket, folder: str) -> set[str]:
    return {each.key.removeprefix(f"{folder}/") for each in bucket.list(folder)}


class TestShelf:
    async def test_machines_see_one_list_and_each_gets_the_originals_it_needs(
        self, bucket: Bucket, layout: Layout, elsewhere: Layout
    ) -> None:
        document = a_file(b"one")
        place = layout.place(document.id)
        make_folder(place.folder)
        place.original.write_bytes(b"one")
        here, there = ObjectShelf(bucket, layout), ObjectShelf(bucket, elsewhere)
        here.documents.keep(document.id)
        here.admit([document])
        assert await there.waiting_list(document.route) == (document,)
        for _ in range(2):
            await there.documents.bring(document)
            assert elsewhere.place(document.id).original.read_bytes() == b"one"
        await there.leave_waiting_list([document])
        assert await here.waiting_list(document.route) == ()

    async def test_a_folder_comes_with_all_its_files(self, bucket: Bucket, layout: Layout, elsewhere: Layout) -> None:
        folder = a_folder({"first\n.pdf": b"1", "rēķins.pdf": b"2"})
        original = layout.place(folder.id).original
        original.mkdir(parents=True)
        (original / "first\n.pdf").write_bytes(b"1")
        (original / "rēķins.pdf").write_bytes(b"2")
        StoredDocuments(bucket, layout).keep(folder.id)
        await StoredDocuments(bucket, elsewhere).bring(folder)
        assert {path.name: path.read_bytes() for path in elsewhere.place(folder.id).original.iterdir()} == {
            "first\n.pdf": b"1",
            "rēķins.pdf": b"2",
        }

    async def test_an_original_that_was_changed_in_the_bucket_is_not_taken(
        self, bucket: Bucket, layout: Layout, elsewhere: Layout
    ) -> None:
        stand_in(bucket, layout, ONE)
        with pytest.raises(OSError, match="is not what was taken in"):
            await StoredDocuments(bucket, elsewhere).bring(ONE)
        assert files(elsewhere.shelf) == set()

    async def test_a_document_is_never_admitted_twice_whatever_comes_in_between(
        self, bucket: Bucket, layout: Layout, elsewhere: Layout
    ) -> None:
        stand_in(bucket, layout, ONE, TWO)
        late, others = ObjectShelf(bucket, layout), ObjectShelf(bucket, elsewhere)
        assert await others.waiting_list(INVOICES) == (TWO, ONE)
        entry = bucket.read(waiting_key(ONE))
        await others.leave_waiting_list([ONE])
        late.admit([ONE])
        assert await others.waiting_list(INVOICES) == (TWO,)
        # As when a machine was halted between its look at the mark and its writing of the entry.
        bucket.write(waiting_key(ONE), entry + b"again")
        for shelf in (others, late):
            assert await shelf.waiting_list(INVOICES) == (TWO,)
        assert keys(bucket, "waiting") == {f"{INVOICES}/{TWO.id}"}

    async def test_what_left_the_list_for_a_crash_half_way_is_off_it(self, bucket: Bucket, layout: Layout) -> None:
        stand_in(bucket, layout, ONE)
        bucket.write(left_mark(ONE.id), b"")
        assert await ObjectShelf(bucket, layout).waiting_list(INVOICES) == ()

    async def test_a_damaged_entry_costs_its_own_document_and_is_told_once(
        self, bucket: Bucket, layout: Layout, capsys: pytest.CaptureFixture[str]
    ) -> None:
        stand_in(bucket, layout, ONE, TWO)
        bucket.write(waiting_key(ONE), b"{")
        shelf = ObjectShelf(bucket, layout)
        for _ in range(2):
            assert await shelf.waiting_list(INVOICES) == (TWO,)
        assert capsys.readouterr().out.count("waiting document damaged") == 1

    @pytest.mark.parametrize("keep", [True, False])
    async def test_retired_originals_are_kept_where_somebody_wants_them(
        self, bucket: Bucket, layout: Layout, *, keep: bool
    ) -> None:
        stand_in(bucket, layout, ONE)
        shelf = ObjectShelf(bucket, layout, keep_originals=keep)
        await shelf.leave_waiting_list([ONE])
        for _ in range(2):
            await shelf.retire(FIRST, [ONE])
        assert files(layout.shelf) == set()
        assert keys(bucket, f"documents/{ONE.id}") == ({"original", "left"} if keep else {"left"})
        assert not bucket.has(taken_key(ONE.id))


class TestOutbox:
    @pytest.fixture
    def outbox(self, bucket: Bucket, layout: Layout) -> ObjectOutbox:
        return ObjectOutbox(bucket, layout)

    @pytest.fixture
    def item(self, layout: Layout) -> Downloaded:
        return downloaded(layout, name="2026/a.pdf")

    @pytest.mark.parametrize("is_sealed_first", [True, False])
    async def test_consumers_find_file_sidecar_and_report(
        self, bucket: Bucket, layout: Layout, item: Downloaded, *, is_sealed_first: bool
    ) -> None:
        outbox = ObjectOutbox(bucket, layout, is_sealed_first=is_sealed_first)
        await outbox.deliver(FIRST, item.document, item.copy.model_copy(update={"report": "{}"}))
        found = {"invoices/2026/a.pdf", "invoices/2026/a.pdf.json", "invoices/2026/a.pdf.validation.json"}
        assert keys(bucket, "outbox") == found
        assert bucket.read("outbox/invoices/2026/a.pdf") == item.content
        sidecar = json.loads(bucket.read("outbox/invoices/2026/a.pdf.json"))
        assert (sidecar["document"], sidecar["batch"]) == (item.document.id, FIRST)
        assert not item.place.sealed.exists()

    @pytest.mark.parametrize("steps", [1, 2, 3, 4])
    @pytest.mark.parametrize("is_sealed_first", [True, False])
    async def test_after_a_crash_anywhere_another_machine_goes_on_whatever_is_set_by_then(
        self, bucket: Bucket, layout: Layout, item: Downloaded, steps: int, *, is_sealed_first: bool
    ) -> None:
        before = ObjectOutbox(bucket, layout, is_sealed_first=is_sealed_first)
        sidecar = before._reserve(FIRST, item.document, item.copy)
        if steps > 1:
            noted = before._deliveries.begin(sidecar)
        if steps > 2:
            before._fill(noted, item.document, None, is_new=True)
        if steps > 3:
            before._publish(sidecar)
        item.download()
        after = ObjectOutbox(bucket, layout, is_sealed_first=not is_sealed_first)
        for _ in range(2):
            assert await after.deliver(FIRST, item.document, item.copy) == sidecar.delivery
        assert keys(bucket, "outbox") == {"invoices/2026/a.pdf", "invoices/2026/a.pdf.json"}

    @pytest.mark.parametrize("is_over", [True, False])
    async def test_what_a_consumer_has_collected_is_not_delivered_again(
        self, bucket: Bucket, outbox: ObjectOutbox, item: Downloaded, *, is_over: bool
    ) -> None:
        noted = outbox._deliveries.begin(outbox._reserve(FIRST, item.document, item.copy))
        outbox._fill(noted, item.document, None, is_new=True)
        if is_over:
            await outbox.deliver(FIRST, item.document, item.copy)
        bucket.remove(*(each.key for each in bucket.list("outbox")))
        item.download()
        assert (await outbox.deliver(FIRST, item.document, item.copy)).name == "2026/a.pdf"
        assert keys(bucket, "outbox") == set()
        (earlier,) = await outbox.find_earlier([item.document])
        assert not earlier.is_proven

    async def test_a_strangers_object_is_never_replaced(
        self, bucket: Bucket, outbox: ObjectOutbox, item: Downloaded
    ) -> None:
        bucket.write("outbox/invoices/2026/a.pdf", b"a stranger's")
        assert (await outbox.deliver(FIRST, item.document, item.copy)).name == "2026/a (2).pdf"
        assert bucket.read("outbox/invoices/2026/a.pdf") == b"a stranger's"

    async def test_a_name_that_another_has_taken_with_the_sidecar_is_given_up(
        self, bucket: Bucket, outbox: ObjectOutbox, item: Downloaded, layout: Layout
    ) -> None:
        noted = outbox._deliveries.begin(outbox._reserve(FIRST, item.document, item.copy))
        bucket.remove("outbox/invoices/2026/a.pdf.json")
        other = downloaded(layout, 2, name="2026/a.pdf")
        await outbox.deliver(FIRST, other.document, other.copy)
        bucket.remove("outbox/invoices/2026/a.pdf")
        with pytest.raises(FileExistsError):
            outbox._fill(noted, item.document, None, is_new=True)
        item.download()
        assert (await outbox.deliver(FIRST, item.document, item.copy)).name == "2026/a (2).pdf"

    async def test_the_two_thousandth_of_one_name_costs_what_the_second_did(
        self, bucket: Bucket, outbox: ObjectOutbox, layout: Layout
    ) -> None:
        for number in (1, 2):
            item = downloaded(layout, number, name="a.pdf")
            await outbox.deliver(FIRST, item.document, item.copy)
        (note,) = keys(bucket, "numbers")
        bucket.write(f"numbers/{note}", b"1999")
        item = downloaded(layout, 3, name="a.pdf")
        assert (await outbox.deliver(FIRST, item.document, item.copy)).name == "a (2000).pdf"


class TestRemains:
    async def test_what_a_batch_is_known_to_hold_is_looked_for_without_a_look_at_all_other_deliveries(
        self, bucket: Bucket, layout: Layout
    ) -> None:
        outbox = ObjectOutbox(bucket, layout)
        items = [downloaded(layout, number) for number in range(1, 6)]
        for item in items:
            await outbox.deliver(FIRST, item.document, item.copy)
        stand_in(bucket, layout, stray := a_document(7))
        bucket.remove(waiting_key(stray))
        counted = Counted(bucket)
        remains = ObjectRemains(counted, layout)
        own = items[0].document.id
        assert list(await remains.find_deliveries(FIRST, {own})) == [own]
        assert counted.requests == 1
        counted.requests = 0
        assert await remains.find_strays([own, stray.id]) == (stray.id,)
        by_name = counted.requests
        assert await remains.find_strays() == (stray.id,)
        assert len(await remains.find_deliveries(FIRST)) == 5
        (described,) = await remains.describe_strays([stray.id], INVOICES)
        assert (described.id, described.name) == (stray.id, stray.id)
        assert by_name < 9


class TestQuarantine:
    @pytest.fixture
    def quarantine(self, bucket: Bucket, layout: Layout) -> ObjectQuarantine:
        return ObjectQuarantine(bucket, layout, now=lambda: NOON)

    @pytest.fixture
    def document(self, bucket: Bucket, layout: Layout) -> Document:
        document = a_file(b"one", name="2026/a.pdf")
        place = layout.place(document.id)
        make_folder(place.folder)
        place.original.write_bytes(b"one")
        place.metadata.write_bytes(b"{}")
        StoredDocuments(bucket, layout).keep(document.id)
        return document

    async def test_people_see_copies_and_programs_every_fact(
        self, bucket: Bucket, quarantine: ObjectQuarantine, document: Document, layout: Layout
    ) -> None:
        layout.place(document.id).sealed.write_bytes(b"sealed")
        await quarantine.put(document, refused(document, Reason.NOT_VERIFIED), FIRST)
        assert keys(bucket, "quarantine/invoices/2026") == {
            "a.pdf", "a.pdf.txt", "a.pdf.error.json", "a.pdf.json", "a.pdf.unverified",
        }  # fmt: skip
        assert bucket.read("quarantine/invoices/2026/a.pdf") == b"one"
        assert bucket.read("quarantine/invoices/2026/a.pdf.unverified") == b"sealed"
        facts = json.loads(bucket.read("quarantine/invoices/2026/a.pdf.error.json"))
        assert (facts["document"], facts["batch"], facts["reason"]) == (document.id, FIRST, "not-verified")
        assert f"zimogs retry {document.id}" in bucket.read("quarantine/invoices/2026/a.pdf.txt").decode()
        assert files(layout.shelf) == set()

    async def test_another_machine_finds_the_entry_with_its_files(
        self, bucket: Bucket, quarantine: ObjectQuarantine, document: Document, elsewhere: Layout
    ) -> None:
        await quarantine.put(document, refused(document))
        there = ObjectQuarantine(bucket, elsewhere, now=lambda: NOON)
        (listed,) = await there.entries()
        found = await there.find(document.id)
        assert (found.explanation, str(found.path)) == (listed.explanation, "quarantine/invoices/2026/a.pdf")
        assert found.original.read_bytes() == b"one"
        assert found.metadata is not None
        assert found.metadata.read_bytes() == b"{}"

    async def test_what_was_put_aside_for_good_is_shown_no_more_and_can_be_taken_back(
        self, bucket: Bucket, quarantine: ObjectQuarantine, document: Document
    ) -> None:
        await quarantine.put(document, refused(document))
        for _ in range(2):
            await quarantine.dismiss(document.id, Dismissal(name="Anna", at=NOON, why="no longer needed"))
        assert await quarantine.entries() == ()
        assert [entry.explanation.document for entry in await quarantine.dismissed_entries()] == [document.id]
        assert keys(bucket, "quarantine") == set()
        await quarantine.reinstate(document.id)
        assert bucket.read("quarantine/invoices/2026/a.pdf") == b"one"
        assert len(await quarantine.entries()) == 1

    async def test_a_copy_that_somebody_has_edited_is_left_to_them(
        self, bucket: Bucket, quarantine: ObjectQuarantine, document: Document
    ) -> None:
        await quarantine.put(document, refused(document))
        bucket.write("quarantine/invoices/2026/a.pdf", b"mended")
        quarantine.forget(await quarantine.find(document.id))
        assert keys(bucket, "quarantine/invoices/2026") == {"a.pdf", "a.pdf.json"}

    async def test_what_went_on_as_another_document_is_never_put_here_again(
        self, bucket: Bucket, quarantine: ObjectQuarantine, document: Document
    ) -> None:
        await quarantine.put(document, refused(document))
        entry, became = await quarantine.find(document.id), DocumentId("20261128T120001-000000000009")
        quarantine.note_resent(entry, became)
        # As when it is kept in the bucket.
        assert ResentObjects(bucket).decide(became)
        quarantine.forget(entry)
        await quarantine.put(document, refused(document))
        assert await quarantine.entries() == ()
        with pytest.raises(NotQuarantined):
            await quarantine.find(document.id)
        resent, _ = await quarantine.find_resent(document.id)
        _, origin = await quarantine.find_resent(became)
        assert resent == origin
        assert resent is not None
        assert resent.became == became


def refused(document: Document, reason: Reason = Reason.REFUSED_BY_VENDOR) -> Refusal:
    return Refusal(document=document.id, reason=reason, detail="what the vendor said")
