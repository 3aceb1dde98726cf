from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from jobs.batching import take, waits_since
from jobs.model.asking import Asking
from jobs.model.calendar import Calendar, Weekday
from jobs.model.documents import Document, Limits
from tests.support.builders import NOON, a_document, age_at, documents, limits
from tests.support.planning import is_ripe

some_limits = st.builds(limits, max_documents=st.integers(1, 100), max_bytes=st.integers(1, 5000))
waiting_lists = st.lists(st.tuples(st.integers(1, 3000), st.integers(0, 500)), max_size=60).map(
    lambda rows: [a_document(n, size=size, age=age) for n, (size, age) in enumerate(rows)]
)


@given(waiting_lists, some_limits)
def test_taking_until_empty_loses_and_doubles_nothing(waiting: list[Document], bounds: Limits) -> None:
    left, seen = list(waiting), list[Document]()
    while left:
        batch = take(left, bounds.max_documents, bounds.max_bytes)
        seen += batch
        left = [document for document in left if document not in batch]
    assert sorted(d.id for d in seen) == sorted(d.id for d in waiting)


@given(waiting_lists, some_limits)
def test_a_batch_keeps_its_limits_unless_one_document_alone_breaks_them(
    waiting: list[Document], bounds: Limits
) -> None:
    batch = take(waiting, bounds.max_documents, bounds.max_bytes)
    assert len(batch) <= bounds.max_documents
    assert len(batch) <= 1 or sum(d.size for d in batch) <= bounds.max_bytes


@given(waiting_lists.filter(bool), some_limits)
def test_the_oldest_document_is_always_taken(waiting: list[Document], bounds: Limits) -> None:
    oldest = min(waiting, key=lambda document: (document.received_at, document.id))
    assert oldest in take(waiting, bounds.max_documents, bounds.max_bytes)


def test_nothing_waiting_is_never_ripe() -> None:
    assert not is_ripe([], limits(max_wait=0), age_at(NOON))


def test_a_full_batch_is_ripe_at_once() -> None:
    assert is_ripe(documents(3), limits(max_documents=3), age_at(NOON))


def test_enough_bytes_make_a_batch_ripe() -> None:
    assert is_ripe(documents(2), limits(max_bytes=2000), age_at(NOON))


def test_a_lone_document_is_ripe_after_its_wait_and_not_before() -> None:
    lone = [a_document(age=0)]
    bounds = limits(max_wait=30)
    assert not is_ripe(lone, bounds, age_at(NOON + timedelta(seconds=29.9)))
    assert is_ripe(lone, bounds, age_at(NOON + timedelta(seconds=30)))


def test_a_checkpoint_waits_for_company_and_then_goes_with_it() -> None:
    checkpoint = a_document(1, age=3600, name="zimogs-checkpoint-000001.json")
    bounds = limits(max_documents=1, max_wait=30)
    assert not is_ripe([checkpoint], bounds, age_at(NOON))
    bounds = limits(max_documents=100, max_wait=30)
    assert not is_ripe([checkpoint, a_document(2, age=29)], bounds, age_at(NOON))
    assert is_ripe([checkpoint, a_document(2, age=30)], bounds, age_at(NOON))
    assert checkpoint in take([checkpoint, a_document(2, age=30)], 100, 10**9)


def test_what_is_collected_waits_for_its_time_and_then_no_longer() -> None:
    bounds, before, after = limits(max_wait=0), a_document(1, age=60), a_document(2, age=0)
    assert not is_ripe([after], bounds, age_at(NOON), collected=NOON - timedelta(seconds=1))
    assert is_ripe([after], bounds, age_at(NOON), collected=NOON)
    assert is_ripe([after, before], bounds, age_at(NOON), collected=NOON - timedelta(seconds=30))


def test_a_full_batch_does_not_wait_for_a_time_of_day() -> None:
    assert is_ripe(documents(3), limits(max_documents=3), age_at(NOON), collected=NOON - timedelta(days=3))


def test_a_checkpoint_is_not_asked_about_alone_at_a_time_of_day_either() -> None:
    checkpoint = a_document(1, age=3600, name="zimogs-checkpoint-000001.json")
    assert not is_ripe([checkpoint], limits(), age_at(NOON), collected=NOON)


@given(waiting_lists.filter(bool), st.timedeltas(timedelta(0), timedelta(minutes=10)))
def test_after_a_time_of_day_nothing_that_came_before_it_is_left_waiting(
    waiting: list[Document], ago: timedelta
) -> None:
    collected = NOON - ago
    asking = Asking(at=(collected.time(),), calendar=Calendar(days=frozenset(Weekday)))
    late = [document for document in waiting if waits_since(document, asking, NOON) is not None]
    assert is_ripe(waiting, limits(), age_at(NOON), collected=asking.last_time(NOON)) is bool(late)
    assert all(waits_since(document, asking, NOON) == collected for document in late)
