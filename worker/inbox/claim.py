"""Taking a file out of the inbox so that exactly one watcher has it, at every moment, whatever crashes.

    1. stage   `shelf/<id>.claim` says what will come from where
    2. seize   one rename brings the file to `shelf/<id>.original`; of several watchers the one that renames has it

Across file systems step 2 is: rename to the hidden `.<id>.claim` beside the file (again one winner), copy, sync,
compare, rename into place, unlink. A file with a second name (hard link) is copied too: whoever holds the other
name could still change it. A folder that is one document goes the same ways, with all of its files.
"""

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Self
from urllib.parse import unquote_to_bytes, urlsplit

from pydantic import AwareDatetime, ValidationError

from jobs.model.frozen import Frozen
from jobs.model.names import ADocument, AName, ARoute, document_id
from worker.inbox.scanning import Find
from worker.inbox.settling import Look
from worker.storage.durable import make_folder, sync_folder, write_whole
from worker.storage.layout import CLAIM, Layout, Place
from worker.storage.moving import copy, files_in, remove, renamed
from worker.storage.names import free_names


class Claim(Frozen):
    """The first line of a claim's file. `source` is a `file:` URI, which holds any name; None for a copy."""

    id: ADocument
    route: ARoute | None
    name: AName
    received_at: AwareDatetime
    source: str | None

    @classmethod
    def on(cls, find: Find, now: datetime, *, leave: bool = False) -> Self:
        """Make a new claim on a file; `leave` it where it is and take a copy."""
        return cls(
            id=document_id(now, os.urandom(6)),
            route=find.route,
            name=find.name,
            received_at=now,
            source=None if leave else find.path.absolute().as_uri(),
        )

    @property
    def hidden(self) -> Path | None:
        """The claimed file while it is still on the inbox's file system."""
        if self.source is None:
            return None
        source = Path(os.fsdecode(unquote_to_bytes(urlsplit(self.source).path)))
        return source.with_name(f".{self.id}.claim")


def stage(claim: Claim, layout: Layout) -> None:
    """Write the claim; the caller makes its name durable by syncing the shelf's folder, once for many claims."""
    write_whole(layout.place(claim.id).claim, claim.model_dump_json().encode())


def seize(claim: Claim, find: Find, place: Place) -> bool:
    """Bring the file onto the shelf. False when another watcher was faster or the file is not as it was found.

    Raises OSError when the system does not let us have it.
    """
    if Look.at(find.path) == find.look and _seized(claim, find, place):
        return True
    place.clear()
    return False


def resume(claim: Claim, place: Place) -> bool:
    """Go on with a claim that a crash left; False while there is no file in it."""
    hidden = claim.hidden
    if hidden is not None and hidden.exists():
        if not place.original.exists():
            copy(hidden, place.original)
        _drop(hidden)
    return place.original.exists()


def abandon(claim: Claim, place: Place) -> None:
    """Take a claim back when no file came into it; one with a file stays, to be resumed."""
    if not place.original.exists() and not (claim.hidden and claim.hidden.exists()):
        place.clear()


def give_back(claimed: Path, path: Path) -> None:
    """Put a file back where it came from, or beside it when the name was taken since."""
    for name in free_names(path.name):
        target = path.with_name(name)
        with suppress(FileExistsError):
            # Only like replaces like (rename(2)), so a folder holds its name with a folder.
            target.mkdir() if claimed.is_dir() else target.touch(exist_ok=False)
            claimed.rename(target)
            return


def unfinished(layout: Layout) -> list[Claim]:
    """Claims that stand on the shelf because their intake was not completed, or is under way elsewhere."""
    paths = sorted(make_folder(layout.shelf).glob(f"*{CLAIM}"))
    return [claim for claim in map(_read, paths) if claim is not None]


def drop_leftovers(layout: Layout, before: datetime) -> None:
    """Remove what a crash has left half-written on the shelf, as far as nobody has written to it since `before`."""
    for path in layout.shelf.glob(".*"):
        look = Look.at(path)
        if look is not None and look.modified < before.timestamp() * 1e9:
            remove(path)


def _seized(claim: Claim, find: Find, place: Place) -> bool:
    try:
        _require_readable(find.path)
        if _has_one_name(find.path) and renamed(find.path, place.original):
            return _is_as_found(find, place.original)
        return _seized_across(claim, find, place)
    except FileNotFoundError:
        return False


def _seized_across(claim: Claim, find: Find, place: Place) -> bool:
    hidden = find.path.with_name(f".{claim.id}.claim")
    find.path.rename(hidden)
    if not _is_as_found(find, hidden):
        return False
    copy(hidden, place.original)
    _drop(hidden)
    return True


def _require_readable(path: Path) -> None:
    """Raises OSError now: once it is on the shelf it is too late to find out that we may not read it."""
    for each in files_in(path):
        os.close(os.open(each, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK))


def _has_one_name(path: Path) -> bool:
    return all(each.lstat().st_nlink == 1 for each in files_in(path))


def _is_as_found(find: Find, claimed: Path) -> bool:
    # Between the look and the rename a new file may have come under the same name, perhaps a growing one.
    if Look.at(claimed) == find.look:
        return True
    give_back(claimed, find.path)
    return False


def _drop(hidden: Path) -> None:
    remove(hidden)
    sync_folder(hidden.parent)


def _read(path: Path) -> Claim | None:
    """The claim; None when it was completed meanwhile, or is not one of ours."""
    try:
        return Claim.model_validate_json(path.read_bytes().split(b"\n", 1)[0])
    except (FileNotFoundError, ValidationError):
        return None
