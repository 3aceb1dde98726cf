"""Handing in at any of several desks that share nothing but a bucket: what got 201 is there, whatever dies."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from jobs.model.hand_in import HandIn
from jobs.repair import RepairTools, plan_repair, repair
from tests.support.api import ApiServer, an_api
from tests.support.builders import INVOICES
from tests.support.object_storage import BucketServer
from tests.support.pdfs import a_pdf
from tests.support.waiting import PATIENCE
from worker.clock import utc_now
from worker.inbox.staging import Staging
from worker.objects.chains import closed_mark, record_key

PDF = a_pdf("an invoice")
ONCE = {"Idempotency-Key": "R-17"}


@pytest.fixture
async def desks(tmp_path: Path, object_storage: BucketServer) -> AsyncIterator[tuple[ApiServer, ApiServer]]:
    """Two desks of two machines."""
    storage = object_storage.settings(tmp_path.name)
    async with AsyncExitStack() as stack:
        here, there = (tmp_path / name for name in ("here", "there"))
        here.mkdir()
        there.mkdir()
        first = await stack.enter_async_context(an_api(here, storage=storage))
        yield first, await stack.enter_async_context(an_api(there, storage=storage))


async def test_one_key_makes_one_document_at_whichever_desks_it_is_sent_at_once(
    desks: tuple[ApiServer, ApiServer],
) -> None:
    here, there = desks
    answers = await asyncio.gather(*(desk.hand_in(PDF, headers=ONCE, token=here.token) for desk in desks))
    assert [answer.status for answer in answers] == [201, 201]
    (document,) = {(await answer.json())["id"] for answer in answers}
    async with asyncio.timeout(PATIENCE):
        while not await there.disk.shelf.waiting_list(INVOICES):  # noqa: ASYNC110  no event of this process tells it
            await asyncio.sleep(0.01)
    assert [one.id for one in await there.disk.shelf.waiting_list(INVOICES)] == [document]
    again = await there.hand_in(PDF, headers=ONCE, token=here.token)
    assert (again.status, (await again.json())["id"]) == (201, document)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (await there.hand_in(PDF + b"\n", headers=ONCE, token=here.token)).status == 422

    # What one desk took in any other gives back, sealed too.
    assert await (await there.call("GET", f"/documents/{document}/original")).read() == PDF
    await here.sealed()
    assert (await (await there.call("GET", f"/documents/{document}")).json())["state"] == "sealed"
    sealed = await there.call("GET", f"/documents/{document}/sealed")
    assert (sealed.status, await sealed.read()) == (200, b"sealed " + document.encode())

    (key,) = [each for each in await here.keys.all() if here.token.startswith(f"zmk_{each.id}_")]
    await here.keys.revoke(key.id, now=utc_now())
    assert (await there.call("GET", "/routes", token=here.token)).status == 401


async def test_what_got_201_from_a_desk_that_died_is_known_to_the_others_and_taken_up(
    desks: tuple[ApiServer, ApiServer],
) -> None:
    here, there = desks
    # As `kill -9` leaves it right behind the answer.
    staging = Staging(here.disk.layout, now=utc_now)
    claim = staging.plan(HandIn(route=INVOICES, name="R-17.pdf"))
    with staging.staged(claim, b'{"number": "R-17"}') as original:
        original.write_bytes(PDF)
        assert here.disk.reach.keep([claim.id]) == {}
    staging.leave()
    shown = await there.call("GET", f"/documents/{claim.id}")
    assert (shown.status, (await shown.json())["state"]) == (200, "received")
    listed = await there.call("GET", "/documents?state=received")
    assert [one["id"] for one in (await listed.json())["documents"]] == [claim.id]
    await here.intake.rescan()
    (document,) = await there.disk.shelf.waiting_list(INVOICES)
    assert document.id == claim.id
    assert document.metadata is not None
    assert (await (await there.call("GET", f"/documents/{claim.id}")).json())["state"] == "waiting"


async def test_a_batch_whose_records_are_damaged_is_led_to_its_end_on_any_machine(
    desks: tuple[ApiServer, ApiServer], tmp_path: Path, object_storage: BucketServer
) -> None:
    here, there = desks
    bucket = object_storage.bucket(tmp_path.name)
    delivered = (await (await here.hand_in(PDF, "one.pdf")).json())["id"]
    first = await here.sealed()
    lost = (await (await here.hand_in(PDF, "two.pdf")).json())["id"]
    second = await here.gathered()
    # As when its deliverer died before it was closed.
    bucket.remove(closed_mark(first.batch))
    disk = there.disk
    tools = RepairTools(disk.ledger, disk.quarantine, disk.shelf, disk.remains, utc_now)
    for batch, done, undelivered in ((first.batch, [delivered], []), (second, [], [lost])):
        bucket.write(record_key(batch, 1), b"{}")
        plan = await plan_repair(batch, tools)
        assert plan is not None
        assert ([*plan.deliveries], [one.id for one in plan.undelivered]) == (done, undelivered)
        await repair(plan, tools)
        assert await disk.ledger.record_counts([batch]) == {batch: 0}
    assert [entry.explanation.document for entry in await here.disk.quarantine.entries()] == [lost]
    assert bucket.read(f"outbox/{INVOICES}/one.pdf") == b"sealed " + delivered.encode()
    assert bucket.names("damaged") == {first.batch, second}
