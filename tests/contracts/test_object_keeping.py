"""What lies in a bucket for years: which originals and evidence go by policy, and what its outbox is compared by."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from jobs.model.duplicates import Duplicate, Duplicates
from jobs.model.names import DocumentId, batch_id
from tests.support.builders import INVOICES, a_document
from tests.support.shelves import Downloaded, stand_in
from worker.clock import utc_now
from worker.objects.bucket import Bucket, Listed
from worker.objects.chains import closed_mark, open_mark, record_key
from worker.objects.documents import left_mark, place_of, refused_mark
from worker.objects.firsts import describe_first
from worker.objects.kept_files import KeptObjects
from worker.objects.object_file import open_object
from worker.objects.outbox import ObjectOutbox
from worker.objects.outbox_files import OutboxObjects
from worker.objects.skipped import SkippedDocuments
from worker.storage.layout import Layout
from worker.storage.outbox_audit import DeliveredFile, OutboxAudit, Trouble

FIRST = batch_id(INVOICES, 1)
SEALED, SIDECAR = "invoices/a.pdf", "invoices/a.pdf.json"
AN_HOUR = timedelta(hours=1)


async def deliver(bucket: Bucket, layout: Layout, number: int = 1, name: str = "a.pdf") -> DeliveredFile:
    document = a_document(number, name=name)
    stand_in(bucket, layout, document)
    item = Downloaded(document, b"sealed " + document.id.encode(), layout.place(document.id))
    item.download()
    outbox = ObjectOutbox(bucket, layout)
    delivery = await outbox.deliver(FIRST, document, item.copy.model_copy(update={"report": "{}"}))
    bucket.write(left_mark(document.id), b"")
    return DeliveredFile(FIRST, INVOICES, delivery)


@pytest.fixture
async def file(bucket: Bucket, tmp_path: Path) -> DeliveredFile:
    """One delivered file, with its sidecar and the vendor's report."""
    return await deliver(bucket, Layout(tmp_path / "data"))


def keys_of(bucket: Bucket, document: DocumentId) -> set[str]:
    return {each.key.removeprefix(f"{place_of(document)}/") for each in bucket.list(place_of(document))}


async def test_originals_of_settled_batches_go_and_their_marks_stay(
    bucket: Bucket, file: DeliveredFile, tmp_path: Path
) -> None:
    kept, document = KeptObjects(bucket), file.delivery.document
    waiting = a_document(2)
    stand_in(bucket, Layout(tmp_path / "data"), waiting)
    bucket.write(record_key(FIRST, 1), b"")
    bucket.write(open_mark(FIRST), b"")
    assert [*kept.find_originals(utc_now() + AN_HOUR)] == []
    bucket.write(closed_mark(FIRST), b"")
    bucket.remove(open_mark(FIRST))
    assert [*kept.find_originals(utc_now() - AN_HOUR)] == []
    (expired,) = kept.find_originals(utc_now() + AN_HOUR)
    assert (expired.name, expired.size) == (document, len(document))
    kept.remove(expired)
    kept.remove(expired)
    assert [*kept.find_originals(utc_now() + AN_HOUR)] == []
    assert keys_of(bucket, document) == {"left"}
    assert "original" in keys_of(bucket, waiting.id)


class Listing(Bucket):
    """The same bucket, with all that it listed."""

    def __init__(self, bucket: Bucket) -> None:
        super().__init__(bucket._store)
        self.listed: list[str] = []

    def list(self, folder: str, *, after: str | None = None) -> Iterator[Listed]:
        for each in super().list(folder, after=after):
            self.listed.append(each.key)
            yield each


async def test_what_is_left_of_documents_of_years_is_listed_once(bucket: Bucket, tmp_path: Path) -> None:
    layout, listing, a_day = Layout(tmp_path / "data"), Listing(bucket), utc_now() + timedelta(days=1)
    gone, kept = await deliver(bucket, layout, 1), a_document(2)
    stand_in(bucket, layout, kept)
    policy = KeptObjects(listing)
    for expired in policy.find_originals(a_day):
        policy.remove(expired)
    assert [*policy.find_originals(a_day)] == []
    listing.listed.clear()
    assert [*policy.find_originals(a_day)] == []
    assert [key for key in listing.listed if key.startswith("documents/")] == [f"{place_of(kept.id)}/original"]
    assert keys_of(bucket, gone.delivery.document) == {"left"}


async def test_originals_of_skipped_duplicates_go_once_the_outbox_tells_of_them(bucket: Bucket, tmp_path: Path) -> None:
    kept, skipped, document = KeptObjects(bucket), SkippedDocuments(bucket), a_document()
    stand_in(bucket, Layout(tmp_path / "data"), document)
    duplicate = Duplicate(document=document, rule=Duplicates.SKIP, earlier=describe_first(a_document(2)))
    skipped.record(duplicate)
    assert [*kept.find_originals(utc_now() + AN_HOUR)] == []
    skipped.tell(duplicate)
    assert [*kept.find_originals(utc_now() - AN_HOUR)] == []
    assert [each.name for each in kept.find_originals(utc_now() + AN_HOUR)] == [document.id]


async def test_evidence_goes_where_its_document_is_in_quarantine_no_longer(bucket: Bucket) -> None:
    kept, here, gone = KeptObjects(bucket), a_document(1).id, a_document(2).id
    for document in (here, gone):
        for key in (refused_mark(document), f"{place_of(document)}/evidence.sealed", f"{place_of(document)}/original"):
            bucket.write(key, b"12345")
    bucket.write(f"quarantined/{here}", b"")
    assert [*kept.find_evidence(utc_now() - AN_HOUR)] == []
    (expired,) = kept.find_evidence(utc_now() + AN_HOUR)
    assert (expired.name, expired.size) == (f"{gone}/evidence.sealed", 5)
    kept.remove(expired)
    assert keys_of(bucket, gone) == {"refused", "original"}
    assert [*kept.find_originals(utc_now() + AN_HOUR)] == []


def troubles(bucket: Bucket, *files: DeliveredFile) -> dict[str, Trouble]:
    report = OutboxAudit(OutboxObjects(bucket), files).compare()
    return {finding.path: finding.trouble for finding in report.findings}


async def test_an_outbox_as_it_was_delivered_is_intact_and_what_is_hidden_is_nobodys(
    bucket: Bucket, file: DeliveredFile
) -> None:
    bucket.write("outbox/invoices/.b.pdf.json.part", b"{}")
    told: list[tuple[int, int]] = []
    report = OutboxAudit(
        OutboxObjects(bucket), [file], progress=lambda done, total: told.append((done, total))
    ).compare()
    assert (report.intact, report.findings, told) == (1, (), [(1, 1)])


@pytest.mark.parametrize(
    ("change", "path", "trouble"),
    [
        (lambda bucket: bucket.write(f"outbox/{SEALED}", b"edited"), SEALED, Trouble.EDITED),
        (lambda bucket: bucket.write(f"outbox/{SIDECAR}", b"{}"), SIDECAR, Trouble.SIDECAR_EDITED),
        (lambda bucket: bucket.write("outbox/planted.pdf", b"x"), "planted.pdf", Trouble.UNKNOWN),
        (lambda bucket: bucket.remove(f"outbox/{SEALED}"), SEALED, Trouble.MISSING),
        (
            lambda bucket: [
                (bucket.copy(f"outbox/{SEALED}{end}", f"outbox/b.pdf{end}"), bucket.remove(f"outbox/{SEALED}{end}"))
                for end in ("", ".json", ".validation.json")
            ],
            SEALED,
            Trouble.MOVED,
        ),
    ],
)
async def test_what_was_edited_planted_moved_or_taken_is_told(
    bucket: Bucket, file: DeliveredFile, change: Callable[[Bucket], object], path: str, trouble: Trouble
) -> None:
    change(bucket)
    assert troubles(bucket, file) == {path: trouble}


async def test_what_we_delivered_and_the_ledger_does_not_know_is_remembered(
    bucket: Bucket, file: DeliveredFile, tmp_path: Path
) -> None:
    outbox = ObjectOutbox(bucket, Layout(tmp_path / "data"))
    assert (await outbox.deliveries_beyond({file.delivery.document})).unknown == ()
    ((sidecar, is_ours),) = (await outbox.deliveries_beyond(set())).unknown
    assert (sidecar.delivery, is_ours) == (file.delivery, True)


def test_an_object_is_read_from_any_place_like_a_file(bucket: Bucket, tmp_path: Path) -> None:
    content = bytes(range(256)) * 4_000
    (tmp_path / "file").write_bytes(content)
    bucket.create("archives/x", tmp_path / "file")
    with open_object(bucket, "archives/x") as there, (tmp_path / "file").open("rb") as here:
        for file in (there, here):
            assert file.seek(-10, 2) == len(content) - 10
        assert there.read() == here.read()
        for place, size in ((0, 30), (300_000, 300_000), (17, 1), (len(content) - 3, 9), (len(content) + 3, 9)):
            assert (there.seek(place), there.read(size)) == (here.seek(place), here.read(size))
    with pytest.raises(FileNotFoundError):
        open_object(bucket, "archives/y")
    with pytest.raises(FileExistsError):
        bucket.create("archives/x", tmp_path / "file")
