"""The outbox compared with what the ledger says was delivered."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.model.names import DocumentId, batch_id
from tests.support.builders import INVOICES
from tests.support.shelves import Downloaded, downloaded
from worker.storage.layout import Layout
from worker.storage.outbox import DiskOutbox
from worker.storage.outbox_audit import DeliveredFile, OutboxAudit, Trouble
from worker.storage.outbox_files import OutboxFolder

FIRST = batch_id(INVOICES, 1)
SEALED, SIDECAR = "invoices/a.pdf", "invoices/a.pdf.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


@pytest.fixture
def item(tmp_path: Path) -> Downloaded:
    return downloaded(Layout(tmp_path / "data"), name="a.pdf")


@pytest.fixture
async def file(tmp_path: Path, folder: Path, item: Downloaded) -> DeliveredFile:
    """One delivered file, with its sidecar and the vendor's report."""
    reported = item.copy.model_copy(update={"report": "{}"})
    delivery = await DiskOutbox(folder, Layout(tmp_path / "data")).deliver(FIRST, item.document, reported)
    return DeliveredFile(FIRST, INVOICES, delivery)


def troubles(folder: Path, *files: DeliveredFile, under_way: frozenset[DocumentId] = frozenset()) -> dict[str, Trouble]:
    report = OutboxAudit(OutboxFolder(folder), files, under_way).compare()
    return {finding.path: finding.trouble for finding in report.findings}


async def test_what_stands_there_as_delivered_is_intact(folder: Path, file: DeliveredFile) -> None:
    report = OutboxAudit(OutboxFolder(folder), [file]).compare()
    assert (report.intact, report.findings, report.is_good(strict=True)) == (1, (), True)


@pytest.mark.parametrize(
    ("change", "path", "trouble"),
    [
        (lambda folder: (folder / SEALED).write_bytes(b"edited"), SEALED, Trouble.EDITED),
        (
            lambda folder: (folder / SEALED).write_bytes((folder / SEALED).read_bytes()[:-1] + b"X"),
            SEALED,
            Trouble.EDITED,
        ),
        (lambda folder: (folder / SIDECAR).write_text("{}"), SIDECAR, Trouble.SIDECAR_EDITED),
        (
            lambda folder: (folder / SIDECAR).write_text((folder / SIDECAR).read_text().replace("000001", "000002")),
            SIDECAR,
            Trouble.SIDECAR_EDITED,
        ),
        (
            lambda folder: (folder / "invoices/planted.pdf").write_bytes(b"planted"),
            "invoices/planted.pdf",
            Trouble.UNKNOWN,
        ),
        (lambda folder: (folder / "planted").symlink_to(folder / SEALED), "planted", Trouble.UNKNOWN),
    ],
)
async def test_what_was_edited_or_planted_is_told(
    folder: Path, file: DeliveredFile, change: Callable[[Path], object], path: str, trouble: Trouble
) -> None:
    change(folder)
    report = OutboxAudit(OutboxFolder(folder), [file]).compare()
    assert {finding.path: finding.trouble for finding in report.findings} == {path: trouble}
    assert not report.is_good(strict=False)


async def test_what_we_delivered_and_the_ledger_has_lost_is_no_alarm(folder: Path, file: DeliveredFile) -> None:
    report = OutboxAudit(OutboxFolder(folder), [], remembered=[file]).compare()
    assert {finding.path: finding.trouble for finding in report.findings} == {SEALED: Trouble.UNRECORDED}
    dropped = OutboxAudit(OutboxFolder(folder), [], remembered=[file], dropped=frozenset({file.batch})).compare()
    assert (dropped.intact, dropped.findings) == (1, ())
    assert report.is_good(strict=False)


async def test_what_was_edited_since_we_delivered_it_is_an_alarm_after_a_restore_too(
    folder: Path, file: DeliveredFile
) -> None:
    (folder / SEALED).write_bytes(b"edited")
    report = OutboxAudit(OutboxFolder(folder), [], remembered=[file]).compare()
    assert {finding.trouble for finding in report.findings} == {Trouble.UNKNOWN}


async def test_what_was_moved_is_found_by_its_content_with_all_that_goes_with_it(
    folder: Path, file: DeliveredFile
) -> None:
    (folder / "done").mkdir()
    for name in ("a.pdf", "a.pdf.json", "a.pdf.validation.json"):
        (folder / "invoices" / name).rename(folder / "done" / name)
    report = OutboxAudit(OutboxFolder(folder), [file]).compare()
    (finding,) = report.findings
    assert (finding.trouble, finding.detail) == (Trouble.MOVED, "stands at done/a.pdf")
    assert (report.is_good(strict=False), report.is_good(strict=True)) == (True, False)


@pytest.mark.parametrize("gone", ["a.pdf", "a.pdf*"])
async def test_what_was_collected_is_told_and_is_no_failure_unless_everything_has_to_be_there(
    folder: Path, file: DeliveredFile, gone: str
) -> None:
    for path in (folder / "invoices").glob(gone):
        path.unlink()
    report = OutboxAudit(OutboxFolder(folder), [file]).compare()
    assert [finding.trouble for finding in report.findings] == [Trouble.MISSING]
    assert (report.is_good(strict=False), report.is_good(strict=True)) == (True, False)


async def test_a_name_that_was_free_again_belongs_to_whom_the_content_belongs(
    tmp_path: Path, folder: Path, file: DeliveredFile
) -> None:
    for path in (folder / "invoices").iterdir():
        path.unlink()
    layout = Layout(tmp_path / "data")
    later = downloaded(layout, 2, name="a.pdf")
    delivery = await DiskOutbox(folder, layout).deliver(batch_id(INVOICES, 2), later.document, later.copy)
    second = DeliveredFile(batch_id(INVOICES, 2), INVOICES, delivery)
    report = OutboxAudit(OutboxFolder(folder), [file, second]).compare()
    assert [(finding.trouble, finding.file) for finding in report.findings] == [(Trouble.MISSING, file)]
    assert report.intact == 1


async def test_what_is_being_delivered_right_now_is_not_unknown(
    folder: Path, file: DeliveredFile, item: Downloaded
) -> None:
    assert troubles(folder, under_way=frozenset({item.document.id})) == {}
    assert set(troubles(folder).values()) == {Trouble.UNKNOWN}


async def test_progress_is_told_of_every_file(folder: Path, file: DeliveredFile) -> None:
    told: list[tuple[int, int]] = []
    OutboxAudit(OutboxFolder(folder), [file], progress=lambda done, total: told.append((done, total))).compare()
    assert told == [(1, 1)]


def test_an_outbox_that_is_not_there_yet_holds_nothing(folder: Path) -> None:
    assert troubles(folder) == {}


def test_a_note_on_a_duplicate_is_ours_where_we_remember_it(folder: Path) -> None:
    note = "invoices/a.pdf.duplicate.json"
    (folder / note).parent.mkdir(parents=True)
    (folder / note).write_text("{}")
    assert [each.trouble for each in OutboxAudit(OutboxFolder(folder), []).compare().findings] == [Trouble.UNKNOWN]
    assert OutboxAudit(OutboxFolder(folder), [], notes=frozenset({note})).compare().findings == ()
