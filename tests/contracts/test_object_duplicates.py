"""The same content handed in at machines that share a bucket: one is sealed, whoever is faster and whoever dies."""

import asyncio
import json
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from jobs.model.digest import Digest
from jobs.model.documents import Document
from jobs.model.duplicates import Duplicate, Duplicates
from jobs.model.names import batch_id
from jobs.model.seals import Proof, SealedCopy
from tests.support.builders import INVOICES, NOON
from tests.support.machine import LIFE, Machine
from tests.support.object_storage import BucketServer
from tests.support.pdfs import a_pdf
from worker.inbox.outcomes import Stuck
from worker.objects.bucket import Bucket
from worker.objects.documents import TAKEN, place_of, waiting_key
from worker.objects.firsts import forget_noted
from worker.objects.outbox import OUTBOX
from worker.objects.parked import REPEATED

FIRST = batch_id(INVOICES, 1)
PDF, SEALED = a_pdf("an invoice"), b"sealed"
A_LIFE = LIFE.total_seconds()
Start = Callable[..., Machine]
"""Starts the machine of that name under that rule."""


@pytest.fixture
def start(tmp_path: Path, bucket: Bucket) -> Start:
    return lambda name, rule: Machine(tmp_path / name, bucket, rule=rule)


async def take(machine: Machine, *names: str) -> None:
    for name in names:
        machine.drop(name, PDF)
    await machine.look()
    assert [each for each in machine.outcomes if isinstance(each, Stuck)] == []


async def deliver(machine: Machine, document: Document) -> None:
    """Bring a waiting document to its end, as a worker does."""
    proof = Proof(sha256=Digest.sha256(SEALED), size=len(SEALED), sealed_at=NOON)
    machine.layout.place(document.id).sealed.write_bytes(SEALED)
    await machine.shelf.leave_waiting_list([document])
    await machine.outbox.deliver(FIRST, document, SealedCopy(name=document.name, proof=proof))
    await machine.shelf.retire(FIRST, [document])


def delivered(bucket: Bucket) -> set[str]:
    return set(bucket.names(f"{OUTBOX}/{INVOICES}"))


@pytest.mark.parametrize("rule", [Duplicates.SKIP, Duplicates.RETURN_EARLIER, Duplicates.QUARANTINE])
async def test_of_copies_that_come_at_once_to_two_machines_one_waits(
    start: Start, bucket: Bucket, rule: Duplicates
) -> None:
    here, there = start("here", rule), start("there", rule)
    await asyncio.gather(take(here, "a.pdf", "b.pdf", "c.pdf"), take(there, "d.pdf", "e.pdf", "f.pdf"))
    (first,) = await here.waiting()
    assert bucket.names(TAKEN) == frozenset()
    notes, parked = await here.duplicates.notes(), await there.duplicates.list_parked()
    assert len(notes) + len(parked) + len(await here.refused()) == 5
    await deliver(here if first.name < "d" else there, first)
    await asyncio.gather(here.look(), there.look())
    expected = 10 if rule is Duplicates.RETURN_EARLIER else 0
    assert len(delivered(bucket)) == 2 + len(notes) + expected
    assert bucket.names(REPEATED) | set(await here.waiting()) == frozenset()


async def test_a_note_tells_of_the_one_before_and_stands_once(start: Start, bucket: Bucket) -> None:
    here, there = start("here", Duplicates.SKIP), start("there", Duplicates.SKIP)
    await take(here, "a.pdf")
    (first,) = await here.waiting()
    await deliver(here, first)
    await take(there, "a.pdf")
    (skipped,) = [each for each in there.outcomes if isinstance(each, Duplicate)]
    note = json.loads(bucket.read(f"{OUTBOX}/{INVOICES}/a.pdf.duplicate.json"))
    assert (note["document"], note["same_as"]["document"]) == (skipped.document.id, first.id)
    assert note["same_as"]["sealed_as"] == "a.pdf"
    assert await here.duplicates.tell(skipped) == await here.duplicates.read(skipped.document.id) == skipped
    assert await here.duplicates.notes() == {f"{INVOICES}/a.pdf.duplicate.json"}


async def test_those_that_were_skipped_are_listed_the_newest_first(start: Start) -> None:
    here = start("here", Duplicates.SKIP)
    await take(here, "a.pdf", "b.pdf", "c.pdf", "d.pdf")
    skipped = sorted((one.document.id for one in here.outcomes if isinstance(one, Duplicate)), reverse=True)
    everything = await here.duplicates.list_skipped(max(skipped), 10)
    assert [each.document.id for each in everything] == skipped[1:]
    assert await here.duplicates.list_skipped(max(skipped), 1) == everything[:1]


async def test_what_was_put_aside_counts_for_nothing(start: Start) -> None:
    here, there = start("here", Duplicates.SKIP), start("there", Duplicates.SKIP)
    await take(here, "a.pdf")
    (first,) = await here.waiting()
    await here.shelf.leave_waiting_list([first])
    here.bucket.write(f"documents/{first.id}/refused", b"")
    await take(there, "b.pdf")
    assert [each.name for each in await here.waiting()] == ["b.pdf"]


async def test_a_duplicate_that_a_person_sends_again_is_sealed_and_is_the_first(start: Start) -> None:
    here, there = start("here", Duplicates.QUARANTINE), start("there", Duplicates.QUARANTINE)
    await take(here, "a.pdf", "b.pdf")
    (refused,) = await there.refused()
    again = await there.intake.retry(refused)
    assert isinstance(again, Document)
    assert again in await here.waiting()
    await take(here, "c.pdf")
    assert len(await here.waiting()) == 2
    (entry,) = await here.quarantine.entries()
    assert again.id in entry.explanation.detail


async def test_what_was_collected_cannot_be_returned_and_is_sealed_anew(start: Start, bucket: Bucket) -> None:
    here, there = start("here", Duplicates.RETURN_EARLIER), start("there", Duplicates.RETURN_EARLIER)
    await take(here, "a.pdf")
    (first,) = await here.waiting()
    await deliver(here, first)
    bucket.remove(f"{OUTBOX}/{INVOICES}/a.pdf")
    await take(there, "b.pdf")
    await take(here, "c.pdf")
    # The next one waits for it: it is the first now.
    assert [each.name for each in await here.waiting()] == ["b.pdf"]
    assert [each.name for each in await there.duplicates.list_parked()] == ["c.pdf"]


@pytest.mark.parametrize(
    ("rule", "answer"),
    [(Duplicates.SKIP, {"b.pdf.duplicate.json"}), (Duplicates.RETURN_EARLIER, {"b.pdf", "b.pdf.json"})],
)
async def test_wherever_a_machine_dies_a_duplicate_is_answered_once(
    tmp_path: Path, object_storage: BucketServer, rule: Duplicates, answer: set[str]
) -> None:
    for changes in count():
        folder, bucket = tmp_path / str(changes), object_storage.bucket(f"{tmp_path.name}/{changes}")
        there = Machine(folder / "there", bucket, rule=rule)
        await take(there, "a.pdf")
        (first,) = await there.waiting()
        await deliver(there, first)
        here = Machine(folder / "here", bucket, changes=changes, rule=rule)
        here.drop("b.pdf", PDF)
        has_died = await here.dies(here.look())
        # Another goes on with it, and the dead one comes back.
        await there.look()
        await there.look(A_LIFE)
        await Machine(folder / "here", bucket, rule=rule).look()
        assert delivered(bucket) == {"a.pdf", "a.pdf.json", *answer}, changes
        assert bucket.names(TAKEN) | bucket.names(REPEATED) | set(await there.waiting()) == frozenset(), changes
        if not has_died:
            break
    assert changes > 5


async def test_wherever_the_machine_of_the_first_one_dies_one_of_two_waits(
    tmp_path: Path, object_storage: BucketServer
) -> None:
    for changes in count():
        folder, bucket = tmp_path / str(changes), object_storage.bucket(f"{tmp_path.name}/{changes}")
        here = Machine(folder / "here", bucket, changes=changes, rule=Duplicates.SKIP)
        there = Machine(folder / "there", bucket, rule=Duplicates.SKIP)
        here.drop("a.pdf", PDF)
        has_died = await here.dies(here.look())
        await take(there, "b.pdf")
        await there.look(A_LIFE)
        await Machine(folder / "here", bucket, rule=Duplicates.SKIP).look()
        (waiting,) = await there.waiting()
        (note,) = await there.duplicates.notes()
        assert note == f"{INVOICES}/{'b' if waiting.name == 'a.pdf' else 'a'}.pdf.duplicate.json"
        if not has_died:
            break
    assert changes > 3


async def test_a_document_that_comes_first_costs_one_write_more(tmp_path: Path, bucket: Bucket) -> None:
    cost = []
    for rule in (Duplicates.SEAL, Duplicates.SKIP):
        machine = Machine(tmp_path / rule, bucket, rule=rule)
        machine.drop("first-of-all.pdf", PDF)
        while not machine.outcomes:
            await machine.look()
        machine.bucket.left = 1000
        machine.drop("a.pdf", a_pdf(rule))
        while len(machine.outcomes) == 1:
            await machine.look()
        cost.append(1000 - machine.bucket.left)
    without, with_rule = cost
    assert with_rule - without == 1


async def test_what_waited_when_the_route_was_set_to_look_for_duplicates_came_first(
    start: Start, bucket: Bucket
) -> None:
    unwatching = start("here", Duplicates.SEAL)
    for name in ("a.pdf", "c.pdf"):
        unwatching.drop(name, a_pdf(name))
        # What is slow to be read at first is read once more.
        while name not in {each.name for each in await unwatching.waiting()}:
            await unwatching.look()
        watching = start(f"there-{name}", Duplicates.SKIP)
        watching.drop("copy.pdf", a_pdf(name))
        while not watching.outcomes:
            await watching.look()
        assert [type(each) for each in watching.outcomes] == [Duplicate]
        # As a machine does that is started with the rule taken away.
        forget_noted(bucket, [INVOICES])
    assert {each.name for each in await unwatching.waiting()} == {"a.pdf", "c.pdf"}


async def test_a_mark_of_which_nothing_else_is_left_counts_for_nothing(start: Start, bucket: Bucket) -> None:
    here, there = start("here", Duplicates.SKIP), start("there", Duplicates.SKIP)
    await take(here, "a.pdf")
    (first,) = await here.waiting()
    bucket.remove(waiting_key(first), *(each.key for each in bucket.list(place_of(first.id))))
    await take(there, "b.pdf")
    assert [each.name for each in await there.waiting()] == ["b.pdf"]
