"""A Merkle tree as in RFC 6962 §2.1: one root over many leaves, and short proofs that a leaf is among them.

SHA-256; a byte 0 stands before what is hashed as a leaf, a byte 1 before two hashes that become one, so that neither
can pass for the other.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple


class Side(StrEnum):
    """Where a neighbour stands. Values are those of a proof's text."""

    LEFT = "left"
    RIGHT = "right"


class ProofStep(NamedTuple):
    """One step of a proof, from a leaf to the root: the neighbour's hash and its side."""

    side: Side
    neighbour: bytes


def compute_root(leaves: Iterable[bytes]) -> bytes:
    """The root over these leaves (RFC 6962 §2.1)."""
    level = [_hash_leaf(leaf) for leaf in leaves]
    while len(level) > 1:
        level = _climb(level)
    return level[0] if level else sha256().digest()


def prove_inclusion(leaves: Sequence[bytes], place: int) -> tuple[ProofStep, ...]:
    """What leads from the leaf at that place to the root (RFC 6962 §2.1.1). Raises IndexError."""
    level = [_hash_leaf(leaf) for leaf in leaves]
    if not 0 <= place < len(level):
        raise IndexError(place)
    steps: list[ProofStep] = []
    while len(level) > 1:
        neighbour = place ^ 1
        if neighbour < len(level):
            steps.append(ProofStep(Side.LEFT if neighbour < place else Side.RIGHT, level[neighbour]))
        level, place = _climb(level), place // 2
    return tuple(steps)


def follow(leaf: bytes, proof: Iterable[ProofStep]) -> bytes:
    """The root to which a proof leads from this leaf."""
    value = _hash_leaf(leaf)
    for side, neighbour in proof:
        value = _join(neighbour, value) if side is Side.LEFT else _join(value, neighbour)
    return value


def _hash_leaf(leaf: bytes) -> bytes:
    return sha256(b"\0" + leaf).digest()


def _join(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def _climb(level: Sequence[bytes]) -> list[bytes]:
    """The level above. A last one without a neighbour goes up as it is, which gives the same tree as §2.1's halves."""
    pairs = [_join(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]
    return [*pairs, level[-1]] if len(level) % 2 else pairs
