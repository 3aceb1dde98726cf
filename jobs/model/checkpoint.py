"""A checkpoint: how far every batch's chain went at one moment, under one root. Sealed, it fixes what lies before it.

It is stored as one line of JSON with a MAC of the ledger's key. Number 0 is what lay in the ledger when that key was
made; each later one carries the SHA-256 of the one before it.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Literal, Self

from pydantic import AwareDatetime, Field, ValidationError, model_validator

from jobs.model.chain import AHead, ChainHead
from jobs.model.digest import Digest
from jobs.model.errors import BrokenCheckpoint
from jobs.model.frozen import Frozen
from jobs.model.mac import add_mac, remove_mac
from jobs.model.merkle import Step, compute_root, prove_inclusion
from jobs.model.names import BatchId, batch_number, batch_route

_NAME = re.compile(r"zimogs-checkpoint-(\d{6})\.json")


class Checkpoint(Frozen):
    """Heads stand in the order of route and number; `root` is that of the Merkle tree over their texts."""

    format: Literal["zimogs-checkpoint"] = "zimogs-checkpoint"
    version: Literal[1] = 1
    number: int = Field(ge=0, le=999_999)
    at: AwareDatetime
    previous: Digest | None
    root: Digest
    heads: tuple[AHead, ...]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        places = [(batch_route(head.batch), batch_number(head.batch)) for head in self.heads]
        if places != sorted(set(places)):
            raise ValueError("heads stand in the order of their batches, each once")
        if self.root != _root(self.heads):
            raise ValueError("the root is not that of its heads")
        return self

    @classmethod
    def over(cls, heads: Iterable[ChainHead], before: bytes | None, at: datetime) -> Self:
        """The checkpoint after the one with the bytes `before`, None for number 0."""
        listed = tuple(sorted(heads, key=lambda head: (batch_route(head.batch), batch_number(head.batch))))
        number = 0 if before is None else decode_checkpoint(before).number + 1
        previous = None if before is None else Digest.sha256(before)
        return cls(number=number, at=at, previous=previous, root=_root(listed), heads=listed)

    @property
    def by_batch(self) -> Mapping[BatchId, ChainHead]:
        """Its heads by batch."""
        return {head.batch: head for head in self.heads}

    def prove(self, batch: BatchId) -> tuple[Step, ...]:
        """What leads from the batch's head to the root. Raises ValueError when it has no such batch."""
        place = [head.batch for head in self.heads].index(batch)
        return prove_inclusion([str(head).encode() for head in self.heads], place)


def is_due(latest: Checkpoint, now: datetime) -> bool:
    """Say whether the day (UTC) has no checkpoint yet; a clock that was wrong for a while puts none off."""
    return latest.number == 0 or latest.at.astimezone(UTC).date() != now.astimezone(UTC).date()


def encode_checkpoint(checkpoint: Checkpoint, secret: bytes) -> bytes:
    """Write a checkpoint as it is stored and sealed."""
    return add_mac(checkpoint.model_dump_json().encode(), secret)


def decode_checkpoint(content: bytes) -> Checkpoint:
    """Read a checkpoint; its MAC is looked at elsewhere. Raises BrokenCheckpoint."""
    try:
        return Checkpoint.model_validate_json(remove_mac(content))
    except ValidationError as error:
        raise BrokenCheckpoint(f"it cannot be read: {error}") from error


def find_head(content: bytes, batch: BatchId) -> ChainHead | None:
    """Find one head in a checkpoint's bytes, which may be those of a hundred thousand, without reading the others."""
    found = re.search(rb'"(%b \d+ [0-9a-f]+)"' % re.escape(batch).encode(), content)
    return ChainHead.read(found[1].decode()) if found else None


def checkpoint_name(number: int) -> str:
    """The name of a checkpoint's file, and of the document that it is when it is sealed."""
    return f"zimogs-checkpoint-{number:06}.json"


def checkpoint_number(name: str) -> int | None:
    """Which checkpoint a document of this name is, None for none; whoever believes the name compares the hash, too."""
    found = _NAME.fullmatch(name)
    return int(found[1]) if found else None


def _root(heads: Iterable[ChainHead]) -> Digest:
    return Digest.of(compute_root(str(head).encode() for head in heads))
