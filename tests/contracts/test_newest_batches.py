"""The newest batch of a route, by a hint that nothing is believed of which neither folder nor archive bears out."""

from pathlib import Path

import pytest

from jobs.model.names import RouteName, batch_id
from tests.support.builders import INVOICES
from worker.storage.archives.catalogue import Archives
from worker.storage.archives.store import ArchiveFolder
from worker.storage.chains import record_path
from worker.storage.newest_batches import NewestBatches


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Three batches, as far as their numbers matter."""
    for number in (1, 2, 3):
        path = record_path(tmp_path / "ledger", batch_id(INVOICES, number), 1)
        path.parent.mkdir(parents=True)
        path.touch()
    return tmp_path / "ledger"


def a_process(ledger: Path) -> NewestBatches:
    return NewestBatches(ledger, Archives(ArchiveFolder.beside(ledger)))


@pytest.mark.parametrize("hint", ["", "x", "-1", "0", "1", "3", "9", "9" * 30])
def test_whatever_the_hint_says_the_number_is_right(ledger: Path, hint: str) -> None:
    a_process(ledger).note(INVOICES, 1)
    (ledger / ".latest" / INVOICES).write_text(hint)
    assert a_process(ledger).find(INVOICES) == 3
    assert a_process(ledger).find(RouteName("others")) == 0


def test_once_it_was_looked_for_a_new_process_lists_nothing(ledger: Path) -> None:
    assert a_process(ledger).find(INVOICES) == 3
    # A name that only a list would show: numbers follow each other.
    record_path(ledger, batch_id(INVOICES, 9), 1).parent.mkdir()
    record_path(ledger, batch_id(INVOICES, 9), 1).touch()
    assert a_process(ledger).find(INVOICES) == 3
    (ledger / ".latest" / INVOICES).unlink()
    assert a_process(ledger).find(INVOICES) == 9


def test_what_another_process_opened_is_known_at_once(ledger: Path) -> None:
    ours = a_process(ledger)
    assert ours.find(INVOICES) == 3
    record_path(ledger, batch_id(INVOICES, 4), 1).parent.mkdir()
    record_path(ledger, batch_id(INVOICES, 4), 1).touch()
    assert ours.find(INVOICES) == 4
