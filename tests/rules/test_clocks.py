"""Clocks that are set, forward and back, hold nothing up and make nothing old."""

from dataclasses import replace
from datetime import timedelta

import pytest

from jobs.approve import is_expired
from jobs.deliver import deliver
from jobs.model.documents import Document
from jobs.model.errors import Rejected, Retryable, WrongClock
from jobs.model.lifecycle import State
from jobs.model.reasons import Reason
from jobs.model.records import Delivered, Delivery, Lapsed
from jobs.model.seals import Expectation, Proof
from jobs.prepare import prepare
from jobs.seal import seal
from tests.support.builders import NOON, a_document, documents, limits
from tests.support.memory_app import MemoryApp
from tests.support.planning import is_ripe
from tests.support.small import MemoryVerifier
from worker.clock import AgeByStopwatch
from worker.queue.backoff import Backoff

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Machine:
    """A machine whose clock can be set; its stopwatch only ever goes on."""

    def __init__(self) -> None:
        self.time, self.seconds = NOON, 0.0
        self.age = AgeByStopwatch(lambda: self.time, lambda: self.seconds)

    def wait(self, seconds: float) -> None:
        self.seconds += seconds
        self.time += timedelta(seconds=seconds)

    def set_clock(self, step: timedelta) -> None:
        self.time += step


@pytest.mark.parametrize("step", [-HOUR, HOUR, -DAY])
def test_a_clock_that_is_set_makes_nothing_younger_or_older(step: timedelta) -> None:
    machine = Machine()
    assert machine.age(NOON) == timedelta(0)
    machine.wait(10)
    machine.set_clock(step)
    machine.wait(10)
    assert machine.age(NOON) == timedelta(seconds=20)


def test_a_time_in_the_future_counts_as_now_and_grows_older_from_there() -> None:
    machine = Machine()
    assert machine.age(NOON + HOUR) == timedelta(0)
    machine.wait(30)
    assert machine.age(NOON + HOUR) == timedelta(seconds=30)


def test_what_another_process_recorded_is_as_old_as_the_clock_says() -> None:
    assert Machine().age(NOON - HOUR) == HOUR


def test_a_document_waits_its_time_and_no_hour_longer_when_the_clock_is_set_back() -> None:
    machine, waiting = Machine(), [a_document(age=0)]
    assert not is_ripe(waiting, limits(max_wait=30), machine.age)
    machine.set_clock(-HOUR)
    machine.wait(29)
    assert not is_ripe(waiting, limits(max_wait=30), machine.age)
    machine.wait(1)
    assert is_ripe(waiting, limits(max_wait=30), machine.age)


def test_a_failed_batch_is_left_alone_for_its_second_whatever_the_clock_does() -> None:
    machine, backoff = Machine(), Backoff()
    backoff.extend("batch", machine.time)
    assert backoff.is_active("batch", machine.age)
    for step in (-HOUR, 2 * HOUR):
        machine.set_clock(step)
        assert backoff.is_active("batch", machine.age)
    machine.wait(1)
    assert not backoff.is_active("batch", machine.age)


async def test_digests_do_not_expire_because_the_clock_is_set_forward() -> None:
    machine = Machine()
    prepared = (await MemoryApp().prepared(*documents(1))).prepared
    assert not is_expired(prepared, machine.age)
    machine.set_clock(2 * DAY)
    assert not is_expired(prepared, machine.age)
    machine.wait(DAY.total_seconds())
    assert is_expired(prepared, machine.age)


@pytest.mark.parametrize("offset", [DAY, -DAY])
async def test_by_a_wrong_clock_nothing_is_prepared_and_nobody_asked(offset: timedelta) -> None:
    app = MemoryApp()
    batch = await app.gathered(*documents(1))
    app.vendor.offset = offset
    with pytest.raises(WrongClock, match=r"our clock is 1 day, 0:00:00 .* (ahead of|behind) the vendor's"):
        await prepare(batch, app.tools)
    assert app.vendor.calls == []
    app.vendor.offset = timedelta(minutes=4)
    assert (await prepare(batch, app.tools)).state is State.PREPARED


async def test_by_a_wrong_clock_an_approval_seals_nothing_and_says_why() -> None:
    app = MemoryApp()
    prepared = await app.prepared(*documents(1))
    app.vendor.offset = -DAY
    history = await seal(app.consent(prepared), app.tools)
    assert "sign" not in app.vendor.calls
    assert history.state is State.LAPSED
    assert "our clock" in history.last(Lapsed).why


async def test_by_a_wrong_clock_no_sealed_file_is_judged() -> None:
    app = MemoryApp()
    batch = (await app.signed(*documents(1))).batch
    app.vendor.offset = -HOUR
    with pytest.raises(Retryable):
        await deliver(batch, app.tools)
    assert "finalize" not in app.vendor.calls
    app.vendor.offset = None
    assert (await deliver(batch, app.tools)).state is State.DELIVERED


async def test_a_clock_that_is_set_while_a_sealed_file_is_judged_does_not_call_it_bad() -> None:
    app = MemoryApp()
    batch = (await app.signed(*documents(1))).batch
    misjudging = replace(app.tools, verifier=VerifierOfAnotherDay(app))
    with pytest.raises(WrongClock):
        await deliver(batch, misjudging)
    app.vendor.offset = timedelta(0)
    history = await deliver(batch, app.tools)
    assert [type(outcome) for outcome in history.last(Delivered).outcomes] == [Delivery]


class VerifierOfAnotherDay(MemoryVerifier):
    """While it looks at a file the clock is set back by a day, and every certificate is not valid yet."""

    def __init__(self, app: MemoryApp) -> None:
        super().__init__(app.vendor.downloaded)
        self._app = app

    async def verify_sealed(self, document: Document, expectation: Expectation) -> Proof:
        await super().verify_sealed(document, expectation)
        self._app.vendor.offset = -DAY
        raise Rejected(Reason.NOT_VERIFIED, "the certificate is not valid yet")
