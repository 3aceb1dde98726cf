"""What stands still, for people as sentences and for programs as JSON."""

from collections.abc import Iterable, Sequence
from typing import Any

from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.standstill import Cause, Standstill, select_standstills
from worker.cli.console import console
from worker.cli.plain_text import plain


def describe_standstill(standstill: Standstill) -> dict[str, Any]:
    """What stands still, since when, what is tried when, and what a person can do."""
    return {
        "what": standstill.subject.removeprefix("_"),
        "cause": standstill.cause,
        "meaning": standstill.meaning,
        "advice": standstill.advice,
        "since": standstill.since.isoformat(timespec="seconds"),
        "attempts": standstill.attempts,
        "next_try": None if standstill.next_try is None else standstill.next_try.isoformat(timespec="seconds"),
        "detail": standstill.detail,
    }


def show_standstills(described: Iterable[dict[str, Any]]) -> None:
    """Print each with its reason, its last failure and its next try; nothing where nothing stands still."""
    for each in described:
        console.print(f"[bold]{each['what']} stands still[/bold] since {each['since']}", highlight=False)
        console.print(plain(f"  {each['meaning']}\n  {each['advice']}"))
        if each["detail"]:
            console.print(plain(f"  Last failure: {each['detail']}"))
        if each["next_try"] is not None:
            times = "once" if each["attempts"] == 1 else f"{each['attempts']} times"
            console.print(plain(f"  Tried {times}; next at {each['next_try']}"))


def select_hold_up(history: History, standing: Sequence[Standstill]) -> tuple[Standstill, ...]:
    """Select what holds the batch up; a freeze only what waits for an approval: all else goes on."""
    if history.is_over:
        return ()
    found = select_standstills(standing, history.batch, history.gathered.route)
    return tuple(each for each in found if each.cause is not Cause.FROZEN or history.state is State.PREPARED)
