"""All batches there ever were, from the index."""

from datetime import date, datetime
from typing import Annotated

import typer

from config.settings import Settings
from worker.app.on_disk import OnDisk
from worker.cli.console import DEFAULT_CONFIG, Config, Json, console, run, say_json, settings_from
from worker.cli.indexed import Limit, asking, tell_incomplete
from worker.cli.routes import OneRoute, find_route
from worker.cli.tables import show_table
from worker.storage.index.batch_index import BatchFilter, BatchPage
from worker.storage.index.entries import IndexedBatch, Standing

StandingOption = Annotated[list[Standing] | None, typer.Option("--state", help="Only those that stand so; repeatable.")]
Since = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Gathered on this day or later.")]
Until = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Gathered on this day or earlier.")]


def batches(
    route: OneRoute = None,
    state: StandingOption = None,
    since: Since = None,
    until: Until = None,
    config: Config = DEFAULT_CONFIG,
    *,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List batches, open ones and those of years ago: by route, state and day, the newest first.

    Reads the index of the data folder, which a running worker keeps some seconds behind the records. Days are those of
    the house's time zone. Exit code 4 while there is no index yet.

    Those of November that were not sealed, or not all of it:

        zimogs batches --since 2026-11-01 --until 2026-11-30 --state not-sealed --state partly-sealed
    """
    settings = settings_from(config)
    chosen = find_route(settings, route)
    wanted = BatchFilter(
        routes=frozenset(settings.routes if chosen is None else [chosen]),
        standings=frozenset(state or ()),
        since=_day(since),
        until=_day(until),
    )
    with asking():
        found, page = run(_list(settings, wanted, limit))
    tell_incomplete(is_complete=page.is_complete)
    rows = [_describe(each) for each in found]
    if as_json:
        say_json({"batches": rows, "total": page.total, "complete": page.is_complete})
        return
    show_table(rows)
    if page.total > len(rows) or not rows:
        console.print(f"{len(rows)} of {page.total} batches.", style="dim", highlight=False)


async def _list(settings: Settings, wanted: BatchFilter, limit: int) -> tuple[list[IndexedBatch], BatchPage]:
    index = OnDisk.of(settings).index
    page = await index.list_batches(wanted)
    found = list(page.batches)
    while len(found) < min(limit, page.total) and page.page < page.pages:
        page = await index.list_batches(wanted, page.page + 1)
        found += page.batches
    return found[:limit], page


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def _describe(batch: IndexedBatch) -> dict[str, object]:
    return {
        "batch": batch.batch,
        "state": batch.standing,
        "route": batch.route,
        "documents": batch.documents,
        "sealed": batch.sealed,
        "refused": batch.refused,
        "bytes": batch.size,
        "gathered": batch.gathered_at.isoformat(timespec="seconds"),
        "since": batch.since.isoformat(timespec="seconds"),
    }
