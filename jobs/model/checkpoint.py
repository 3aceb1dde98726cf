"""A checkpoint: how far every batch's chain went at one moment, under one root. Sealed, it fixes what lies before it.

It is stored as one line of JSON with a MAC of the ledger's key. Number 0 is what lay in the ledger when that key was
made; each later one carries the SHA-256 of the one before it, and lists only what changed since: all of them together
grow with the ledger, and not with its square.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal, Self

from pydantic import AwareDatetime, Field, ValidationError, model_validator

from jobs.model.chain import AHead, ChainHead
from jobs.model.digest import Digest
from jobs.model.errors import BrokenCheckpoint
from jobs.model.frozen import Frozen
from jobs.model.mac import add_mac, remove_mac
from jobs.model.merkle import ProofStep, compute_root, prove_inclusion
from jobs.model.names import BatchId, batch_number, batch_route

_NAME = re.compile(r"zimogs-checkpoint-([0-9]{6})\.json")


class Checkpoint(Frozen):
    """Of `heads` it lists those that are new or longer since the checkpoint before, in the order of route and number.

    `root` is that of the Merkle tree over the texts of all heads so far, in the same order.
    """

    format: Literal["zimogs-checkpoint"] = "zimogs-checkpoint"
    version: Literal[1] = 1
    number: int = Field(ge=0, le=999_999)
    at: AwareDatetime
    previous: Digest | None
    root: Digest
    heads: tuple[AHead, ...]

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        places = [_place(head) for head in self.heads]
        if places != sorted(set(places)):
            raise ValueError("heads stand in the order of their batches, each once")
        return self

    @property
    def by_batch(self) -> Mapping[BatchId, ChainHead]:
        """Its heads by batch."""
        return {head.batch: head for head in self.heads}


class Extent:
    """How far every chain goes by a checkpoint and all those before it, added one after the other."""

    def __init__(self) -> None:
        self.heads: dict[BatchId, ChainHead] = {}
        self.newest: Checkpoint | None = None
        self._digest: Digest | None = None

    @property
    def next_number(self) -> int:
        """Which checkpoint comes next."""
        return 0 if self.newest is None else self.newest.number + 1

    def add(self, content: bytes) -> Checkpoint:
        """Go on to the next checkpoint. Raises BrokenCheckpoint for one that cannot be read or is not the next."""
        checkpoint = decode_checkpoint(content)
        if (checkpoint.number, checkpoint.previous) != (self.next_number, self._digest):
            raise BrokenCheckpoint(f"{checkpoint_name(checkpoint.number)} was not made after the one before it")
        self.heads |= checkpoint.by_batch
        self.newest, self._digest = checkpoint, Digest.sha256(content)
        return checkpoint

    def require_root(self) -> None:
        """Raise BrokenCheckpoint when the newest has another root than all heads so far make."""
        if self.newest is not None and self.newest.root != _root(self._leaves()):
            raise BrokenCheckpoint(f"{checkpoint_name(self.newest.number)} has another root than its heads make")

    def follow(self, heads: Iterable[ChainHead], at: datetime) -> Checkpoint:
        """The next checkpoint, where the chains go so far now; none of those before is left out."""
        changed = {head.batch: head for head in heads if self.heads.get(head.batch) != head}
        listed = tuple(sorted(changed.values(), key=_place))
        root = _root(_texts(self.heads | changed))
        return Checkpoint(number=self.next_number, at=at, previous=self._digest, root=root, heads=listed)

    def prove(self, batch: BatchId) -> tuple[ProofStep, ...]:
        """What leads from the batch's head to the newest root. Raises ValueError when there is no such batch."""
        leaves = self._leaves()
        return prove_inclusion(leaves, leaves.index(str(self.heads.get(batch)).encode()))

    def _leaves(self) -> Sequence[bytes]:
        return _texts(self.heads)


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


def _texts(heads: Mapping[BatchId, ChainHead]) -> Sequence[bytes]:
    return [str(head).encode() for head in sorted(heads.values(), key=_place)]


def _place(head: ChainHead) -> tuple[str, int]:
    return batch_route(head.batch), batch_number(head.batch)


def _root(leaves: Sequence[bytes]) -> Digest:
    return Digest.of(compute_root(leaves))
