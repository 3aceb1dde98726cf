"""Keys by which programs reach the API: made, listed and revoked."""

import re
from datetime import timedelta
from typing import Annotated, Any

import typer

from config.settings import Settings
from jobs.model.api_keys import LONGEST_KEY_NAME, ApiKey, Permission
from jobs.model.names import RouteName
from worker.app.on_disk import OnDisk
from worker.cli.console import (
    DEFAULT_CONFIG,
    Config,
    Json,
    console,
    fail,
    run,
    say_json,
    settings_from,
    settings_to_write,
)
from worker.cli.exit_codes import ExitCode
from worker.cli.plain_text import plain
from worker.cli.tables import show_table
from worker.clock import utc_now

application = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Make, list and revoke the keys by which programs hand documents in over the API.",
)

KeyName = Annotated[str, typer.Argument(help="Whose key it is, for people to read.", show_default=False)]
KeyId = Annotated[str, typer.Argument(help="The id of a key, as the list shows it.", show_default=False)]
KeyRoutes = Annotated[
    list[str], typer.Option("--route", "-r", help="A route that it is for; repeatable.", show_default=False)
]
May = Annotated[str, typer.Option("--may", help="What it may do: submit, read, retry, cancel.")]
Expires = Annotated[str, typer.Option("--expires", help="After how many days it expires, as 365d; or never.")]


@application.command("create")
def create(
    name: KeyName,
    route: KeyRoutes,
    may: May = "submit,read",
    expires: Expires = "365d",
    config: Config = DEFAULT_CONFIG,
    *,
    as_json: Json = False,
) -> None:
    """Make a key. It is shown once, here, and kept nowhere: whoever loses it gets a new one.

    For a program that also sends documents in quarantine again:

        zimogs api-key create accounting --route invoices --may submit,read,retry
    """
    settings = settings_to_write(config)
    now, life = utc_now(), _read_life(expires)
    made = OnDisk.of(settings).keys.create(
        _read_name(name),
        _read_routes(route, settings),
        _read_may(may),
        now=now,
        expires_at=None if life is None else now + life,
    )
    key, token = run(made)
    if as_json:
        say_json({**_describe(key), "key": token})
        return
    console.print(plain(f"{token}\n\nThis is the key of {key.name}. It is not shown again: keep it like a password."))
    console.print(plain(f"Send it as `Authorization: Bearer …`; revoke it with `zimogs api-key revoke {key.id}`."))


@application.command("list")
def list_keys(config: Config = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Show all keys: whose they are, what they may do, and when they were used last.

    For example:

        zimogs api-key list
    """
    book = OnDisk.of(settings_from(config)).keys
    rows = [_describe(key) | {"last_used": run(book.last_used(key))} for key in run(book.all())]
    if as_json:
        say_json(rows)
        return
    if not rows:
        console.print(plain("There is no key. Make one with: zimogs api-key create --route ROUTE NAME"))
        return
    show_table([_row(row) for row in rows])


@application.command("revoke")
def revoke(key_id: KeyId, config: Config = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Make a key void, at once and in every process. What was handed in with it stays.

    The id is what the list shows:

        zimogs api-key revoke 3f9c0a12
    """
    key = run(OnDisk.of(settings_to_write(config)).keys.revoke(key_id, now=utc_now()))
    if key is None:
        fail(f"There is no key {key_id!r}. `zimogs api-key list` shows all.", code=ExitCode.REFUSED)
    if as_json:
        say_json(_describe(key))
    else:
        console.print(plain(f"The key of {key.name} opens nothing any more."))


def _describe(key: ApiKey) -> dict[str, Any]:
    state = "revoked" if key.revoked_at else "valid" if key.is_valid(utc_now()) else "expired"
    shown = key.model_dump(exclude={"secret_sha256"}) | {"routes": sorted(key.routes), "may": sorted(key.may)}
    return shown | {"state": state}


def _row(described: dict[str, Any]) -> dict[str, str]:
    expires, used = (f"{described[at]:%Y-%m-%d}" if described[at] else "never" for at in ("expires_at", "last_used"))
    return {
        "id": described["id"],
        "name": described["name"],
        "routes": ", ".join(described["routes"]),
        "may": ", ".join(described["may"]),
        "state": described["state"],
        "expires": expires,
        "last used": used,
    }


def _read_name(name: str) -> str:
    words = " ".join(name.split())
    return (
        words
        if 0 < len(words) <= LONGEST_KEY_NAME
        else fail(f"Say in at most {LONGEST_KEY_NAME} letters whose key it is.", code=ExitCode.USAGE)
    )


def _read_routes(names: list[str], settings: Settings) -> set[RouteName]:
    for name in names:
        if name not in settings.routes:
            fail(f"There is no route {name!r}. Routes are: {', '.join(settings.routes)}.", code=ExitCode.USAGE)
    return {RouteName(name) for name in names}


def _read_may(text: str) -> set[Permission]:
    words = {word.strip() for word in text.split(",")}
    if strange := sorted(words - set(Permission)):
        fail(f"A key cannot be allowed to {strange[0]!r}. It may: {', '.join(Permission)}.", code=ExitCode.USAGE)
    return {Permission(word) for word in words}


def _read_life(text: str) -> timedelta | None:
    if text == "never":
        return None
    match = re.fullmatch(r"([1-9][0-9]{0,3})d", text)
    return (
        timedelta(days=int(match[1]))
        if match
        else fail("--expires is a number of days as 365d, or never.", code=ExitCode.USAGE)
    )
