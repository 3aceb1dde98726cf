"""What a machine copied of what stands in a bucket goes in time, whichever machine finished it; nothing else does."""

from datetime import timedelta
from pathlib import Path

import pytest

from jobs.model.documents import Profile
from jobs.model.names import batch_id
from jobs.model.records import Gathered
from tests.support.builders import INVOICES, NOON, a_document
from tests.support.machine import Machine
from tests.support.pdfs import a_pdf
from tests.support.shelves import files, stand, stand_in
from worker.clock import utc_now
from worker.objects.adoption import Adoption
from worker.objects.bucket import Bucket
from worker.objects.copies import LIFE, LocalCopies
from worker.objects.documents import StoredDocuments, place_of, taken_key
from worker.objects.ledger import ObjectLedger
from worker.objects.mirror import LedgerMirror
from worker.objects.outbox import OUTBOX
from worker.objects.reach import BucketReach
from worker.storage.layout import Layout

TAKEN_IN, WAITING, GATHERED, OVER, NEVER_KEPT = (a_document(number) for number in range(1, 6))
FIRST, SECOND = batch_id(INVOICES, 1), batch_id(INVOICES, 2)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "data")


@pytest.fixture
def copies(bucket: Bucket, layout: Layout, tmp_path: Path) -> LocalCopies:
    return LocalCopies(bucket, layout, tmp_path / "outbox")


async def test_a_document_that_another_machine_finished_leaves_no_copy_and_what_is_under_way_keeps_its_own(
    bucket: Bucket, layout: Layout, copies: LocalCopies
) -> None:
    stand_in(bucket, layout, WAITING)
    stand_in(bucket, layout, TAKEN_IN, GATHERED, OVER)
    elsewhere = ObjectLedger(bucket)
    for batch, document in ((FIRST, OVER), (SECOND, GATHERED)):
        gathered = Gathered(at=NOON, route=INVOICES, seal="S", profile=Profile(), documents=(document,))
        await elsewhere.open(batch, gathered)
        bucket.remove(f"waiting/{INVOICES}/{document.id}")
    await elsewhere.close(FIRST)
    bucket.remove(f"waiting/{INVOICES}/{TAKEN_IN.id}")
    bucket.write(taken_key(TAKEN_IN.id), b"{}")
    # Of a house that had folders of its own before: the bucket knows nothing of it.
    stand(layout, NEVER_KEPT)
    layout.place(OVER.id).sealed.write_bytes(b"sealed")

    copies.tidy(utc_now())
    assert layout.place(OVER.id).sealed.exists()
    copies.tidy(utc_now() + 2 * LIFE)
    kept = {f"{one.id}.original" for one in (TAKEN_IN, WAITING, GATHERED, NEVER_KEPT)}
    assert files(layout.shelf) == kept
    assert bucket.exists(f"{place_of(OVER.id)}/original")


async def test_a_copy_in_use_stays_for_its_life(bucket: Bucket, layout: Layout, copies: LocalCopies) -> None:
    stand_in(bucket, layout, OVER)
    bucket.remove(f"waiting/{INVOICES}/{OVER.id}")
    begun = utc_now()
    documents = StoredDocuments(bucket, layout)
    while utc_now() - begun < timedelta(milliseconds=20):
        await documents.bring(OVER)
    copies.tidy(begun + LIFE + timedelta(milliseconds=1))
    assert layout.place(OVER.id).original.exists()


async def test_what_people_looked_at_in_quarantine_goes_and_stays_in_the_bucket(tmp_path: Path, bucket: Bucket) -> None:
    machine = Machine(tmp_path, bucket)
    machine.limit = 10
    machine.drop("a.pdf", a_pdf("large"))
    await machine.look()
    (document,) = await machine.refused()
    entry = await machine.quarantine.find(document)
    # As a sending again leaves it that was not to be: another machine was faster.
    entry.original.with_name(".20261123T120000-0123456789ab.claim").write_bytes(b"")
    assert len(files(machine.layout.quarantine)) == 2
    LocalCopies(bucket, machine.layout, tmp_path / "outbox").tidy(utc_now() + 2 * LIFE)
    assert files(machine.layout.quarantine) == set()
    assert (await machine.quarantine.find(document)).original.exists()


async def test_sealed_files_that_somebody_asked_for_go_and_what_else_lies_there_stays(
    bucket: Bucket, layout: Layout, copies: LocalCopies
) -> None:
    documents = StoredDocuments(bucket, layout)
    mirror, adoption = LedgerMirror(bucket, layout.root / "ledger"), Adoption(bucket, documents, layout)
    reach = BucketReach(bucket, documents, layout, copies, mirror=mirror, adoption=adoption)
    for name in ("may/a.pdf", "may/a.pdf.json"):
        bucket.write(f"{OUTBOX}/{INVOICES}/{name}", name.encode())
    await reach.bring_delivered(INVOICES, "may/a.pdf")
    for name in ("theirs.pdf", ".0123456789abcdef.part"):
        # The second as a crash leaves it that comes while a copy is brought.
        (copies.outbox / INVOICES / "may" / name).write_bytes(b"")
    assert len(files(copies.outbox)) == 4
    copies.tidy(utc_now() + 2 * LIFE)
    assert files(copies.outbox) == {f"{INVOICES}/may/theirs.pdf"}
    assert files(layout.root) == set()
