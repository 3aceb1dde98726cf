from datetime import timedelta
from pathlib import Path
from typing import Any

from jobs.planning.report import RouteReport
from jobs.planning.rule import Cut, find_largest
from jobs.planning.times import describe_length
from worker.app.on_disk import OnDisk
from worker.app.planning import find_reasons
from worker.cli.console import console, run, say_json, settings_from
from worker.cli.plain_text import plain
from worker.cli.routes import find_route
from worker.cli.tables import show_table


def show_plan(config: Path, route: str | None, *, as_json: bool) -> None:
    """Print what becomes of each route's waiting documents, and what is known of its pace."""
    settings = settings_from(config)
    chosen = find_route(settings, route)
    reports = run(find_reasons(settings, OnDisk.of(settings))).routes
    rows = [_describe(name, report) for name, report in reports.items() if chosen in {None, name}]
    if as_json:
        say_json({"routes": rows})
        return
    for row in rows:
        console.print(plain(f"{row['route']}: {row['why']}"))
    show_table([_describe_pace(row) for row in rows], "How fast it went lately")


def _describe(name: str, report: RouteReport) -> dict[str, Any]:
    view, decision, pace = report.view, report.decision, report.view.pace
    is_cut = isinstance(decision, Cut)
    return {
        "route": name,
        "waiting": view.waiting.documents,
        "decision": "cut" if is_cut else "hold",
        "why": report.why,
        "until": None if isinstance(decision, Cut) or decision.until is None else decision.until.isoformat(),
        "largest_batch": find_largest(view).documents,
        "prepared_per_second": _round(pace.prepared),
        "signed_per_second": _round(pace.signed),
        "delivered_per_second": _round(pace.delivered),
        "last_approval_seconds": _seconds(pace.last_approval),
        "last_asked": None if view.asked.at is None else view.asked.at.isoformat(timespec="seconds"),
    }


def _describe_pace(row: dict[str, Any]) -> dict[str, Any]:
    last = row["last_approval_seconds"]
    return {
        "route": row["route"],
        "largest batch": row["largest_batch"],
        **{
            f"{stage}/s": "-" if row[f"{stage}_per_second"] is None else row[f"{stage}_per_second"]
            for stage in ("prepared", "signed", "delivered")
        },
        "last approval": "-" if last is None else describe_length(timedelta(seconds=last)),
        "last asked": row["last_asked"] or "-",
    }


def _round(rate: float | None) -> float | None:
    return None if rate is None else round(rate, 2)


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else round(length.total_seconds(), 1)
