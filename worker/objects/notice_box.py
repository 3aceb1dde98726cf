"""What each target is still to be told, for all machines: an object that is not here any more was told.

    notices/<target>/untold/<time>~<event id>.json   one event, how often it was tried, and when it is next
    notices/<target>/dead/<time>~<event id>.json     given up
    notices/<target>/state                           how the target was met last

As on disk an event that is found once more takes the same name. A machine that was held up for so long that another
one tells in its place may tell one event more, with the id that it had.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime

from pydantic import ValidationError

from jobs.model.events import Event
from worker.objects.bucket import Bucket
from worker.storage.notice_box import FOLDER, Backlog, Notice, TargetState, is_notice_name, notice_time

_EMPTY = 10.0
"""Seconds for which a box is believed to be empty: what this process puts into it is seen at once."""


class ObjectNoticeBox:
    """Implements `worker.storage.notice_ports.EventBox` in a bucket. Every method blocks, and raises OSError."""

    def __init__(self, bucket: Bucket, target: str) -> None:
        self.target = target
        self._bucket = bucket
        folder = f"{FOLDER}/{target}"
        self._untold, self._dead, self._state = f"{folder}/untold", f"{folder}/dead", f"{folder}/state"
        self._known: dict[str, tuple[str, Notice]] = {}

    def add(self, events: Iterable[Event]) -> None:
        """Have these told; one that stands here already stays as it is."""
        self._bucket.each(self._add, map(Notice.of, events))

    def untold(self) -> tuple[Notice, ...]:
        """What is to be told, oldest first; an object that is broken or not ours is left out.

        What others put into an empty box, as whoever has all told once more, shows within seconds.
        """
        if not self._bucket.recent.find(self._untold, _EMPTY):
            return ()
        listed = {each.key: each.version for each in self._bucket.list(self._untold) if _is_notice(each.key)}
        known = {key: each for key, each in self._known.items() if listed.get(key) == each[0]}
        fresh = sorted(listed.keys() - known.keys())
        read = zip(fresh, self._bucket.each(self._read, fresh), strict=True)
        known |= {key: (listed[key], notice) for key, notice in read if notice is not None}
        self._known = known
        return tuple(known[key][1] for key in sorted(known))

    def dead(self) -> Iterator[Notice]:
        """What was given up, oldest first."""
        return filter(None, self._bucket.each(self._read, self._list(self._dead)))

    def keep(self, notice: Notice) -> None:
        """Note how it was tried."""
        self._bucket.write(f"{self._untold}/{notice.file_name}", notice.model_dump_json().encode())

    def remove(self, notice: Notice) -> None:
        """It was told."""
        self._bucket.remove(f"{self._untold}/{notice.file_name}")

    def bury(self, notice: Notice) -> None:
        """Give it up, and keep it for whoever looks."""
        self._bucket.write(f"{self._dead}/{notice.file_name}", notice.model_dump_json().encode())
        self.remove(notice)

    def revive(self) -> int:
        """Have all told once more that was given up, also to a target that wanted nothing any more; says how many."""
        notices = tuple(self.dead())
        for notice in notices:
            self.keep(Notice.of(notice.event))
            self._bucket.remove(f"{self._dead}/{notice.file_name}")
        self._bucket.remove(self._state)
        return len(notices)

    def forget_dead(self, before: datetime) -> None:
        """Remove what was given up of events before that time."""
        if over := [key for key in self._list(self._dead) if notice_time(_name(key)) < before]:
            self._bucket.remove(*over)

    @property
    def state(self) -> TargetState:
        """How the target was met last."""
        with suppress(OSError, ValidationError):
            return TargetState.model_validate_json(self._bucket.read(self._state))
        return TargetState()

    def note(self, state: TargetState) -> None:
        """Write down how it was met."""
        self._bucket.write(self._state, state.model_dump_json().encode())

    def backlog(self) -> Backlog:
        """How much it has not been told; the notices themselves are not read."""
        untold = self._list(self._untold)
        oldest = notice_time(_name(untold[0])) if untold else None
        dead = len(self._list(self._dead))
        return Backlog(target=self.target, untold=len(untold), dead=dead, oldest=oldest, state=self.state)

    def _add(self, notice: Notice) -> None:
        with suppress(FileExistsError):
            self._bucket.create(f"{self._untold}/{notice.file_name}", notice.model_dump_json().encode())

    def _list(self, folder: str) -> list[str]:
        return [each.key for each in self._bucket.list(folder) if _is_notice(each.key)]

    def _read(self, key: str) -> Notice | None:
        with suppress(FileNotFoundError, ValidationError):
            notice = Notice.model_validate_json(self._bucket.read(key))
            return notice if notice.file_name == _name(key) else None
        return None


def _name(key: str) -> str:
    return key.rpartition("/")[2]


def _is_notice(key: str) -> bool:
    return is_notice_name(_name(key))
