"""One document on a terminal: where it is, and why it was refused if it was."""

from typing import Any

from worker.app.whereabouts import Whereabouts
from worker.cli.console import console, say_json
from worker.cli.plain_text import plain


def show_whereabouts(found: Whereabouts, *, as_json: bool) -> None:
    """Say where the document is, as a sentence for each fact, or as JSON."""
    facts: dict[str, Any] = {
        "document": found.document,
        "state": found.state,
        "name": found.name,
        "route": found.route,
        "batch": found.batch,
        "path": found.path,
        "reason": found.reason,
        "detail": found.detail,
        "advice": found.advice,
    }
    if as_json:
        say_json(facts)
        return
    for name, value in facts.items():
        if value:
            console.print(plain(f"{name:9} {value}"), highlight=False)
