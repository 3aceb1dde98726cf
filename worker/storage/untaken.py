"""What is left in the inbox, and why: told by whoever watches it, read by the desk, `zimogs status` and the metrics.

It stands in `data/untaken.json`, because only the watcher knows what its own user may not read.
"""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from jobs.model.frozen import Frozen
from jobs.model.names import ARoute
from jobs.model.text import Text
from worker.storage.durable import make_folder, read_file, write_over


class Obstacle(StrEnum):
    """Why something in the inbox is not taken. Values are metric labels."""

    LINK = "link"
    SPECIAL = "special"
    UNFINISHED = "unfinished"
    WRITTEN = "written"
    UNREADABLE = "unreadable"
    TOO_DEEP = "too-deep"
    LEFT_BEHIND = "left-behind"
    STUCK = "stuck"
    UNEXPECTED = "unexpected"
    LONE_METADATA = "lone-metadata"
    AWAITS_METADATA = "awaits-metadata"


EXPLANATION: dict[Obstacle, Text] = {
    Obstacle.LINK: Text("It is a link, and links are not followed. Put the file itself there."),
    Obstacle.SPECIAL: Text("It is a pipe, a socket or a device, and no file."),
    Obstacle.UNFINISHED: Text("Its name says that a program has not finished it. Delete it if that program is gone."),
    Obstacle.WRITTEN: Text("A program writes to it, or holds it open for writing. Close it there."),
    Obstacle.UNREADABLE: Text(
        "The system does not let us read or move it. Check its permissions and those of its folder."
    ),
    Obstacle.TOO_DEEP: Text("It lies in too many folders within each other. Put it higher up."),
    Obstacle.LEFT_BEHIND: Text(
        "It is hidden like a file that is being taken in, and nothing is known of it. Delete it if "
        "its document is on its way; else give it a name without a dot in front."
    ),
    Obstacle.STUCK: Text("The system stopped us while we took it in. That goes on by itself once the cause is gone."),
    Obstacle.UNEXPECTED: Text(
        "zimogs met a fault of its own while it took this in; all else goes on, and this is tried "
        "again. Take it out of the inbox, keep it, and tell support: the log names the place."
    ),
    Obstacle.LONE_METADATA: Text(
        "It is a sidecar, and the document of its name has not come. Drop the document beside it; a file that is a "
        "document itself needs another name."
    ),
    Obstacle.AWAITS_METADATA: Text(
        "It waits for its sidecar, the .json file of its name, which is missing, unfinished or no plain file. Put the "
        "sidecar beside it, or delete what is left of one."
    ),
}
"""What each obstacle means and what to do, in plain language."""


class Untaken(Frozen):
    """One thing that is left; `path` is for people, with escapes where it is no text. `since` is its last change."""

    path: str
    route: ARoute | None
    obstacle: Obstacle
    since: AwareDatetime
    detail: str = ""

    @property
    def advice(self) -> Text:
        """What it means and what to do."""
        return EXPLANATION[self.obstacle]


_LIST = TypeAdapter(tuple[Untaken, ...])


class UntakenList:
    """The list on disk; written only when it changes."""

    def __init__(self, data: Path) -> None:
        self._path = data / "untaken.json"

    def read(self) -> tuple[Untaken, ...]:
        """What the watcher wrote last; nothing when none ever did. Raises OSError."""
        try:
            return _LIST.validate_json(read_file(self._path))
        except (FileNotFoundError, ValidationError):
            return ()

    def write(self, untaken: Sequence[Untaken]) -> None:
        """Replace the list. Raises OSError."""
        if tuple(untaken) != self.read():
            make_folder(self._path.parent)
            write_over(self._path, _LIST.dump_json(tuple(untaken), indent=2))
