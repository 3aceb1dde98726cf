"""How much is kept in memory of the ledger: bounded by documents, since a batch may hold thousands."""

from jobs.model.documents import Profile
from jobs.model.history import History
from jobs.model.names import batch_id
from jobs.model.records import Gathered
from tests.support.builders import INVOICES, NOON, documents
from worker.storage.kept_histories import KeptHistories

FIRST, SECOND, THIRD = (batch_id(INVOICES, number) for number in (1, 2, 3))


def a_history(number: int, count: int) -> History:
    gathered = Gathered(at=NOON, route=INVOICES, seal="S", profile=Profile(), documents=documents(count))
    return History(batch=batch_id(INVOICES, number), records=(gathered,))


def kept_of(*histories: History, most: int) -> KeptHistories[History]:
    remembered = KeptHistories[History](most)
    for history in histories:
        remembered.keep(history, history)
    return remembered


def test_what_was_used_longest_ago_goes_when_there_are_too_many_documents() -> None:
    first, second, third = (a_history(number, 4) for number in (1, 2, 3))
    remembered = kept_of(first, second, first, third, most=8)
    assert [remembered.get(batch) for batch in (FIRST, SECOND, THIRD)] == [first, None, third]


def test_the_newest_is_kept_however_large_it_is_and_alone() -> None:
    large = a_history(2, 9)
    remembered = kept_of(a_history(1, 1), large, most=8)
    assert [remembered.get(batch) for batch in (FIRST, SECOND)] == [None, large]


def test_a_batch_whose_records_were_added_to_counts_once() -> None:
    first, second = a_history(1, 4), a_history(2, 4)
    remembered = kept_of(first, second, second, second, most=8)
    assert remembered.get(FIRST) == first
    remembered.forget(SECOND)
    remembered.forget(SECOND)
    assert remembered.get(SECOND) is None
