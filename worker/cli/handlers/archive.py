"""Archiving and dropping from a terminal: what would be done, what was, and what stays and why."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from jobs.model.errors import BrokenLedger, WrongClock
from jobs.model.ledger_archive import end_of_month
from worker.app.archiving import Archiving
from worker.app.logs import begin_logging
from worker.app.on_disk import OnDisk
from worker.cli.console import complaining, console, fail, run, say_json, settings_from, settings_to_write
from worker.cli.exit_codes import ExitCode
from worker.cli.handlers.fetching import fetch_ledger
from worker.cli.plain_text import plain
from worker.cli.tables import show_table
from worker.storage.archives.candidates import Choice
from worker.storage.retention import Expired, Kind

_BY_ITSELF = ", and a running worker by itself"
_BUSY = "Another process or machine archives or drops at this moment. Try again in some minutes."


def archive_and_report(config: Path, *, dry_run: bool, as_json: bool) -> None:
    """Archive what is due, or only say what that is."""
    settings = settings_from(config) if dry_run else settings_to_write(config)
    archiving = Archiving(settings, OnDisk.of(settings))
    with complaining(BrokenLedger, OSError):
        run(fetch_ledger(archiving.disk))
        done = None if dry_run else run(archiving.archive())
        if done is None and not dry_run:
            fail(_BUSY, ExitCode.UNCERTAIN)
        choice = run(archiving.find_due()) if done is None else done.choice
    months, later = _describe_months(choice), _describe_later(choice, settings.archive.after)
    made = [] if done is None else list(done.archives)
    if as_json:
        kept = [{"batch": batch, "why": why} for batch, why in choice.kept.items()]
        moved = 0 if done is None else done.moved
        shown = {"done": not dry_run, "months": months, "archives": made, "moved": moved, "kept": kept, "later": later}
        say_json(shown)
        return
    show_table(months, "Would be archived" if dry_run else "Archived")
    if not months:
        console.print("Nothing is due.")
    show_table([{"batch": batch, "why": why} for batch, why in choice.kept.items()], "Due, and stays where it is")
    show_table(later, "Not due yet")
    for name in made:
        console.print(plain(f"{name} is written."), highlight=False)
    if dry_run and months:
        console.print(f"Nothing was changed. `zimogs archive` does it{_BY_ITSELF if settings.archive.enabled else ''}.")
    if done is not None and done.moved:
        console.print(plain(f"{done.moved} batches stand in archives alone now."), highlight=False)


def drop_and_report(config: Path, *, dry_run: bool, as_json: bool) -> None:
    """Drop what is kept no longer, or only say what that is."""
    settings = settings_from(config) if dry_run else settings_to_write(config)
    if not dry_run:
        # What is dropped stands in the log, whoever drops it.
        begin_logging(logging.INFO)
    archiving = Archiving(settings, OnDisk.of(settings))
    with complaining(BrokenLedger, WrongClock, OSError):
        run(fetch_ledger(archiving.disk))
        found = run(archiving.find_expired() if dry_run else archiving.drop())
    if found is None:
        fail(_BUSY, ExitCode.UNCERTAIN)
    kinds = _describe_kinds(found)
    if as_json:
        names = [
            {"kind": one.kind, "name": one.name, "bytes": one.size, "since": one.since.isoformat()} for one in found
        ]
        policy = {kind: keep.days for kind, keep in archiving.policy.items()}
        say_json({"done": not dry_run, "kept_for_days": policy, "kinds": kinds, "items": names})
        return
    if not archiving.policy:
        console.print("Everything is kept for ever: the settings say nothing in [retention].")
        return
    kept = (
        f"{kind} {archiving.policy[kind].days} days" if kind in archiving.policy else f"{kind} for ever"
        for kind in Kind
    )
    console.print(plain(f"Kept by [retention]: {', '.join(kept)}."), highlight=False)
    show_table(kinds, "Would be dropped" if dry_run else "Dropped")
    if not found:
        console.print("Nothing is kept for too long.")
    elif dry_run:
        console.print(f"Nothing was changed. `zimogs expire` drops it for good{_BY_ITSELF}.")


def _describe_later(choice: Choice, after: timedelta) -> list[dict[str, Any]]:
    return [
        {"month": month, "batches": count, "due": f"{end_of_month(month) + after:%Y-%m-%d}"}
        for month, count in choice.later.items()
    ]


def _describe_months(choice: Choice) -> list[dict[str, Any]]:
    grouped = [(month, [*batches]) for month, batches in groupby(choice.candidates, key=lambda one: one.month)]
    return [
        {
            "month": month,
            "batches": len(batches),
            "bytes": sum(one.size for one in batches),
            "first": batches[0].batch,
            "last": batches[-1].batch,
        }
        for month, batches in grouped
    ]


def _describe_kinds(found: Sequence[Expired]) -> list[dict[str, Any]]:
    rows = []
    for kind in Kind:
        of_kind = [one for one in found if one.kind is kind]
        if of_kind:
            rows.append(
                {
                    "kind": kind,
                    "count": len(of_kind),
                    "batches": sum(one.batches for one in of_kind),
                    "bytes": sum(one.size for one in of_kind),
                    "oldest": min(one.since for one in of_kind).isoformat(timespec="seconds"),
                    "newest": max(one.since for one in of_kind).isoformat(timespec="seconds"),
                }
            )
    return rows
