"""The stream by which programs hand documents in: how it stands, what was put aside, and sending that through again."""

from dataclasses import asdict
from typing import Annotated

import typer
from redis.exceptions import RedisError

from config.settings import Settings
from worker.app.streaming import find_stream_url
from worker.cli.console import DEFAULT_CONFIG, Config, Json, a_table, complaining, console, fail, run, say_json
from worker.cli.console import settings_from as read_settings
from worker.cli.plain_text import plain
from worker.streams.connecting import opened_redis
from worker.streams.dead import DeadEntries, DeadEntry
from worker.streams.standing import QueueStanding, look_at_intake

application = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Show how the queue of documents stands, what could not be taken, and send that through again.",
)

Ids = Annotated[list[str] | None, typer.Argument(help="As `zimogs queue dead` shows them.", show_default=False)]
Everything = Annotated[bool, typer.Option("--all", help="Every one of them.")]


@application.command("status")
def show_status(config: Config = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Show where the streams are, and how many entries wait, are begun with and were put aside."""
    settings = _settings_from(config)
    url = find_stream_url(settings)
    standing = run(look_at_intake(url))
    if standing is None:
        fail(f"Redis does not tell how zimogs:intake stands. {_where_it_is(settings)}")
    found = _describe(standing)
    if as_json:
        say_json(found)
        return
    console.print(plain(f"{standing.waiting} waiting, {standing.pending} begun with, {standing.dead} put aside"))
    console.print(plain(_where_it_is(settings)))


@application.command("dead")
def list_dead(config: Config = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Show the entries that were put aside, and why."""
    url = find_stream_url(_settings_from(config))
    with complaining(RedisError, OSError):
        found = run(_read_dead(url))
    if as_json:
        say_json([asdict(entry) for entry in found])
        return
    if not found:
        console.print("No entry was put aside.")
        return
    table = a_table("id", "why", "detail", "route", "name")
    for entry in found:
        name = entry.fields.get("name") or entry.fields.get("path", "")
        table.add_row(entry.id, entry.reason, entry.detail, entry.fields.get("route", ""), name)
    console.print(table)


@application.command("retry")
def retry(
    ids: Ids = None, config: Config = DEFAULT_CONFIG, *, everything: Everything = False, as_json: Json = False
) -> None:
    """Send entries that were put aside through again, as they were written, once the cause is gone."""
    if bool(ids) is everything:
        fail("Name the entries, as `zimogs queue dead` shows them, or say --all.", 2)
    url = find_stream_url(_settings_from(config))
    with complaining(RedisError, OSError):
        revived = run(_revive(url, ids))
    if as_json:
        say_json(revived)
    else:
        for id_, was_there in revived.items():
            console.print(plain(f"{id_}: {'goes through again' if was_there else 'is not there'}"))
    if not all(revived.values()):
        raise typer.Exit(1)


async def _read_dead(url: str) -> list[DeadEntry]:
    async with opened_redis(url) as redis:
        return [entry async for entry in DeadEntries(redis).all()]


async def _revive(url: str, ids: list[str] | None) -> dict[str, bool]:
    async with opened_redis(url) as redis:
        dead = DeadEntries(redis)
        chosen = ids or [entry.id async for entry in dead.all()]
        return {id_: await dead.revive(id_) for id_ in chosen}


def _settings_from(config: Config) -> Settings:
    settings = read_settings(config)
    if not settings.queue.enabled:
        fail("No documents come by a queue: queue.enabled is not set.", 2)
    return settings


def _where_it_is(settings: Settings) -> str:
    """Where a program finds it; an address of the settings may hold a password."""
    if settings.queue.url is not None:
        return "It is where queue.url says."
    if settings.redis.url is not None:
        return "It is where redis.url says."
    path = find_stream_url(settings).removeprefix("unix://")
    return f"It is the embedded Valkey, while zimogs runs: the socket {path}, for zimogs' own user."


def _describe(standing: QueueStanding) -> dict[str, object]:
    oldest = None if standing.oldest is None else standing.oldest.isoformat(timespec="seconds")
    return asdict(standing) | {"oldest": oldest}
