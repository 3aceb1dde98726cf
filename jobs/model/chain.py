"""Records as bytes. Each names the hash of the bytes before it, so that no record can be changed or left out unseen."""

from collections.abc import Sequence
from contextlib import suppress

from pydantic import ValidationError

from jobs.model.digest import Digest
from jobs.model.errors import BrokenLedger, IllegalTransition
from jobs.model.frozen import Frozen
from jobs.model.history import History
from jobs.model.names import BatchId
from jobs.model.records import Record


class ChainedRecord(Frozen):
    """One record as it is stored: `previous` is the SHA-256 of the entry before it, None for the first."""

    previous: Digest | None
    record: Record


def encode_record(record: Record, before: bytes | None) -> bytes:
    """Write a record as an entry after the entry with the bytes `before`."""
    previous = None if before is None else Digest.sha256(before)
    return ChainedRecord(previous=previous, record=record).model_dump_json().encode()


def decode_history(batch: BatchId, entries: Sequence[bytes]) -> History:
    """Read a batch's entries, oldest first. Raises BrokenLedger when one does not fit the one before it."""
    records: list[Record] = []
    expected: Digest | None = None
    for number, content in enumerate(entries, start=1):
        try:
            entry = ChainedRecord.model_validate_json(content)
        except ValidationError as error:
            raise BrokenLedger(f"{batch} record {number} cannot be read: {error}") from error
        if entry.previous != expected:
            raise BrokenLedger(f"{batch} record {number} does not carry the hash of the record before it")
        records.append(entry.record)
        expected = Digest.sha256(content)
    try:
        return History(batch=batch, records=tuple(records))
    except (ValidationError, IllegalTransition) as error:
        raise BrokenLedger(f"{batch} is no possible life of a batch: {error}") from error


def sound_part(batch: BatchId, entries: Sequence[bytes]) -> History | None:
    """The history that the entries before any damage make; None where not even the first is sound."""
    for count in range(len(entries), 0, -1):
        with suppress(BrokenLedger):
            return decode_history(batch, entries[:count])
    return None
