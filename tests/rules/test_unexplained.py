"""What counts as a state that nobody can explain."""

from datetime import timedelta

import pytest

from jobs.model.documents import Profile
from jobs.model.glance import Glance
from jobs.model.history import History
from jobs.model.names import batch_id
from jobs.model.records import Gathered, Lapsed, Record
from jobs.model.standstill import Cause, Foundation, Standstill
from jobs.planning.turns import AT_ONCE
from tests.rules.test_metrics_recording import PREPARED
from tests.support.builders import INVOICES, NOON, a_document, a_route
from worker.metrics.unexplained import count_unexplained

BATCH = batch_id(INVOICES, 1)
GATHERED = Gathered(at=NOON, route=INVOICES, seal="S", profile=Profile(), documents=(a_document(),))
ROUTES = {INVOICES: a_route(max_wait=60)}
SOON, LATE = NOON + timedelta(minutes=14), NOON + timedelta(minutes=20)


def a_batch(*records: Record) -> Glance:
    return History(batch=BATCH, records=(GATHERED, *records)).glance


def a_standstill(subject: str, cause: Cause = Cause.VENDOR_AWAY) -> Standstill:
    return Standstill(subject=subject, cause=cause, since=NOON)


def test_a_batch_that_stands_still_for_a_quarter_of_an_hour_without_a_cause() -> None:
    assert count_unexplained([a_batch()], {}, (), ROUTES, LATE) == 1


def test_not_one_that_has_time_left() -> None:
    assert count_unexplained([a_batch()], {}, (), ROUTES, SOON) == 0


@pytest.mark.parametrize("subject", [BATCH, INVOICES, Foundation.REDIS])
def test_not_one_whose_cause_is_told_of_itself_its_route_or_what_all_stand_on(subject: str) -> None:
    assert count_unexplained([a_batch()], {}, [a_standstill(subject)], ROUTES, LATE) == 0


@pytest.mark.parametrize(
    "records",
    [
        (PREPARED.model_copy(update={"at": NOON}),),
        (PREPARED.model_copy(update={"at": NOON}), Lapsed(at=NOON, why="in vain", is_stopped=True)),
    ],
)
def test_not_one_that_waits_for_a_person(records: tuple[Record, ...]) -> None:
    assert count_unexplained([a_batch(*records)], {}, (), ROUTES, LATE) == 0


def test_not_one_that_waits_for_its_turn_behind_others() -> None:
    flood = [History(batch=batch_id(INVOICES, number), records=(GATHERED,)).glance for number in range(1, 21)]
    assert count_unexplained(flood, {}, (), ROUTES, LATE) == AT_ONCE
    failing = [a_standstill(glance.batch) for glance in flood[:12]]
    assert count_unexplained(flood, {}, failing, ROUTES, LATE) == 8


def test_a_route_whose_documents_wait_longer_than_it_waits_for_company() -> None:
    assert count_unexplained([], {INVOICES: NOON}, (), ROUTES, NOON + timedelta(minutes=15, seconds=30)) == 0
    assert count_unexplained([], {INVOICES: NOON}, (), ROUTES, LATE) == 1


def test_whatever_zimogs_itself_does_not_know() -> None:
    standing = [a_standstill(BATCH, Cause.UNEXPECTED), a_standstill(Foundation.DATA, Cause.DISK_FULL)]
    assert count_unexplained([a_batch()], {}, standing, ROUTES, LATE) == 1
