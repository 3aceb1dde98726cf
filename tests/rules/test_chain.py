import pytest

from jobs.model.chain import decode_history, encode_record
from jobs.model.documents import Profile
from jobs.model.errors import BrokenLedger
from jobs.model.names import batch_id
from jobs.model.records import Abandoned, Gathered
from tests.support.builders import INVOICES, NOON, documents

BATCH = batch_id(INVOICES, 1)
GATHERED = Gathered(at=NOON, route=INVOICES, seal="S", profile=Profile(), documents=documents(2))
ABANDONED = Abandoned(at=NOON, why="x")


def entries() -> list[bytes]:
    first = encode_record(GATHERED, None)
    return [first, encode_record(ABANDONED, first)]


def test_what_is_written_is_read() -> None:
    assert decode_history(BATCH, entries()).records == (GATHERED, ABANDONED)


def test_a_changed_record_is_noticed() -> None:
    first, second = entries()
    with pytest.raises(BrokenLedger, match="record 2 does not carry the hash"):
        decode_history(BATCH, [first.replace(b"invoice-1", b"invoice-9"), second])


def test_a_missing_first_record_is_noticed() -> None:
    with pytest.raises(BrokenLedger, match="record 1 does not carry"):
        decode_history(BATCH, entries()[1:])


def test_an_unreadable_record_is_named() -> None:
    with pytest.raises(BrokenLedger, match="record 2 cannot be read"):
        decode_history(BATCH, [entries()[0], b"{"])


def test_an_impossible_life_is_refused() -> None:
    first, second = entries()
    third = encode_record(ABANDONED, second)
    with pytest.raises(BrokenLedger, match="no possible life"):
        decode_history(BATCH, [first, second, third])
