"""What stands still, as a row of a table and as JSON."""

from typing import Any

from jobs.model.standstill import Standstill


def describe_standstill(standstill: Standstill) -> dict[str, Any]:
    """What stands still, since when, what is tried when, and what a person can do."""
    return {
        "what": standstill.subject.removeprefix("_"),
        "cause": standstill.cause,
        "meaning": standstill.meaning,
        "advice": standstill.advice,
        "since": standstill.since.isoformat(timespec="seconds"),
        "attempts": standstill.attempts,
        "next_try": "" if standstill.next_try is None else standstill.next_try.isoformat(timespec="seconds"),
        "detail": standstill.detail,
    }
