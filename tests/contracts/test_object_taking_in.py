"""Documents that come in on machines that share a bucket and nothing else, whichever of them dies or comes back."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from jobs.model.names import DocumentId
from jobs.model.way_in import WayIn
from tests.support.builders import INVOICES
from tests.support.machine import LIFE, Machine
from tests.support.object_storage import BucketServer
from tests.support.pdfs import a_pdf
from worker.inbox.candidates import candidate_at
from worker.objects.bucket import Bucket
from worker.objects.documents import TAKEN, taken_key
from worker.storage.explanation import NotQuarantined

A_LIFE = LIFE.total_seconds()
Start = Callable[..., Machine]
"""Starts the machine of that name."""


@pytest.fixture
def start(tmp_path: Path, bucket: Bucket) -> Start:
    def start(name: str, *, changes: int | None = None) -> Machine:
        return Machine(tmp_path / name, bucket, changes=changes)

    return start


async def refuse_one(machine: Machine) -> DocumentId:
    """Have it in quarantine for what can be mended: it is too large just now."""
    machine.limit = 10
    machine.drop("a.pdf", a_pdf("large"))
    await machine.look()
    machine.limit = None
    (document,) = await machine.refused()
    return document


class TestSendingAgain:
    async def test_two_machines_at_once_send_a_document_on_once(self, start: Start, bucket: Bucket) -> None:
        here, there = start("here"), start("there")
        document = await refuse_one(here)
        came = await asyncio.gather(here.intake.retry(document), there.intake.retry(document), return_exceptions=True)
        (complaint,) = (each for each in came if isinstance(each, BaseException))
        assert isinstance(complaint, OSError | NotQuarantined)
        assert "sent through again" in str(complaint)
        for each in (here, there):
            await each.look()
            await each.look(A_LIFE)
        (waiting,) = await here.waiting()
        assert waiting in came
        assert await there.refused() == []

    async def test_where_both_have_it_in_the_bucket_one_object_decides(self, start: Start, bucket: Bucket) -> None:
        here, late, there = start("here"), start("late", changes=3), start("there")
        document = await refuse_one(here)
        assert await late.dies(late.intake.retry(document))
        assert bucket.names(TAKEN) != frozenset()
        await there.intake.retry(document)
        await start("late").look()
        assert len(await here.waiting()) == 1
        # Nothing is left of the one that was not to be.
        assert bucket.names(TAKEN) == frozenset()
        assert len(bucket.names("documents")) == 2
        assert len(bucket.names("origins")) == 1

    async def test_wherever_a_machine_dies_and_stays_away_or_comes_back_it_goes_on_once(
        self, tmp_path: Path, object_storage: BucketServer
    ) -> None:
        for changes in count():
            folder, bucket = tmp_path / str(changes), object_storage.bucket(f"{tmp_path.name}/{changes}")
            here, there = Machine(folder / "here", bucket, changes=changes), Machine(folder / "there", bucket)
            document = await refuse_one(there)
            has_died = await here.dies(here.intake.retry(document))
            # Whatever lies in the bucket is taken over; where it has not come so far, somebody presses again.
            await there.look()
            await there.look(A_LIFE)
            with suppress(NotQuarantined):
                await there.intake.retry(document)
            await Machine(folder / "here", bucket).look()
            assert len(await there.waiting()) == 1
            assert await there.refused() == []
            if not has_died:
                break
        assert changes > 4


class TestTakingOver:
    async def test_wherever_a_machine_dies_another_goes_on_with_what_has_left_its_inbox(
        self, tmp_path: Path, object_storage: BucketServer
    ) -> None:
        content = a_pdf("dropped")
        for changes in count():
            folder, bucket = tmp_path / str(changes), object_storage.bucket(f"{tmp_path.name}/{changes}")
            here, there = Machine(folder / "here", bucket, changes=changes), Machine(folder / "there", bucket)
            here.drop("a.pdf", content)
            has_died = await here.dies(here.look())
            has_left = not any(path.is_file() for path in here.inbox.rglob("*"))
            await there.look()
            await there.look(A_LIFE)
            assert len(await there.waiting()) >= has_left
            # And once more where it comes back after weeks.
            await Machine(folder / "here", bucket).look()
            (waiting,) = await there.waiting()
            await there.shelf.documents.bring(waiting)
            assert there.layout.place(waiting.id).original.read_bytes() == content
            assert bucket.names(TAKEN) == frozenset()
            if not has_died:
                break
        assert changes > 2

    async def test_of_many_one_has_it_and_none_before_its_time(self, start: Start) -> None:
        here = start("here", changes=2)
        here.drop("a.pdf", a_pdf("dropped"))
        assert await here.dies(here.look())
        others = [start(name) for name in ("one", "two", "three")]
        for clock in (0, A_LIFE - 6):
            for each in others:
                each.clock = clock
                assert each.adoption.adopt() == 0
        for each in others:
            each.clock = A_LIFE
        adopted = await asyncio.gather(*(asyncio.to_thread(each.adoption.adopt) for each in others))
        assert sorted(adopted) == [0, 0, 1]
        # Whoever has it may die of it, too: for the others its life begins anew.
        others.pop(adopted.index(1))
        for clock in (2 * A_LIFE - 6, 3 * A_LIFE):
            for each in others:
                each.clock = clock
            assert sum([each.adoption.adopt() for each in others]) == (1 if clock > 2 * A_LIFE else 0)

    async def test_its_sidecar_goes_along(self, start: Start) -> None:
        here, there = start("here", changes=3), start("there")
        claim = here.claims.claim_copy(candidate_at(a_file(here), INVOICES, "a.pdf", WayIn.SUBMIT), b'{"number": "1"}')
        here.shelf.documents.keep(claim.id)
        here.claims.stop()
        await there.look()
        await there.look(A_LIFE)
        (waiting,) = await there.waiting()
        assert (waiting.id, waiting.way_in) == (claim.id, WayIn.SUBMIT)
        assert there.layout.place(claim.id).metadata.read_bytes() == b'{"number": "1"}'

    async def test_what_is_over_is_left_alone(self, start: Start, bucket: Bucket) -> None:
        there = start("there")
        document = await refuse_one(there)
        bucket.write(taken_key(document), b"{}")
        for clock in (A_LIFE, 2 * A_LIFE):
            there.clock = clock
            assert there.adoption.adopt() == 0
        assert bucket.names(TAKEN) == frozenset()


def a_file(machine: Machine) -> Path:
    path = machine.inbox.parent / "mine.pdf"
    path.parent.mkdir()
    path.write_bytes(a_pdf("handed in"))
    return path
