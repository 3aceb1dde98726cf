"""The life of a batch. This table is the law: no other code may say which record follows which.

A batch is where its last record says it is, so a record's kind and the state it leads to share one name.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from jobs.model.errors import IllegalTransition


class State(StrEnum):
    """Where a batch stands, named after its last record."""

    GATHERED = "gathered"
    """Frozen: these documents, in this order, and no others."""
    SPLIT = "split"
    """Too large for one approval: its first documents stay, the others go on in a batch that is about to be made."""
    PREPARED = "prepared"
    """Uploaded, digests known; waiting for a person."""
    RELEASED = "released"
    """A person looked at it and let it go to whoever approves; its digests are made anew, to be fresh then."""
    SIGNING = "signing"
    """A person consented; the signature call is about to be made, or was."""
    SIGNED = "signed"
    """Every signature value is here and verified."""
    FINALIZING = "finalizing"
    """The finalize call is about to be made, or was; made once more only where a look shows that it did nothing."""
    SEALED = "sealed"
    """The vendor holds sealed files, or said which ones failed."""
    ARCHIVING = "archiving"
    """The call for archive timestamps is about to be made, or was; once more as with finalize."""
    ARCHIVED = "archived"
    """The vendor added archive timestamps, or said where it failed."""
    DELIVERED = "delivered"
    """Every document is in the outbox or in quarantine. The end."""
    LAPSED = "lapsed"
    """The consent or the digests are void; it is prepared and asked for again, by itself or when a person wants it."""
    ABANDONED = "abandoned"
    """Given up by a person or for want of documents; all of it is in quarantine. The end."""


TRANSITIONS: Mapping[State | None, frozenset[State]] = MappingProxyType(
    {
        None: frozenset({State.GATHERED}),
        State.GATHERED: frozenset({State.SPLIT, State.PREPARED, State.ABANDONED}),
        State.SPLIT: frozenset({State.SPLIT, State.LAPSED}),
        State.PREPARED: frozenset({State.RELEASED, State.SIGNING, State.LAPSED, State.ABANDONED}),
        State.RELEASED: frozenset({State.SPLIT, State.PREPARED, State.ABANDONED}),
        State.SIGNING: frozenset({State.SIGNED, State.LAPSED}),
        State.SIGNED: frozenset({State.FINALIZING, State.LAPSED}),
        State.FINALIZING: frozenset({State.FINALIZING, State.SEALED, State.LAPSED}),
        State.SEALED: frozenset({State.ARCHIVING, State.DELIVERED}),
        State.ARCHIVING: frozenset({State.ARCHIVING, State.ARCHIVED}),
        State.ARCHIVED: frozenset({State.DELIVERED}),
        State.LAPSED: frozenset({State.SPLIT, State.PREPARED, State.LAPSED, State.ABANDONED}),
        State.DELIVERED: frozenset(),
        State.ABANDONED: frozenset(),
    }
)

FINAL = frozenset(state for state, following in TRANSITIONS.items() if state and not following)
"""The states in which nothing more can happen."""

TO_PREPARE = frozenset({State.GATHERED, State.SPLIT, State.RELEASED, State.LAPSED})
"""The states in which digests are to be made."""


def follow(state: State | None, record: State) -> State:
    """Say where a batch in `state` (None: not begun) stands after `record`.

    Raises IllegalTransition when the table has no such move.
    """
    if record not in TRANSITIONS[state]:
        raise IllegalTransition(f"a batch that is {state or 'not begun'} cannot become {record}")
    return record


def diagram() -> str:
    """Draw the table as a Mermaid state diagram, for ARCHITECTURE.md."""
    lines = ["stateDiagram-v2"]
    for state, following in TRANSITIONS.items():
        lines += [f"    {state or '[*]'} --> {target}" for target in State if target in following]
    lines += [f"    {state} --> [*]" for state in State if state in FINAL]
    return "\n".join(lines)
