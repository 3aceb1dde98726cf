"""What couriers ask of a folder elsewhere, whatever is behind it.

Paths are relative to the place, their parts separated by `/`; a file appears whole or not at all.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from worker.storage.untaken import Obstacle

LARGEST_LIST = 100_000
"""Files of one folder that are looked at; what is beyond comes when these are gone."""
ASIDE = ".zimogs~"
"""Begins the name of a file while it is taken away there; it keeps one that cannot be given its own name back."""
PROCESSED = "processed"
"""Below the folder: what was taken, where it is to be kept."""


class PlaceAway(Exception):
    """It cannot be used now: not reached, or not allowed. The message says why, and what to do where that helps."""


class Denied(PlaceAway):
    """It refuses what was asked of one file, or one folder: with others it may be another matter."""


class Replaced(Exception):
    """Another file stands there than the one that was found, or none."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file right in a folder, as one look saw it; `version` differs for what was written anew.

    What is no plain file has the size -1, and a link, pipe, socket or device an `obstacle`.
    """

    name: str
    size: int
    version: str
    obstacle: Obstacle | None = None


def join(folder: str, name: str) -> str:
    """The path of what has that name in the folder; the place itself is the folder without a name."""
    return f"{folder}/{name}" if folder else name


class Place(Protocol):
    """One folder elsewhere. Every method raises PlaceAway."""

    async def list(self, folder: str) -> Sequence[FoundFile]:
        """Files right in that folder, so many at most; what is no plain file with its obstacle, and no folders.

        Raises FileNotFoundError where there is no such folder, of a place where folders have to be made.
        """
        ...

    def read(self, path: str) -> AsyncIterator[bytes]:
        """The content, piece by piece. Raises FileNotFoundError."""
        ...

    async def look(self, path: str) -> FoundFile | None:
        """What stands there, None where nothing does."""
        ...

    async def create(self, path: str, content: bytes | Path) -> None:
        """Create a file of these bytes, or of a file of ours, and the folders above it. Raises FileExistsError."""
        ...

    async def remove(self, path: str) -> None:
        """Remove it; what is gone already is fine."""
        ...

    async def take_away(self, path: str, found: FoundFile, to: str | None) -> None:
        """Remove, or move there, that very file. Raises Replaced where another stands there by now."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
