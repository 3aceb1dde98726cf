"""What webhooks, command hooks and notifications could not tell, and having it told once more."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from config.settings import Settings
from worker.app.on_disk import OnDisk
from worker.app.targets import find_targets
from worker.cli.console import (
    DEFAULT_CONFIG,
    Config,
    Json,
    console,
    fail,
    say_json,
    settings_from,
    settings_to_write,
)
from worker.cli.exit_codes import ExitCode
from worker.cli.plain_text import plain
from worker.cli.tables import show_table
from worker.storage.notice_box import Notice
from worker.storage.notice_ports import EventBox

application = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Show who could not be told what happened, and have it told once more.",
)

TargetName = Annotated[
    str | None, typer.Argument(help="One of those in the settings; all without it.", show_default=False)
]


@application.command("list")
def list_untold(config: Config = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Show for each target what is not told yet, and what was given up after a day, with the last failure.

    For example:

        zimogs webhooks list
    """
    found = [_describe(box) for _, box in _boxes(settings_from(config))]
    if as_json:
        say_json(found)
        return
    if not found:
        console.print("Nobody is told what happens: the settings name no notification, webhook or hook.")
    for each in found:
        state = f"{each['untold']} not told yet, {len(each['dead'])} given up"
        console.print(
            plain(f"{each['target']}: {state}" + (f"; last failure: {each['failure']}" if each["failure"] else ""))
        )
        if each["dead"]:
            show_table(
                [
                    {
                        "given up": row["id"],
                        "what": row["type"],
                        "at": row["at"],
                        "tries": row["attempts"],
                        "last failure": row["failure"],
                    }
                    for row in each["dead"]
                ]
            )


@application.command("retry")
def retry(name: TargetName = None, config: Config = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Have all told once more that was given up, with the ids that it had; also to who wanted nothing any more.

    For example:

        zimogs webhooks retry accounting
    """
    boxes = [(known, box) for known, box in _boxes(settings_to_write(config)) if name in {None, known, box.target}]
    if not boxes:
        fail(
            f"There is no notification, webhook or hook {name!r} in the settings." if name else "Nobody is told.",
            ExitCode.USAGE,
        )
    revived = {box.target: box.revive() for _, box in boxes}
    if as_json:
        say_json(revived)
        return
    for target, number in revived.items():
        console.print(plain(f"{target}: {number} will be told once more"))


def _boxes(settings: Settings) -> Iterator[tuple[str, EventBox]]:
    notices = OnDisk.of(settings).notices
    for target, _ in find_targets(settings):
        yield target.name, notices.box(target.folder)


def _describe(box: EventBox) -> dict[str, Any]:
    standing = box.backlog()
    return {
        "target": box.target,
        "untold": standing.untold,
        "oldest": None if standing.oldest is None else standing.oldest.isoformat(timespec="seconds"),
        "failure": standing.state.failure or next((each.failure for each in box.untold() if each.failure), ""),
        "dead": [_describe_dead(notice) for notice in box.dead()],
    }


def _describe_dead(notice: Notice) -> dict[str, Any]:
    event = notice.event
    at = event.at.isoformat(timespec="seconds")
    return {"id": event.id, "type": event.kind, "at": at, "attempts": notice.attempts, "failure": notice.failure}
