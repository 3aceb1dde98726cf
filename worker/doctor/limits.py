"""What was learned of how much the vendor takes at once: nothing is wrong with it, but vendors raise their limits."""

from collections.abc import Iterator

from jobs.model.vendor_limits import LearnedLimit, LearnedLimits
from worker.doctor.finding import Finding, fine


def examine_limits(learned: LearnedLimits) -> Iterator[Finding]:
    """Tell each limit that was met, since when, and in which words."""
    if not learned.met:
        yield fine("vendor's limits", "none was met")
    for limit in learned.met:
        yield fine("vendor's limits", f"{describe(limit)}; `zimogs limits --forget` tries more again")


def describe(limit: LearnedLimit) -> str:
    """The limit with when it was learned, in which words, and until when it counts."""
    until = f", counts until {limit.until:%Y-%m-%d}" if limit.until else ""
    said = f" ({limit.said})" if limit.said else ""
    return f"{limit.sentence}, learned {limit.learned_at:%Y-%m-%d}{until}{said}"
