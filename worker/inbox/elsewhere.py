"""What a way in has done to what stands on its shelf where others see no shelf but their own: nothing, unless told."""

from collections.abc import Callable, Mapping, Sequence

from jobs.model.names import DocumentId

Keep = Callable[[Sequence[DocumentId]], Mapping[DocumentId, OSError]]
"""Has what stands on the shelf outlive this machine, before it is removed where it came from; gives what would not."""

Adopt = Callable[[], int]
"""Has on the shelf, with its claims, what another machine took in and does not finish; gives how many."""


def keep_nothing(_: Sequence[DocumentId]) -> Mapping[DocumentId, OSError]:
    """For a shelf that outlives it."""
    return {}


def adopt_nothing() -> int:
    """For a shelf that is seen by all."""
    return 0
