"""Whose work goes first where several want the same thing: the batch that was gathered first.

The rooms that queue work know nothing of batches, and callers nothing of queues; so it is said beside the call.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

_gathered_at: ContextVar[float] = ContextVar("gathered_at", default=0.0)


@contextmanager
def in_turn(gathered_at: datetime) -> Iterator[None]:
    """Whatever is done within the block, or begun in it, is for a batch of that age."""
    before = _gathered_at.set(gathered_at.timestamp())
    try:
        yield
    finally:
        _gathered_at.reset(before)


def precedence() -> float:
    """When the batch was gathered for which something is done now, in Unix time; 0 outside of batches, before all."""
    return _gathered_at.get()
