"""What each target is still to be told, on disk: an event that is not here any more was told, or never meant for it.

    notices/<target>/untold/<time>~<event id>.json   one event, how often it was tried, and when it is next
    notices/<target>/dead/<time>~<event id>.json     given up
    notices/<target>/state.json                      how the target was met last

The time is the event's own, so an event that is found out once more takes the same name and is told once: by whoever
dies between telling and removing it, once more, with the same id.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from pydantic import AwareDatetime, Field, ValidationError

from jobs.model.events import Event
from jobs.model.frozen import Frozen
from worker.storage.durable import make_folder, read_file, sync_folder, write_over, write_whole

FOLDER = "notices"
"""Below the data folder."""
KEPT_DEAD = timedelta(days=90)
"""So long what was given up is kept for whoever looks."""
_TIME = "%Y%m%dT%H%M%S.%fZ"
_ENDING = ".json"
_NAME = re.compile(r"\d{8}T\d{6}\.\d{6}Z~[A-Za-z0-9.-]+\.json")


def is_notice_name(name: str) -> bool:
    """Whether a notice may be named so."""
    return _NAME.fullmatch(name) is not None


def notice_time(name: str) -> datetime:
    """When the event of the notice of that name was."""
    return datetime.strptime(name.partition("~")[0], _TIME).replace(tzinfo=UTC)


class Notice(Frozen):
    """An event that one target is to be told of: how often that was tried in vain, and why it failed last."""

    event: Event
    attempts: int = Field(default=0, ge=0)
    next_try: AwareDatetime | None = None
    failure: str = ""

    @classmethod
    def of(cls, event: Event) -> Self:
        """One that was not tried yet."""
        return cls(event=event)

    @property
    def file_name(self) -> str:
        """The name of its file, by which notices sort by time."""
        return f"{self.event.at.astimezone(UTC):{_TIME}}~{self.event.id}{_ENDING}"


class TargetState(Frozen):
    """How a target was met last: when it was told something, and how often in a row that failed since.

    `refuses` is a mark of the address that wants nothing any more (410 Gone); another address is asked anew.
    """

    told_at: AwareDatetime | None = None
    attempts: int = Field(default=0, ge=0)
    next_try: AwareDatetime | None = None
    failure: str = ""
    refuses: str = ""


class Backlog(Frozen):
    """How much one target has not been told, since when, how much was given up, and how it was met last."""

    target: str
    untold: int
    dead: int
    oldest: AwareDatetime | None
    state: TargetState


class NoticeBox:
    """What one target is to be told. Every method blocks, and raises OSError."""

    def __init__(self, folder: Path) -> None:
        self.target = folder.name
        self._untold, self._dead, self._state = folder / "untold", folder / "dead", folder / "state.json"
        self._read: dict[str, Notice] = {}
        """What was read or written already, by name of file: nobody else writes there while one is told."""

    def add(self, events: Iterable[Event]) -> None:
        """Have these told; one that stands here already stays as it is."""
        added = False
        for event in events:
            notice = Notice.of(event)
            path = make_folder(self._untold) / notice.file_name
            if not path.exists():
                write_whole(path, notice.model_dump_json().encode())
                added = True
        if added:
            sync_folder(self._untold)

    def untold(self) -> tuple[Notice, ...]:
        """What is to be told, oldest first; a file that is broken or not ours is left out."""
        paths = _list(self._untold)
        found = {path.name: self._read.get(path.name) or _read(path) for path in paths}
        self._read = {name: notice for name, notice in found.items() if notice}
        return tuple(self._read.values())

    def dead(self) -> Iterator[Notice]:
        """What was given up, oldest first."""
        return _read_all(self._dead)

    def keep(self, notice: Notice) -> None:
        """Note how it was tried."""
        write_over(self._untold / notice.file_name, notice.model_dump_json().encode())
        self._read[notice.file_name] = notice

    def remove(self, notice: Notice) -> None:
        """It was told."""
        (self._untold / notice.file_name).unlink(missing_ok=True)
        self._read.pop(notice.file_name, None)

    def bury(self, notice: Notice) -> None:
        """Give it up, and keep it for whoever looks."""
        write_over(make_folder(self._dead) / notice.file_name, notice.model_dump_json().encode())
        self.remove(notice)

    def revive(self) -> int:
        """Have all told once more that was given up, also to a target that wanted nothing any more; says how many."""
        notices = tuple(self.dead())
        for notice in notices:
            anew = Notice.of(notice.event).model_dump_json().encode()
            write_over(make_folder(self._untold) / notice.file_name, anew)
            (self._dead / notice.file_name).unlink(missing_ok=True)
        self._state.unlink(missing_ok=True)
        return len(notices)

    def forget_dead(self, before: datetime) -> None:
        """Remove what was given up of events before that time."""
        for path in _list(self._dead):
            if notice_time(path.name) < before:
                path.unlink(missing_ok=True)

    @property
    def state(self) -> TargetState:
        """How the target was met last."""
        with suppress(OSError, ValidationError):
            return TargetState.model_validate_json(read_file(self._state))
        return TargetState()

    def note(self, state: TargetState) -> None:
        """Write down how it was met."""
        make_folder(self._state.parent)
        write_over(self._state, state.model_dump_json().encode())

    def backlog(self) -> Backlog:
        """How much it has not been told; the notices themselves are not read."""
        untold = _list(self._untold)
        oldest = notice_time(untold[0].name) if untold else None
        dead = len(_list(self._dead))
        return Backlog(target=self.target, untold=len(untold), dead=dead, oldest=oldest, state=self.state)


def _list(folder: Path) -> Sequence[Path]:
    return sorted(path for path in folder.iterdir() if is_notice_name(path.name)) if folder.is_dir() else ()


def _read_all(folder: Path) -> Iterator[Notice]:
    return (notice for path in _list(folder) if (notice := _read(path)))


def _read(path: Path) -> Notice | None:
    with suppress(OSError, ValidationError):
        notice = Notice.model_validate_json(read_file(path))
        return notice if notice.file_name == path.name else None
    return None
