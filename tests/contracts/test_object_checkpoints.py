"""Checkpoints of a ledger in a bucket: one for all machines, whoever makes it, and all that is verified by them."""

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from config.sections import Folders
from jobs.model.documents import Profile
from jobs.model.names import batch_id
from jobs.model.records import Abandoned, Gathered
from tests.support.builders import INVOICES, NOON, documents
from tests.support.installation import an_installation
from tests.support.object_storage import BucketServer
from worker.app.in_bucket import fetched_ledger
from worker.evidence.finding import Flaw
from worker.evidence.keeper import CheckpointKeeper
from worker.evidence.verification import LedgerReport, verify_ledger
from worker.objects.bucket import Bucket
from worker.objects.chains import record_key
from worker.objects.checkpoints import ObjectCheckpoints, keeping_checkpoints
from worker.objects.leases import ObjectLeases
from worker.objects.ledger import ObjectLedger
from worker.objects.mirror import LedgerMirror
from worker.storage.reach import tell_nobody

FIRST = batch_id(INVOICES, 1)
GATHERED = Gathered(at=NOON, route=INVOICES, seal="S", profile=Profile(), documents=documents(2))


class Machine:
    """One machine's copy of the ledger in the bucket, and what keeps checkpoints there."""

    def __init__(self, bucket: Bucket, data: Path) -> None:
        mirror = LedgerMirror(bucket, data / "ledger")
        self.checkpoints = ObjectCheckpoints(bucket, data / "checkpoints")
        self.keeper = CheckpointKeeper(
            data / "ledger",
            now=lambda: NOON + timedelta(hours=1),
            copy_to=data / "copies",
            checkpoints=self.checkpoints,
            bring=partial(asyncio.to_thread, mirror.update),
            turn=partial(keeping_checkpoints, ObjectLeases(bucket)),
        )


async def verify(bucket: Bucket, folder: Path, copies: Path | None = None) -> LedgerReport:
    """As `zimogs audit verify` does it: on a fresh copy of everything."""
    await asyncio.to_thread(LedgerMirror(bucket, folder / "ledger").copy)
    return await verify_ledger(folder / "ledger", (), NOON, copies=copies)


@pytest.fixture
def bucket(object_storage: BucketServer, tmp_path: Path) -> Bucket:
    return object_storage.bucket(tmp_path.name)


@pytest.fixture
async def machines(bucket: Bucket, tmp_path: Path) -> tuple[Machine, Machine]:
    ledger = ObjectLedger(bucket)
    await ledger.append(await ledger.open(FIRST, GATHERED), Abandoned(at=NOON, why="x"))
    return Machine(bucket, tmp_path / "here"), Machine(bucket, tmp_path / "there")


async def test_of_machines_that_make_one_at_once_one_does_and_all_have_the_same(
    bucket: Bucket, machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    made = await asyncio.gather(*(machine.keeper.make() for machine in machines))
    assert [one.number for one in made if one is not None] == [1]
    here, there = (machine.checkpoints for machine in machines)
    for each in (here, there):
        each.refresh()
        assert each.numbers() == [0, 1]
    assert all(here.path(number).read_bytes() == there.path(number).read_bytes() for number in (0, 1))
    assert [await machine.keeper.make() for machine in machines] == [None, None]
    report = await verify(bucket, tmp_path / "fresh")
    assert (report.checkpoints, report.findings) == (2, ())


async def test_one_machine_at_a_time_keeps_them_and_each_has_its_own_copies(
    bucket: Bucket, machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    here, there = machines
    async with keeping_checkpoints(ObjectLeases(bucket)) as is_ours:
        assert is_ours
        await here.keeper.keep()
        assert here.checkpoints.numbers() == []
    for machine in machines:
        await machine.keeper.keep()
    assert here.checkpoints.numbers() == there.checkpoints.numbers() == [0, 1]
    # A record that is changed in the bucket is found by what either of them has copied away.
    bucket.write(record_key(FIRST, 2), bucket.read(record_key(FIRST, 2)).replace(b'"x"', b'"y"'))
    report = await verify(bucket, tmp_path / "fresh", tmp_path / "there" / "copies")
    assert {finding.flaw for finding in report.findings} >= {Flaw.CHANGED}


async def test_a_machine_finds_by_its_own_checkpoints_what_was_taken_out_of_the_bucket(
    bucket: Bucket, object_storage: BucketServer, machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    """Whoever has the bucket has the key, too."""
    await machines[0].keeper.make()
    name, other = (f"checkpoints/zimogs-checkpoint-00000{number}.json" for number in (1, 0))
    bucket.remove(name, record_key(FIRST, 1), record_key(FIRST, 2))
    assert (await verify(bucket, tmp_path / "fresh")).findings == ()
    # Where one stands, another one under its name takes no place.
    bucket.copy(other, name)
    machines[0].checkpoints.refresh()
    storage = object_storage.settings(tmp_path.name)
    settings = an_installation(tmp_path).model_copy(
        update={"storage": storage, "folders": Folders(data=tmp_path / "here")}
    )
    with fetched_ledger(settings, tell_nobody) as ledger:
        report = await verify_ledger(ledger, (), NOON)
    assert (Flaw.MISSING, FIRST) in {(finding.flaw, finding.where) for finding in report.findings}


async def test_what_was_sealed_or_handed_in_is_known_to_all(
    bucket: Bucket, machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    here, there = machines
    await here.keeper.make()
    there.checkpoints.note_submitted(1, "a-document")
    assert here.checkpoints.is_submitted(1)
    assert there.checkpoints.find_digest(1) == here.checkpoints.find_digest(1)
    assert there.checkpoints.find_digest(7) is None
    here.checkpoints.keep_sealed(1, b"sealed")
    there.checkpoints.keep_sealed(1, b"sealed again")
    there.checkpoints.refresh()
    assert {machine.checkpoints.sealed(1).read_bytes() for machine in machines} == {b"sealed"}
