"""Records as bytes. Each names its batch, its number and the hash of the bytes before it, and carries a MAC.

    {"version":2,"batch":"invoices-000001","number":3,"previous":"sha256:…","record":{…},"mac":"…"}

The hash keeps records from being changed or left out unseen; the MAC keeps those who lack the ledger's key from
writing the whole chain anew. Version 1 had `previous` and `record` alone. It is read where such records were in the
ledger when its key was made, and nowhere else. Version 3 tells of divided batches.
"""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, PlainSerializer, PlainValidator, ValidationError

from jobs.model.digest import Digest
from jobs.model.errors import BrokenLedger, IllegalTransition, NewerFormat
from jobs.model.frozen import Frozen
from jobs.model.history import History
from jobs.model.mac import add_mac, has_mac, remove_mac
from jobs.model.names import ABatch, BatchId, is_batch_id
from jobs.model.records import Gathered, Record, Split
from jobs.model.text import Text

VERSION = 3
"""The newest version of the record format; it and all before it are read.

Each record is written in the oldest version that has what it tells: then an older zimogs reads the batches that hold
nothing new to it, and says of the others that a newer one wrote them.
"""

_HEAD = re.compile(r"(\S+) ([1-9]\d{0,8}) ([0-9a-f]{64})")
_VERSION = re.compile(rb'\{"version":(\d{1,9}),')


class ChainedRecord(Frozen):
    """One record as it is stored, but for its MAC: `previous` is the SHA-256 of the entry before, None for the first.

    Batch and number are None in version 1, which did not name them.
    """

    version: Literal[1, 2, 3] = 1
    batch: ABatch | None = None
    number: int | None = Field(default=None, ge=1)
    previous: Digest | None
    record: Record


class ChainHead(NamedTuple):
    """How far a batch's chain goes: its number of records, and the SHA-256 of the newest in lower-case hex.

    As text it is `invoices-000001 6 <hex>`, which is also the leaf that it is in a checkpoint's tree. There may be a
    hundred thousand of them in a checkpoint, so it is no model.
    """

    batch: BatchId
    records: int
    sha256: str

    @classmethod
    def of(cls, batch: BatchId, records: int, newest: bytes) -> Self:
        """The head of a chain whose newest entry has these bytes."""
        return cls(batch, records, sha256(newest).hexdigest())

    @classmethod
    def read(cls, text: str) -> Self:
        """Read the text of a head. Raises ValueError."""
        found = _HEAD.fullmatch(text)
        if found is None or not is_batch_id(found[1]):
            raise ValueError(f"{text!r} is no head such as invoices-000001 6 and a SHA-256")
        return cls(BatchId(found[1]), int(found[2]), found[3])

    def __str__(self) -> str:
        return f"{self.batch} {self.records} {self.sha256}"


AHead = Annotated[
    ChainHead,
    PlainValidator(lambda given: given if isinstance(given, ChainHead) else ChainHead.read(str(given))),
    PlainSerializer(str, return_type=str),
]

FindHead = Callable[[BatchId], ChainHead | None]
"""Tells how far a batch's chain went at some moment, None where there was none."""


@dataclass(frozen=True, slots=True)
class ChainKey:
    """What the ledger's own records are known by.

    `secret` is None where nobody knows the key, as in a copy: then MACs are not looked at. `unmarked` tells the chains
    that the ledger had when its key was made, of version 1; it is None where nobody knows that either: then all such
    chains are read.
    """

    secret: bytes | None = field(repr=False)
    unmarked: FindHead | None = lambda _: None

    def find_fault(self, entry: ChainedRecord, batch: BatchId, number: int, content: bytes) -> str | None:
        """Say what shows that an entry is not the ledger's own, None where nothing does."""
        if entry.version == 1:
            return self._find_unmarked_fault(batch, number, content)
        if (entry.batch, entry.number) != (batch, number):
            return f"was written as record {entry.number} of {entry.batch}"
        if self.secret is not None and not has_mac(content, self.secret):
            return "does not carry the MAC of the ledger's key: somebody without the key has written it"
        return None

    def _find_unmarked_fault(self, batch: BatchId, number: int, content: bytes) -> str | None:
        if self.unmarked is None:
            return None
        head = self.unmarked(batch)
        if head is None or number > head.records:
            return "carries no MAC and was not there when the ledger's key was made: somebody without it has written it"
        if number == head.records and head != ChainHead.of(batch, number, content):
            return "carries no MAC and is another one than when the ledger's key was made"
        return None


def encode_record(record: Record, batch: BatchId, number: int, before: bytes | None, key: ChainKey) -> bytes:
    """Write a record as the batch's entry of that number, after the entry with the bytes `before`.

    Raises ValueError where the key's secret is not known: nobody writes into a copy.
    """
    if key.secret is None:
        raise ValueError(f"{batch} record {number} cannot be written without the ledger's key")
    previous = None if before is None else Digest.sha256(before)
    entry = ChainedRecord(version=_version_for(record), batch=batch, number=number, previous=previous, record=record)
    return add_mac(entry.model_dump_json().encode(), key.secret)


def decode_history(batch: BatchId, entries: Sequence[bytes], key: ChainKey) -> History:
    """Read a batch's entries, oldest first.

    Raises BrokenLedger when one does not fit the one before it or is not the ledger's own, and NewerFormat.
    """
    records: list[Record] = []
    expected: Digest | None = None
    is_marked = False
    for number, content in enumerate(entries, start=1):
        entry = _decode(batch, number, content)
        if entry.previous != expected:
            raise BrokenLedger(
                Text(
                    "{batch} record {number} does not carry the hash of the record before it",
                    batch=batch,
                    number=number,
                )
            )
        if is_marked and entry.version == 1:
            raise BrokenLedger(
                Text(
                    "{batch} record {number} carries no MAC, and the record before it does", batch=batch, number=number
                )
            )
        if fault := key.find_fault(entry, batch, number, content):
            raise BrokenLedger(f"{batch} record {number} {fault}")
        records.append(entry.record)
        expected, is_marked = Digest.sha256(content), entry.version > 1
    try:
        return History(batch=batch, records=tuple(records))
    except (ValidationError, IllegalTransition) as error:
        raise BrokenLedger(Text("{batch} is no possible life of a batch: {why}", batch=batch, why=error)) from error


def version_of(content: bytes) -> int:
    """The version of the format in which an entry is written."""
    found = _VERSION.match(content)
    return int(found[1]) if found else 1


def _version_for(record: Record) -> Literal[2, 3]:
    is_of_divided = isinstance(record, Split) or (isinstance(record, Gathered) and record.split_from is not None)
    return 3 if is_of_divided else 2


def _decode(batch: BatchId, number: int, content: bytes) -> ChainedRecord:
    version = version_of(content)
    if version > VERSION:
        raise NewerFormat(
            Text(
                "{batch} record {number} was written by a newer zimogs (record format {version}; this one reads up to "
                "{known}). Install that version again, or a newer one; nothing is wrong with the ledger.",
                batch=batch,
                number=number,
                version=version,
                known=VERSION,
            )
        )
    try:
        return ChainedRecord.model_validate_json(remove_mac(content) if version > 1 else content)
    except ValidationError as error:
        raise BrokenLedger(
            Text("{batch} record {number} cannot be read: {why}", batch=batch, number=number, why=error)
        ) from error


def sound_part(batch: BatchId, entries: Sequence[bytes], key: ChainKey) -> History | None:
    """The history that the entries before any damage make; None where not even the first is sound."""
    for count in range(len(entries), 0, -1):
        with suppress(BrokenLedger):
            return decode_history(batch, entries[:count], key)
    return None
