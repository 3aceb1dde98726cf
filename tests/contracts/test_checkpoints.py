"""A checkpoint a day: when it is made, what it holds, how it is handed in, kept when it is sealed, and copied away."""

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from jobs.model.checkpoint import checkpoint_name
from jobs.model.digest import Digest
from jobs.model.documents import Document
from jobs.model.errors import BrokenCheckpoint
from jobs.model.names import batch_id
from jobs.model.seals import Proof, SealedCopy
from tests.support.builders import INVOICES, NOON, a_document
from tests.support.lives import forge_approver, rewrite, seal_checkpoint, write_lives
from tests.support.memory_app import MemoryApp
from tests.support.outbox import MemoryOutbox
from worker.doctor.copies import examine_copies
from worker.doctor.finding import Severity
from worker.evidence.keeper import CheckpointKeeper
from worker.evidence.outbox import CheckpointOutbox
from worker.evidence.verification import verify_ledger
from worker.metrics.snapshot import take_snapshot
from worker.metrics.tally import WAITING
from worker.storage.chains import find_heads, record_path
from worker.storage.checkpoints import Checkpoints
from worker.storage.layout import Layout
from worker.storage.ledger_key import open_secret

FIRST, SECOND = batch_id(INVOICES, 1), batch_id(INVOICES, 2)
DAY = timedelta(days=1)


class Clerk:
    """Takes checkpoints in to be sealed, and remembers their names."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    async def submit(self, path: Path) -> Document:
        self.taken.append(path.name)
        return a_document(len(self.taken))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def ledger(data: Path) -> Path:
    return data / "ledger"


def keeper(ledger: Path, now: datetime = NOON, **options: object) -> CheckpointKeeper:
    return CheckpointKeeper(ledger, now=lambda: now, **options)  # type: ignore[arg-type]


def at(moment: list[datetime]) -> Callable[[], datetime]:
    return lambda: moment[0]


async def test_a_checkpoint_names_every_batch_with_its_newest_record(ledger: Path) -> None:
    lives = await write_lives(ledger, 2)
    made = await keeper(ledger).make()
    assert made is not None
    assert [(head.batch, head.records) for head in made.heads] == [(each.batch, len(each.records)) for each in lives]
    newest = record_path(ledger, FIRST, len(lives[0].records)).read_bytes()
    assert made.heads[0].sha256 == Digest.sha256(newest).hex


async def test_nothing_new_makes_no_checkpoint(ledger: Path) -> None:
    assert await keeper(ledger).make() is None
    await write_lives(ledger, 1)
    assert await keeper(ledger).make()
    assert await keeper(ledger).make() is None


async def test_each_day_in_which_something_was_written_has_one(ledger: Path) -> None:
    moment = [NOON]
    kept = CheckpointKeeper(ledger, now=at(moment))
    numbers = []
    for day, batches in enumerate([1, 0, 0, 1, 1], start=1):
        moment[0] = NOON + day * DAY
        await write_lives(ledger, batches, begin=day)
        await kept.keep()
        await kept.keep()
        numbers.append(max(kept.checkpoints.numbers()))
    assert numbers == [1, 1, 1, 2, 3]


async def test_a_keeper_that_begins_anew_goes_by_the_ledgers_own_date(ledger: Path) -> None:
    await write_lives(ledger, 1)
    await keeper(ledger).keep()
    await write_lives(ledger, 1, begin=2)
    await keeper(ledger, NOON + timedelta(hours=1)).keep()
    assert max(Checkpoints(ledger.parent / "checkpoints").numbers()) == 1
    await keeper(ledger, NOON + DAY).keep()
    assert max(Checkpoints(ledger.parent / "checkpoints").numbers()) == 2


async def test_a_checkpoint_never_forgets_what_one_before_it_knew(ledger: Path) -> None:
    await write_lives(ledger, 2)
    first = await keeper(ledger).make()
    rewrite(ledger, FIRST, forge_approver)
    shutil.rmtree(ledger / SECOND)
    await write_lives(ledger, 1, begin=3)
    second = await keeper(ledger).make()
    assert first is not None
    assert second is not None
    extent = Checkpoints(ledger.parent / "checkpoints").extent(open_secret(ledger))
    assert set(extent.heads.values()) == {*first.heads, *second.heads}
    assert len(extent.heads) == 3


async def test_a_batch_that_is_over_is_not_read_again(ledger: Path) -> None:
    await write_lives(ledger, 1)
    known = {head.batch: head for head in find_heads(ledger, {})}
    record_path(ledger, FIRST, known[FIRST].records).write_bytes(b"nobody looks")
    assert list(find_heads(ledger, known)) == list(known.values())


async def test_a_checkpoint_after_one_that_somebody_else_wrote_is_not_made(ledger: Path) -> None:
    await write_lives(ledger, 1)
    checkpoints = Checkpoints(ledger.parent / "checkpoints")
    checkpoints.add(checkpoints.extent(open_secret(ledger)), (), NOON, b"another key")
    with pytest.raises(BrokenCheckpoint, match="does not carry the MAC"):
        await keeper(ledger).make()


async def test_a_checkpoint_is_handed_in_once(ledger: Path) -> None:
    clerk = Clerk()
    await write_lives(ledger, 1)
    for _ in range(3):
        await keeper(ledger, submit=clerk.submit).keep()
    assert clerk.taken == [checkpoint_name(1)]


async def test_what_was_there_before_the_key_is_not_handed_in_by_itself(ledger: Path) -> None:
    clerk = Clerk()
    open_secret(ledger)
    await keeper(ledger, submit=clerk.submit).keep()
    assert clerk.taken == []


@pytest.mark.parametrize("is_ours", [True, False], ids=["ours", "somebody's file of that name"])
async def test_a_sealed_checkpoint_is_kept_before_it_is_delivered(is_ours: bool, data: Path) -> None:  # noqa: FBT001
    await write_lives(data / "ledger", 1)
    await keeper(data / "ledger").make()
    checkpoints, layout = Checkpoints(data / "checkpoints"), Layout(data)
    content = checkpoints.path(1).read_bytes() if is_ours else b"{}"
    document = a_document(name=checkpoint_name(1)).model_copy(update={"sha256": Digest.sha256(content)})
    layout.shelf.mkdir()
    layout.place(document.id).sealed.write_bytes(b"sealed")
    outbox = MemoryOutbox()
    proof = Proof(sha256=Digest.sha256(b"sealed"), size=6, sealed_at=NOON)
    for _ in range(2):
        await CheckpointOutbox(outbox, checkpoints, layout).deliver(FIRST, document, SealedCopy(name="x", proof=proof))
    assert checkpoints.sealed(1).exists() is is_ours
    assert len(outbox.taken) == 1


async def test_records_checkpoints_and_seals_are_copied_away(ledger: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    await write_lives(ledger, 1)
    await keeper(ledger, copy_to=there).keep()
    seal_checkpoint(Checkpoints(ledger.parent / "checkpoints"), 1, tmp_path / "sealing")
    await write_lives(ledger, 2, begin=2)
    await keeper(ledger, NOON + DAY, copy_to=there).keep()
    assert sorted(path.name for path in (there / "checkpoints").iterdir()) == [
        checkpoint_name(0),
        checkpoint_name(1),
        f"{checkpoint_name(1)}.edoc",
        checkpoint_name(2),
    ]
    report = await verify_ledger(there / "ledger", (), NOON)
    assert (report.batches, report.findings) == (3, ())
    assert list(find_heads(there / "ledger", {})) == list(find_heads(ledger, {}))


async def test_a_copy_is_never_written_again(ledger: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    await write_lives(ledger, 1)
    await keeper(ledger, copy_to=there).keep()
    rewrite(ledger, FIRST, forge_approver)
    await write_lives(ledger, 1, begin=2)
    await keeper(ledger, NOON + DAY, copy_to=there).keep()
    assert (await verify_ledger(there / "ledger", (), NOON)).findings == ()


async def test_folders_of_batches_may_be_moved_from_the_copies_where_their_room_is_told_to_end(
    ledger: Path, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    await write_lives(ledger, 1)
    assert list(examine_copies(None)) == []
    assert [one.severity for one in examine_copies(there, 0)] == [Severity.OK]
    await keeper(ledger, copy_to=there).keep()
    (finding,) = examine_copies(there, 0)
    assert (finding.severity, finding.found[:9]) == (Severity.OK, "1 batches")
    (short,) = examine_copies(there, 1.1)
    assert short.severity is Severity.WARNING
    assert "below `ledger`" in short.advice
    shutil.move(there / "ledger" / FIRST, tmp_path / FIRST)
    await write_lives(ledger, 1, begin=2)
    await keeper(ledger, NOON + DAY, copy_to=there).keep()
    assert [path.name for path in (there / "ledger").iterdir()] == [batch_id(INVOICES, 2)]


async def test_copying_goes_on_where_a_crash_or_a_missing_disk_has_ended_it(ledger: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    await write_lives(ledger, 1)
    there.write_bytes(b"where a disk should be")
    with pytest.raises(OSError, match="there"):
        await keeper(ledger, copy_to=there).keep()
    there.unlink()
    record_path(there / "ledger", FIRST, 1).parent.mkdir(parents=True)
    shutil.copy(record_path(ledger, FIRST, 1), record_path(there / "ledger", FIRST, 1))
    await keeper(ledger, copy_to=there).keep()
    assert (await verify_ledger(there / "ledger", (), NOON)).findings == ()


async def test_copies_of_another_ledger_are_not_mixed_with_ours(ledger: Path, tmp_path: Path) -> None:
    there, backup = tmp_path / "there", tmp_path / "backup"
    await write_lives(ledger, 1)
    await keeper(ledger, copy_to=there).keep()
    shutil.copytree(ledger.parent, backup)
    await write_lives(ledger, 1, begin=2)
    await keeper(ledger, NOON + DAY, copy_to=there).keep()
    await write_lives(backup / "ledger", 2, begin=2)
    with pytest.raises(BrokenCheckpoint, match="an older backup was restored"):
        await keeper(backup / "ledger", NOON + DAY, copy_to=there).keep()
    assert (await verify_ledger(there / "ledger", (), NOON)).findings == ()


async def test_checkpoints_that_are_deleted_here_and_stand_in_the_copies_are_told(ledger: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    await write_lives(ledger, 1)
    await keeper(ledger, copy_to=there).keep()
    Checkpoints(ledger.parent / "checkpoints").path(1).unlink()
    with pytest.raises(BrokenCheckpoint, match="or deleted"):
        await keeper(ledger, copy_to=there).copy()


async def test_a_record_that_is_missing_keeps_no_other_from_being_copied(ledger: Path, tmp_path: Path) -> None:
    await write_lives(ledger, 2)
    await keeper(ledger).keep()
    shutil.rmtree(ledger / FIRST)
    await keeper(ledger, copy_to=tmp_path / "there").keep()
    assert record_path(tmp_path / "there" / "ledger", SECOND, 1).exists()
    assert (tmp_path / "there" / "checkpoints" / checkpoint_name(1)).exists()


async def test_a_checkpoint_that_waits_for_company_raises_no_alarm() -> None:
    app = MemoryApp()
    app.shelf.admit(a_document(1, age=9000, name=checkpoint_name(1)), a_document(2, age=60))

    async def nothing() -> tuple[()]:
        return ()

    async def no_jobs() -> dict[str, int]:
        return {}

    snapshot = await take_snapshot(app.tools, nothing, no_jobs, tuple, nothing, notices=nothing)
    waiting = snapshot.places[INVOICES, WAITING]
    assert (waiting.documents, waiting.age(snapshot.at)) == (2, 60)
