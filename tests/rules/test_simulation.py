"""Days that are played through: with the rule that gathers, and with nothing but their seed left to chance."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.gather import gather
from jobs.model.documents import Limits
from jobs.model.names import BatchId, batch_id
from jobs.planning.simulation import Policy, Scenario, SimulatedDays, simulate
from jobs.planning.summary import Spread, Summary
from jobs.prepare import prepare
from jobs.seal import seal
from tests.support.builders import INVOICES, NOON, a_document, a_route
from tests.support.memory_app import MemoryApp

STEP = timedelta(seconds=2)


def scenario(arrivals: Sequence[datetime], delay: int = 60) -> Scenario:
    """A machine that takes two seconds for each document, and a person who sits down after `delay` seconds."""
    return Scenario(arrivals, lambda: timedelta(seconds=delay), prepared=0.5, delivered=0.5)


def bounded(max_documents: int, max_wait: int, least_pause: int = 0) -> Limits:
    return Limits.model_validate(
        {"max_documents": max_documents, "max_wait": max_wait, "least_pause": least_pause, "max_bytes": 10**9}
    )


policies = st.builds(
    lambda most, wait, pause: Policy(bounded(most, max(wait, pause), pause)),
    st.integers(1, 30),
    st.integers(0, 900),
    st.integers(0, 900),
)
some_arrivals = st.lists(st.integers(0, 3000), min_size=1, max_size=60).map(
    lambda times: [NOON + timedelta(seconds=second) for second in sorted(times)]
)


@settings(max_examples=50)
@given(some_arrivals, policies)
def test_every_document_is_in_one_batch_in_time_and_no_batch_too_large(
    arrivals: list[datetime], policy: Policy
) -> None:
    batches = simulate(policy, scenario(arrivals)).batches
    assert sorted(at for batch in batches for at in batch.arrivals) == arrivals
    for batch in batches:
        assert len(batch.arrivals) <= policy.limits.max_documents
        assert all(at <= batch.cut_at <= at + policy.limits.max_wait for at in batch.arrivals)
        assert batch.cut_at < batch.asked_at < batch.approved_at


@pytest.mark.parametrize("limits", [bounded(8, 120), bounded(8, 120, 40), bounded(50, 200, 60), bounded(3, 0)])
async def test_the_simulation_cuts_the_very_batches_that_are_gathered(limits: Limits) -> None:
    # Some come now and then, and fifteen in one burst.
    moments = sorted([*(2 * (37 * number % 200) for number in range(25)), *range(120, 150, 2)])
    arrivals = [NOON + timedelta(seconds=moment) for moment in moments]
    simulated = simulate(Policy(limits), scenario(arrivals))
    assert await _gather_as(simulated, arrivals, limits) == {
        batch_id(INVOICES, number): (batch.cut_at, len(batch.arrivals))
        for number, batch in enumerate(sorted(simulated.batches, key=lambda batch: (batch.cut_at, batch.asked_at)), 1)
    }


async def _gather_as(
    simulated: SimulatedDays, arrivals: Sequence[datetime], limits: Limits
) -> dict[BatchId, tuple[datetime, int]]:
    """Gather every two seconds in an app whose documents, machine and person do as they did: when, and how many."""
    app = MemoryApp(route=a_route().model_copy(update={"limits": limits}))
    waiting = [a_document(n).model_copy(update={"received_at": at}) for n, at in enumerate(arrivals)]
    in_order = sorted(simulated.batches, key=lambda batch: (batch.cut_at, batch.asked_at))
    while app.time <= in_order[-1].cut_at:
        app.shelf.admit(*(document for document in waiting if document.received_at == app.time))
        for number, batch in enumerate(in_order, 1):
            if batch.asked_at == app.time:
                await prepare(batch_id(INVOICES, number), app.tools)
        for number, batch in enumerate(in_order, 1):
            if batch.approved_at == app.time:
                history = await app.ledger.read(batch_id(INVOICES, number))
                await seal(app.consent(history, f"code-{number}"), app.tools)
        await gather(app.route, app.tools)
        app.time += STEP
    histories = [await app.ledger.read(batch) for batch in await app.ledger.batches()]
    return {history.batch: (history.gathered.at, len(history.documents)) for history in histories}


def test_one_sitting_serves_every_batch_that_waits() -> None:
    arrivals = [NOON + timedelta(seconds=20 * number) for number in range(10)]
    days = simulate(Policy(bounded(1, 0)), scenario(arrivals, delay=600))
    assert (len(days.batches), days.sittings) == (10, 1)
    days = simulate(Policy(bounded(10, 300)), scenario(arrivals, delay=600))
    assert (len(days.batches), days.sittings) == (1, 1)


def test_a_summary_says_how_long_documents_waited_and_how_often_somebody_was_asked() -> None:
    arrivals = [NOON, NOON + timedelta(seconds=10)]
    played = scenario(arrivals)
    summary = Summary.of(simulate(Policy(bounded(2, 300)), played), played, days=1)
    assert (summary.documents, summary.approvals, summary.sittings, summary.size) == (2, 1, 1, 2)
    # Full after 10 s, prepared 4 s later; the person sits down after a minute, takes 20 s, and 4 s go to the delivery.
    assert (summary.asked.max, summary.asked.median) == (timedelta(seconds=14), timedelta(seconds=4))
    assert summary.sealed.max == timedelta(seconds=98)


def test_a_spread_names_what_all_but_a_tenth_and_a_hundredth_do_not_exceed() -> None:
    lengths = [timedelta(seconds=second) for second in range(200, 0, -1)]
    median, p90, p99, most = (timedelta(seconds=second) for second in (100, 180, 198, 200))
    assert Spread.of(lengths) == Spread(median, p90, p99, most)
