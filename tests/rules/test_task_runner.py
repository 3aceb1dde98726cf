"""What happens when the doorbell rings, on the whole app in memory."""

from dataclasses import replace
from datetime import time, timedelta

import pytest
from structlog.testing import capture_logs

from jobs.abandon import end_of
from jobs.lapse import ask_again
from jobs.model.asking import Asking
from jobs.model.errors import Permanent, Retryable
from jobs.model.freeze import Freeze
from jobs.model.lifecycle import State
from jobs.model.names import BatchId
from jobs.model.standstill import Cause
from jobs.model.text import Text
from jobs.ports import Story
from jobs.release import release
from tests.support.builders import ANNA, INVOICES, JANIS, a_document, a_route, a_seal, documents
from tests.support.memory_app import MemoryApp
from tests.support.small import MemoryDoorbell, MemoryLeases, MemorySeals, MemoryStandstills
from worker.objects.failures import StorageAway
from worker.queue.backoff import Backoff
from worker.queue.sweep import sweep
from worker.queue.task_runner import RunOutcome, TaskRunner


class Runs:
    """A task runner in a memory app, and how its runs ended."""

    def __init__(self, app: MemoryApp) -> None:
        self.app = app
        self.leases = MemoryLeases()
        self.seen: list[tuple[Story, RunOutcome]] = []
        self.standstills = MemoryStandstills()
        self.task_runner = TaskRunner(app.tools, self.leases, self.standstills, self._observe)

    def _observe(self, story: Story, outcome: RunOutcome, seconds: float) -> None:
        self.seen.append((story, outcome))


@pytest.fixture
def runs() -> Runs:
    return Runs(MemoryApp())


async def test_a_story_is_run_and_counted(runs: Runs) -> None:
    batch = await runs.app.gathered(*documents(2))
    assert await runs.task_runner.run(Story.PREPARE, batch) is RunOutcome.DONE
    assert runs.seen == [(Story.PREPARE, RunOutcome.DONE)]
    assert (await runs.app.ledger.read(batch)).state is State.PREPARED


async def test_a_batch_that_another_worker_holds_is_left_alone(runs: Runs) -> None:
    batch = await runs.app.gathered(*documents(2))
    async with runs.leases.hold(batch):
        assert await runs.task_runner.run(Story.PREPARE, batch) is RunOutcome.BUSY
    assert runs.app.vendor.calls == []


async def test_a_story_rings_for_the_next_one_when_its_batch_can_be_had_again(runs: Runs) -> None:
    history = await runs.app.prepared(*documents(2))
    could_be_had: list[tuple[Story, bool]] = []

    class AnsweringDoorbell(MemoryDoorbell):
        async def ring(self, story: Story, subject: str) -> None:
            async with runs.leases.hold(BatchId(subject)) as held:
                could_be_had.append((story, held))

    tools = replace(runs.app.tools, doorbell=AnsweringDoorbell())
    runner = TaskRunner(tools, runs.leases, runs.standstills, lambda *_: None)
    assert await runner.seal(runs.app.consent(history)) is RunOutcome.DONE
    assert could_be_had == [(Story.DELIVER, True)]


async def test_a_failed_batch_is_backed_off_from_until_it_succeeds(runs: Runs) -> None:
    batch = await runs.app.gathered(*documents(2))
    runs.app.vendor.faults = {"open_sessions": Retryable("503")}
    assert await runs.task_runner.run(Story.PREPARE, batch) is RunOutcome.FAILED
    assert runs.task_runner.backoff.is_active(batch, runs.app.age)
    runs.app.vendor.faults = {}
    await runs.task_runner.run(Story.PREPARE, batch)
    assert not runs.task_runner.backoff.is_active(batch, runs.app.age)


async def test_a_seal_that_is_not_enrolled_is_a_wait_and_not_a_failure() -> None:
    runs = Runs(MemoryApp(seals=MemorySeals()))
    batch = await runs.app.gathered(*documents(1))
    assert await runs.task_runner.run(Story.PREPARE, batch) is RunOutcome.WAITING


async def test_a_bug_in_one_batch_does_not_end_the_worker(runs: Runs) -> None:
    batch = await runs.app.gathered(*documents(1))
    runs.app.vendor.faults = {"open_sessions": ZeroDivisionError()}
    assert await runs.task_runner.run(Story.PREPARE, batch) is RunOutcome.FAILED


async def test_an_authorization_for_a_held_batch_is_asked_for_again(runs: Runs) -> None:
    consent = runs.app.consent(await runs.app.prepared(*documents(1)))
    async with runs.leases.hold(consent.batch):
        assert await runs.task_runner.seal(consent) is RunOutcome.BUSY
    assert await runs.task_runner.seal(consent) is RunOutcome.DONE


async def test_a_ring_for_a_route_that_is_gone_does_nothing(runs: Runs) -> None:
    assert await runs.task_runner.run(Story.GATHER, "forgotten") is RunOutcome.DONE


def test_each_failure_in_a_row_doubles_the_backoff_up_to_a_minute() -> None:
    backoff, now = Backoff(), MemoryApp().time
    pauses = [backoff.extend("batch", now).total_seconds() for _ in range(8)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_pause_that_the_vendor_asked_for_is_kept() -> None:
    backoff, now = Backoff(), MemoryApp().time
    backoff.extend("batch", now, timedelta(seconds=90))
    assert backoff.is_active("batch", lambda _: timedelta(seconds=89))
    assert not backoff.is_active("batch", lambda _: timedelta(seconds=90))


async def test_the_sweep_rings_for_what_should_be_moving_and_is_not() -> None:
    app = MemoryApp()
    signed = await app.signed(*documents(2))
    app.doorbell.rings.clear()
    await sweep(app.tools, Backoff())
    assert app.doorbell.rings == [(Story.DELIVER, signed.batch)]


async def test_the_sweep_rings_first_for_what_has_waited_longest() -> None:
    app = MemoryApp()
    first = await app.gathered(a_document(1))
    app.later(10)
    second = await app.gathered(a_document(2))
    app.later(10)
    history = await app.ledger.read(first)
    await app.ledger.append(history, end_of(history, app.time, Text("cancelled on the desk")))
    app.doorbell.rings.clear()
    await sweep(app.tools, Backoff())
    assert app.doorbell.rings == [(Story.PREPARE, second), (Story.DELIVER, first)]


async def test_the_sweep_leaves_a_batch_to_its_person() -> None:
    app = MemoryApp()
    await app.prepared(*documents(2))
    app.doorbell.rings.clear()
    await sweep(app.tools, Backoff())
    assert app.doorbell.rings == []


async def test_the_sweep_rings_for_documents_that_waited_long_enough() -> None:
    app = MemoryApp()
    app.shelf.admit(*documents(2))
    await sweep(app.tools, Backoff())
    assert app.doorbell.rings == []
    app.later(30)
    await sweep(app.tools, Backoff())
    assert app.doorbell.rings == [(Story.GATHER, INVOICES)]


async def test_the_sweep_rings_for_no_batch_that_is_backed_off_from() -> None:
    app, backoff = MemoryApp(), Backoff()
    batch = await app.gathered(*documents(1))
    app.doorbell.rings.clear()
    backoff.extend(batch, app.time)
    await sweep(app.tools, backoff)
    assert app.doorbell.rings == []


async def test_one_broken_batch_does_not_stop_the_sweep() -> None:
    app = MemoryApp()
    broken = await app.gathered(*documents(1))
    whole = await app.gathered(a_document(7))
    app.ledger.entries[broken] = [b"{"]
    app.doorbell.rings.clear()
    await sweep(app.tools, Backoff())
    assert app.doorbell.rings == [(Story.PREPARE, whole)]


@pytest.mark.parametrize(("error", "breaks"), [(StorageAway("it is not reached"), False), (RuntimeError("?"), True)])
async def test_a_failure_that_zimogs_knows_is_told_without_the_place_in_the_program(
    runs: Runs, error: Exception, *, breaks: bool
) -> None:
    batch = await runs.app.gathered(*documents(2))
    runs.app.vendor.faults = {"open_sessions": error}
    with capture_logs() as log:
        await runs.task_runner.run(Story.PREPARE, batch)
    assert [line["event"] for line in log] == ["story failed", *["story broke"] * breaks]


async def test_what_cannot_succeed_as_it_is_is_tried_again_after_five_minutes(runs: Runs) -> None:
    batch = await runs.app.gathered(*documents(2))
    runs.app.vendor.faults = {"open_sessions": Permanent("invalid_client")}
    await runs.task_runner.run(Story.PREPARE, batch)
    runs.app.doorbell.rings.clear()
    runs.app.later(299)
    await sweep(runs.app.tools, runs.task_runner.backoff)
    assert runs.app.doorbell.rings == []
    runs.app.later(1)
    await sweep(runs.app.tools, runs.task_runner.backoff)
    assert runs.app.doorbell.rings == [(Story.PREPARE, batch)]


async def test_a_failed_story_leaves_its_reason_and_its_next_try_until_it_succeeds(runs: Runs) -> None:
    batch = await runs.app.gathered(*documents(2))
    runs.app.vendor.faults = {"open_sessions": Retryable("503", after=timedelta(seconds=90))}
    await runs.task_runner.run(Story.PREPARE, batch)
    runs.app.later(90)
    await runs.task_runner.run(Story.PREPARE, batch)
    (standstill,) = await runs.standstills.all()
    assert (standstill.subject, standstill.cause, standstill.detail) == (batch, Cause.VENDOR_AWAY, "503")
    assert (standstill.since, standstill.attempts) == (runs.app.time - timedelta(seconds=90), 2)
    assert standstill.next_try == runs.app.time + timedelta(seconds=90)
    runs.app.vendor.faults = {}
    await runs.task_runner.run(Story.PREPARE, batch)
    assert await runs.standstills.all() == ()


async def test_a_batch_whose_seal_is_refused_stands_still_for_that_and_blames_no_document(runs: Runs) -> None:
    batch = await runs.app.gathered(*documents(1))
    runs.app.vendor.revoked = {a_seal().certificate}
    await runs.task_runner.run(Story.PREPARE, batch)
    assert [each.cause for each in await runs.standstills.all()] == [Cause.SEAL_REFUSED]
    assert await runs.app.quarantine.reasons() == {}


async def test_a_batch_that_stopped_is_told_to_wait_for_a_person_until_it_is_asked_for_again(runs: Runs) -> None:
    runs.app.vendor.errors_at_finalize = {document.id: "signing:revocation." for document in documents(2)}
    batch = (await runs.app.signed(*documents(2))).batch
    await runs.task_runner.run(Story.DELIVER, batch)
    (told,) = await runs.standstills.all()
    assert (told.subject, told.cause, told.next_try) == (batch, Cause.STOPPED, None)
    assert told.detail == "eParaksts could not complete it: signing:revocation"
    await ask_again(batch, ANNA, runs.app.tools)
    await runs.task_runner.run(Story.PREPARE, batch)
    assert await runs.standstills.all() == ()


async def test_a_consent_that_a_freeze_voids_leaves_no_standstill_behind(runs: Runs) -> None:
    app = runs.app
    history = await app.prepared(*documents(2))
    await app.freezes.begin(Freeze(at=app.time, by="root", reason="an audit"))
    assert await runs.task_runner.seal(app.consent(history)) is RunOutcome.DONE
    assert await runs.standstills.all() == ()
    assert (await app.ledger.read(history.batch)).state is State.LAPSED


async def test_the_sweep_rings_for_what_was_released_when_the_ring_was_lost() -> None:
    app = MemoryApp(route=a_route().model_copy(update={"four_eyes": True, "releasers": frozenset({JANIS})}))
    history = await app.prepared(*documents(2))
    await release(history.batch, JANIS, app.tools)
    app.doorbell.rings.clear()
    await sweep(app.tools, Backoff())
    assert app.doorbell.rings == [(Story.PREPARE, history.batch)]


async def test_the_sweep_does_not_ring_for_what_is_collected_before_its_time() -> None:
    app = MemoryApp(route=a_route(max_wait=0).model_copy(update={"asking": Asking(at=(time(13),))}))
    app.shelf.admit(*documents(2))
    await sweep(app.tools, Backoff())
    assert app.doorbell.rings == []
    app.later(3600)
    await sweep(app.tools, Backoff())
    assert app.doorbell.rings == [(Story.GATHER, INVOICES)]
