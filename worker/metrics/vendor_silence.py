"""Whether the vendor answers, as its calls tell. Nothing waits to know that: neither the start nor a probe asks it."""

from jobs.model.standstill import WORDS, Cause
from jobs.model.text import Text
from worker.eparaksts.operations import CallOutcome

_UNANSWERED = frozenset({CallOutcome.RETRYABLE, CallOutcome.UNCERTAIN})
_IN_A_ROW = 2
"""Calls without an answer that can be used: one is a hiccup."""


class VendorSilence:
    """Hears how each call ended."""

    def __init__(self) -> None:
        self._unanswered = 0

    def note(self, outcome: CallOutcome) -> None:
        """One more call ended so; what we gave up ourselves tells nothing."""
        if outcome in _UNANSWERED:
            self._unanswered += 1
        elif outcome is not CallOutcome.ABANDONED:
            self._unanswered = 0

    def find_warning(self) -> Text | None:
        """What to tell people; None while it answers, and before the first call."""
        return WORDS[Cause.VENDOR_AWAY].meaning if self._unanswered >= _IN_A_ROW else None
