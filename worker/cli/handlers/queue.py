"""How the streams stand, what was put aside, and sending it through again."""

from dataclasses import asdict
from pathlib import Path

import typer
from redis.exceptions import RedisError

from config.settings import Settings
from worker.app.stream_url import find_stream_url
from worker.cli.console import complaining, console, fail, run, say_json, settings_from
from worker.cli.exit_codes import ExitCode
from worker.cli.handlers.failures import tell_failure
from worker.cli.plain_text import plain
from worker.cli.tables import show_table
from worker.streams.connecting import opened_redis
from worker.streams.dead import DeadEntries, DeadEntry
from worker.streams.standing import look_at_intake


def show_standing(config: Path, *, as_json: bool) -> None:
    """Print where they are and how many entries stand where."""
    settings = _read_settings(config)
    standing = run(look_at_intake(find_stream_url(settings)))
    if standing is None:
        fail(f"Redis does not tell how zimogs:intake stands. {_tell_place(settings)}")
    if as_json:
        oldest = None if standing.oldest is None else standing.oldest.isoformat(timespec="seconds")
        say_json(asdict(standing) | {"oldest": oldest})
        return
    console.print(plain(f"{standing.waiting} waiting, {standing.pending} begun with, {standing.dead} put aside"))
    console.print(plain(_tell_place(settings)))


def list_dead_entries(config: Path, *, as_json: bool) -> None:
    """Print what was put aside."""
    url = find_stream_url(_read_settings(config))
    with complaining(RedisError, OSError, tell=tell_failure):
        found = run(_read_dead(url))
    if as_json:
        say_json([asdict(entry) for entry in found])
    elif found:
        show_table([_describe(entry) for entry in found])
    else:
        console.print("No entry was put aside.")


def revive_entries(ids: list[str], config: Path, *, everything: bool, as_json: bool) -> None:
    """Send these, or all, through again."""
    if bool(ids) is everything:
        fail("Name the entries, as `zimogs queue dead` shows them, or say --all.", ExitCode.USAGE)
    url = find_stream_url(_read_settings(config))
    with complaining(RedisError, OSError, tell=tell_failure):
        revived = run(_revive(url, ids))
    if as_json:
        say_json(revived)
    else:
        for id_, was_there in revived.items():
            console.print(plain(f"{id_}: {'goes through again' if was_there else 'is not there'}"))
    if not all(revived.values()):
        raise typer.Exit(ExitCode.REFUSED)


async def _read_dead(url: str) -> list[DeadEntry]:
    async with opened_redis(url) as redis:
        return [entry async for entry in DeadEntries(redis).all()]


async def _revive(url: str, ids: list[str]) -> dict[str, bool]:
    async with opened_redis(url) as redis:
        dead = DeadEntries(redis)
        chosen = ids or [entry.id async for entry in dead.all()]
        return {id_: await dead.revive(id_) for id_ in chosen}


def _describe(entry: DeadEntry) -> dict[str, str]:
    return {
        "id": entry.id,
        "why": entry.reason,
        "detail": entry.detail,
        "route": entry.fields.get("route", ""),
        "name": entry.fields.get("name") or entry.fields.get("path", ""),
    }


def _read_settings(config: Path) -> Settings:
    settings = settings_from(config)
    if not settings.queue.enabled:
        fail("No documents come by a queue: queue.enabled is not set.", ExitCode.USAGE)
    return settings


def _tell_place(settings: Settings) -> str:
    """Where a program finds it; an address of the settings may hold a password."""
    if settings.queue.url is not None:
        return "It is where queue.url says."
    if settings.redis.url is not None:
        return "It is where redis.url says."
    path = find_stream_url(settings).removeprefix("unix://")
    return f"It is the embedded Valkey, while zimogs runs: the socket {path}, for zimogs' own user."
