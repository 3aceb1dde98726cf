"""Trying the addresses of people, before something happens that they have to know."""

from typing import Annotated, Any

import typer
from pydantic import SecretStr

from config.notices import NotificationSettings
from config.settings import Settings
from jobs.model.text import Language, Text
from worker.app.targets import find_targets
from worker.cli.console import DEFAULT_CONFIG, Config, Json, fail, run, say_json, settings_from
from worker.cli.exit_codes import ExitCode
from worker.cli.plain_text import BAD, GOOD
from worker.cli.tables import show_table

_MARKS = {True: GOOD, False: BAD}

Test = Annotated[bool, typer.Option("--test", help="Send each address a message.")]


def notify(config: Config = DEFAULT_CONFIG, *, test: Test = False, as_json: Json = False) -> None:
    """Show who is told by notifications, and with `--test` send one to each address.

    It goes at once, also in quiet hours, and changes nothing of when the next real one goes. Exit code 1 when one
    could not be sent. Addresses hold passwords, so they are told apart by their number.

    For example:

        zimogs notify --test
    """
    settings = settings_from(config)
    if not settings.notifications:
        fail("Nobody is told by notifications: there is no [notifications.NAME] in the settings.")
    found = run(_try_all(settings)) if test else _list(settings)
    if as_json:
        say_json(found)
    else:
        show_table(
            [{key: _MARKS[value] if isinstance(value, bool) else value for key, value in row.items()} for row in found]
        )
    if not all(row.get("sent", True) for row in found):
        raise typer.Exit(ExitCode.FAILED)


def _list(settings: Settings) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "addresses": len(told.urls),
            "language": str(told.language or settings.house.language),
            "routes": ", ".join(sorted(told.routes)) or "all",
        }
        for name, told in settings.notifications.items()
    ]


async def _try_all(settings: Settings) -> list[dict[str, Any]]:
    rows = []
    for target, told in find_targets(settings):
        if isinstance(told, NotificationSettings):
            language = told.language or settings.house.language
            failure = await _try(told.urls[target.number - 1], language, settings.desk.public_url)
            rows.append({"name": target.name, "address": target.number, "sent": not failure, "why": failure})
    return rows


async def _try(url: SecretStr, language: Language, desk: str) -> str:
    from worker.notices.failures import NotTold
    from worker.notices.message import Message
    from worker.notices.people import PeopleAddress

    message = Message(
        Text("A test message from zimogs"),
        (Text("Messages about what is sealed reach this address."), Text("Open the desk: {address}", address=desk)),
    )
    try:
        await PeopleAddress(url, language).send(message)
    except NotTold as error:
        return str(error)
    return ""
