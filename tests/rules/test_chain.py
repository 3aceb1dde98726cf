from dataclasses import replace

import pytest

from jobs.model.chain import ChainedRecord, ChainHead, ChainKey, decode_history, encode_record, version_of
from jobs.model.digest import Digest
from jobs.model.documents import Profile
from jobs.model.errors import BrokenLedger, NewerFormat
from jobs.model.mac import has_mac, remove_mac
from jobs.model.names import BatchId, batch_id
from jobs.model.records import Abandoned, Gathered, Lapsed, Record, Split
from tests.support.builders import INVOICES, NOON, documents

BATCH = batch_id(INVOICES, 1)
GATHERED = Gathered(at=NOON, route=INVOICES, seal="S", profile=Profile(), documents=documents(2))
ABANDONED = Abandoned(at=NOON, why="x")
KEY = ChainKey(b"k" * 32)
COPY = ChainKey(None, None)
"""What a copy is read with: nobody knows the key, nor what was there before it."""


def entries(key: ChainKey = KEY, batch: BatchId = BATCH) -> list[bytes]:
    first = encode_record(GATHERED, batch, 1, None, key)
    return [first, encode_record(ABANDONED, batch, 2, first, key)]


def unmarked(record: Record, before: bytes | None = None) -> bytes:
    """An entry as the first version wrote it."""
    previous = None if before is None else Digest.sha256(before)
    entry = ChainedRecord(previous=previous, record=record)
    return entry.model_dump_json(include={"previous", "record"}).encode()


def knowing(*old: bytes) -> ChainKey:
    """A key that was made when these entries lay there."""
    return replace(KEY, unmarked={BATCH: ChainHead.of(BATCH, len(old), old[-1])}.get)


def test_what_is_written_is_read() -> None:
    assert decode_history(BATCH, entries(), KEY).records == (GATHERED, ABANDONED)


def test_a_copy_is_read_without_the_key() -> None:
    assert decode_history(BATCH, entries(), COPY).records == (GATHERED, ABANDONED)


def test_nothing_is_written_without_the_key() -> None:
    with pytest.raises(ValueError, match="without the ledger's key"):
        entries(COPY)


def test_a_changed_record_is_noticed_without_the_key() -> None:
    first, second = entries()
    with pytest.raises(BrokenLedger, match="record 2 does not carry the hash"):
        decode_history(BATCH, [first.replace(b"invoice-1", b"invoice-9"), second], COPY)


def test_a_missing_first_record_is_noticed() -> None:
    with pytest.raises(BrokenLedger, match="record 1 does not carry"):
        decode_history(BATCH, entries()[1:], KEY)


def test_an_unreadable_record_is_named() -> None:
    with pytest.raises(BrokenLedger, match="record 2 cannot be read"):
        decode_history(BATCH, [entries()[0], b"{"], KEY)


def test_an_impossible_life_is_refused() -> None:
    first, second = entries()
    third = encode_record(ABANDONED, BATCH, 3, second, KEY)
    with pytest.raises(BrokenLedger, match="no possible life"):
        decode_history(BATCH, [first, second, third], KEY)


def test_a_chain_that_was_written_anew_without_the_key_is_refused() -> None:
    forged = entries(ChainKey(b"another key"))
    assert decode_history(BATCH, forged, COPY)
    with pytest.raises(BrokenLedger, match="record 1 does not carry the MAC"):
        decode_history(BATCH, forged, KEY)


def test_a_record_whose_mac_was_taken_off_is_refused() -> None:
    with pytest.raises(BrokenLedger, match="record 1 does not carry the MAC"):
        decode_history(BATCH, [remove_mac(entries()[0])], KEY)


@pytest.mark.parametrize("key", [KEY, COPY])
def test_a_chain_is_that_of_its_own_batch_alone(key: ChainKey) -> None:
    with pytest.raises(BrokenLedger, match=r"record 1 was written as record 1 of invoices-000002"):
        decode_history(BATCH, entries(batch=batch_id(INVOICES, 2)), key)


def test_a_mac_covers_every_byte() -> None:
    (entry, _) = entries()
    assert has_mac(entry, b"k" * 32)
    for place in range(len(entry)):
        changed = entry[:place] + bytes([entry[place] ^ 1]) + entry[place + 1 :]
        assert not has_mac(changed, b"k" * 32)


def test_records_without_a_mac_are_read_where_they_were_there_before_the_key() -> None:
    old = unmarked(GATHERED)
    assert decode_history(BATCH, [old], knowing(old)).records == (GATHERED,)


def test_a_chain_of_the_first_version_goes_on_in_the_second() -> None:
    old = unmarked(GATHERED)
    chain = [old, encode_record(ABANDONED, BATCH, 2, old, KEY)]
    assert decode_history(BATCH, chain, knowing(old)).records == (GATHERED, ABANDONED)


def test_a_whole_chain_without_macs_is_refused_where_none_was_before_the_key() -> None:
    with pytest.raises(BrokenLedger, match="was not there when the ledger's key was made"):
        decode_history(BATCH, [unmarked(GATHERED)], KEY)


def test_a_record_without_a_mac_behind_those_from_before_the_key_is_refused() -> None:
    old = unmarked(GATHERED)
    with pytest.raises(BrokenLedger, match="record 2 carries no MAC and was not there"):
        decode_history(BATCH, [old, unmarked(ABANDONED, old)], knowing(old))


def test_another_record_than_the_one_from_before_the_key_is_refused() -> None:
    other = unmarked(GATHERED.model_copy(update={"seal": "another"}))
    with pytest.raises(BrokenLedger, match="is another one than when the ledger's key was made"):
        decode_history(BATCH, [other], knowing(unmarked(GATHERED)))


@pytest.mark.parametrize("key", [KEY, COPY])
def test_an_older_format_after_a_newer_one_is_refused(key: ChainKey) -> None:
    first = entries()[0]
    with pytest.raises(BrokenLedger, match="record 2 carries no MAC, and the record before it does"):
        decode_history(BATCH, [first, unmarked(ABANDONED, first)], key)


def test_a_record_of_a_newer_zimogs_is_refused_and_says_what_to_do() -> None:
    newer = entries()[0].replace(b'{"version":2,', b'{"version":4,')
    with pytest.raises(NewerFormat, match=r"record format 4; .* Install that version again"):
        decode_history(BATCH, [newer], KEY)


def test_only_what_tells_of_a_divided_batch_is_newer_to_an_older_zimogs() -> None:
    second = batch_id(INVOICES, 2)
    named = Split(at=NOON, why="x", rest=second, documents=(GATHERED.documents[1].id,))
    life = [entries()[0]]
    following: tuple[Record, ...] = (named, Lapsed(at=NOON, why="x"))
    for number, record in enumerate(following, start=2):
        life.append(encode_record(record, BATCH, number, life[-1], KEY))
    assert [version_of(entry) for entry in life] == [2, 3, 2]
    assert decode_history(BATCH, life, KEY).records == (GATHERED, *following)
    rest = GATHERED.model_copy(update={"documents": GATHERED.documents[1:], "split_from": BATCH})
    first = encode_record(rest, second, 1, None, KEY)
    assert (version_of(first), decode_history(second, [first], KEY).records) == (3, (rest,))
    # It forbids fields that it does not know.
    assert b"split_from" not in life[0]
