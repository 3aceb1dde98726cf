"""Everything at one moment: what waits, what moves, what stands still and why, what lies where nobody expects it."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from config.settings import Settings
from jobs.model.asking import Asking
from jobs.model.damage import Damage
from jobs.model.errors import BrokenLedger
from jobs.model.freeze import select_freeze
from jobs.model.history import History
from jobs.model.standstill import Standstill
from worker.app.astray import ASTRAY_ADVICE, find_astray
from worker.app.on_disk import OnDisk
from worker.app.standing import find_standstills
from worker.app.stream_url import find_stream_url
from worker.app.targets import find_targets
from worker.cli.console import console
from worker.cli.standstills import describe_standstill, select_hold_up, show_standstills
from worker.cli.tables import show_table
from worker.clock import utc_now
from worker.storage.notices import find_backlogs

Overview = dict[str, Any]
"""What a program reads of it; each list is a table for people."""


async def collect_overview(settings: Settings, *, everything: bool, why: bool = False) -> Overview:
    """Read it from the folders; `everything` takes batches that are over in, too, `why` says what each waits for."""
    disk, damages = OnDisk.of(settings), list[Damage]()
    standing = await find_standstills(settings, disk)
    batches = [each async for each in _describe_batches(disk, standing, damages, everything=everything)]
    overview = {"batches": batches, **await _collect_rest(settings, disk, standing, damages)}
    if why:
        # Only here: whoever does not ask for it need not load the rule.
        from worker.app.planning import find_reasons

        reasons = await find_reasons(settings, disk)
        for row in overview["routes"]:
            row["why"] = reasons.routes[row["route"]].why
        for row in batches:
            row["why"] = reasons.batches.get(row["batch"], "")
    return overview


async def stream_overview(settings: Settings) -> AsyncIterator[str]:
    """The same with everything, as the text of one JSON object, piece by piece: there may be years of batches."""
    disk, damages = OnDisk.of(settings), list[Damage]()
    standing = await find_standstills(settings, disk)
    before = begin = '{\n  "batches": [\n'
    async for each in _describe_batches(disk, standing, damages, everything=True):
        yield f"{before}    {json.dumps(each, ensure_ascii=False, default=str)}"
        before = ",\n"
    rest = await _collect_rest(settings, disk, standing, damages)
    # Of the rest, which is no longer than what is under way, all but its opening brace.
    text = json.dumps(rest, ensure_ascii=False, indent=2, default=str).removeprefix("{")
    yield f"{begin if before == begin else ''}\n  ],{text}\n"


async def _collect_rest(
    settings: Settings, disk: OnDisk, standing: Sequence[Standstill], damages: Sequence[Damage]
) -> Overview:
    """All but the batches."""
    now, freezes = utc_now(), await disk.freezes.all()
    quarantine = [(entry.path, entry.explanation) for entry in await disk.quarantine.entries()]
    return {
        "routes": [
            {
                "route": name,
                "waiting": len(await disk.shelf.waiting_list(name)),
                "seal": route.seal,
                "collected_until": _describe_next(route.asking, now),
                "frozen": freeze.sentence if (freeze := select_freeze(freezes, name)) else "",
            }
            for name, route in settings.routes_by_name.items()
        ],
        "standstills": [describe_standstill(each) for each in standing],
        "damaged": [
            {"batch": damage.batch, "fault": damage.fault, "advice": f"zimogs repair {damage.batch}"}
            for damage in damages
        ],
        "quarantine": [
            {"id": why.document, "reason": why.reason, "path": str(path), "since": why.quarantined_at.isoformat()}
            for path, why in quarantine
        ],
        "dismissed": [
            {
                "id": entry.explanation.document,
                "reason": entry.explanation.reason,
                **entry.dismissal.model_dump(mode="json"),
            }
            for entry in await disk.quarantine.dismissed_entries()
            if entry.dismissal is not None
        ],
        "notices": [
            {
                "target": each.target,
                "untold": each.untold,
                "given_up": each.dead,
                "since": "" if each.oldest is None else each.oldest.isoformat(timespec="seconds"),
                "failure": each.state.failure,
            }
            for each in await find_backlogs(disk.notices, [target.folder for target, _ in find_targets(settings)])
            if each.dead or each.state.failure
        ],
        "queue": await _look_at_queue(settings),
        "unknown_in_quarantine": [{"path": str(path)} for path in await disk.quarantine.unknown()],
        "astray": [
            {"id": path.stem, "path": str(path), "advice": ASTRAY_ADVICE} for path in await find_astray(disk, settings)
        ],
        "untaken": [
            {
                "obstacle": untaken.obstacle,
                "path": untaken.path,
                "since": untaken.since.isoformat(),
                "advice": " ".join(filter(None, (untaken.advice, untaken.detail))),
            }
            for untaken in await asyncio.to_thread(disk.untaken.read)
        ],
    }


async def _look_at_queue(settings: Settings) -> list[dict[str, int]]:
    """How it stands, where there is one, its Redis tells, and there is something to be told."""
    if not settings.queue.enabled:
        return []
    # Only here: the Redis client takes longer to load than all else that is shown.
    from worker.streams.standing import look_at_intake

    standing = await look_at_intake(find_stream_url(settings))
    if standing is None or not (standing.waiting or standing.pending or standing.dead):
        return []
    return [{"waiting": standing.waiting, "begun_with": standing.pending, "put_aside": standing.dead}]


async def _describe_batches(
    disk: OnDisk, standing: Sequence[Standstill], damages: list[Damage], *, everything: bool
) -> AsyncIterator[dict[str, Any]]:
    """The batches one by one; those whose records are damaged go to the `damages`."""
    now = utc_now()
    for batch in await (disk.ledger.batches() if everything else disk.ledger.open_batches()):
        try:
            yield _describe(await disk.ledger.read(batch), standing, now)
        except BrokenLedger:
            damages += filter(None, [await disk.ledger.find_damage(batch)])


def _describe_next(asking: Asking, now: datetime) -> str:
    """Until when is collected what waits, by the clock of the house."""
    at = asking.next_time(now)
    return "" if at is None else at.astimezone(asking.calendar.zone).isoformat(timespec="minutes")


def _describe(history: History, standing: Sequence[Standstill], now: datetime) -> dict[str, Any]:
    held = select_hold_up(history, standing)
    return {
        "batch": history.batch,
        "state": history.state,
        "documents": len(history.documents),
        "seal": history.gathered.seal,
        "since": history.since.isoformat(),
        "age_seconds": round((now - history.since).total_seconds()),
        "held_up_by": ", ".join(dict.fromkeys(each.cause for each in held)),
    }


def show_overview(overview: Overview, *, everything: bool) -> None:
    """Print it for people."""
    if console.quiet:
        return
    show_standstills(overview["standstills"])
    show_table(overview["routes"], "Routes")
    show_table(overview["batches"], "Batches")
    if not overview["batches"]:
        console.print("No batch is under way.")
    show_table(overview["quarantine"], "Quarantine")
    if not overview["quarantine"]:
        console.print("Quarantine is empty.")
    if everything:
        show_table(overview["dismissed"], "Put aside for good")
    show_table(overview["damaged"], "Damaged")
    show_table(overview["notices"], "Not told: see `zimogs webhooks list`")
    show_table(overview["queue"], "Queue: see `zimogs queue dead`")
    show_table(overview["astray"], "Astray")
    show_table(overview["unknown_in_quarantine"], "Not known here: hand in with `zimogs submit`")
    show_table(overview["untaken"], "Left in the inbox")
