"""Taking a file out of the inbox so that exactly one watcher has it, at every moment, whatever crashes.

    1. stage   `shelf/<id>.claim` says what will come from where, in one file for all that are claimed together
    2. seize   one rename gives the file the hidden name `.<id>.claim` beside its own; of several watchers the one that
               renames has it
               its sidecar, of which the claim has a copy since before, is hidden likewise as `.<id>.sidecar`
    3. bring   it is copied to `shelf/<id>.original`: a file of our own, which nobody else holds open. It is hashed
               while it is copied, and given back when somebody wrote to it meanwhile
    4. let go  the hidden file is removed, once the copy's name is durable

A folder that is one document goes the same way, with all of its files.
"""

import errno
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Self
from urllib.parse import unquote_to_bytes, urlsplit

from pydantic import AwareDatetime, ValidationError

from jobs.model.frozen import Frozen
from jobs.model.names import ADocument, AName, ARoute, DocumentId, document_id
from jobs.model.way_in import WayIn
from worker.inbox.candidates import Candidate
from worker.storage.claim_files import read_lines, write_claims
from worker.storage.copying import CopiedFile, GoOn, copy_in, hash_files
from worker.storage.fingerprint import fingerprint, require_unwritten
from worker.storage.layout import CLAIM, Layout, Place
from worker.storage.names import free_names
from worker.storage.tree import Location, opened_folder, remove, walk


class Claim(Frozen):
    """A line of a claim's file. `source` is a `file:` URI, which holds any name; None for a copy.

    `by` names the claimer that works on it while it lives; None in claims of earlier versions.
    """

    id: ADocument
    route: ARoute | None
    name: AName
    received_at: AwareDatetime
    source: str | None
    way_in: WayIn = WayIn.FOLDER
    by: str | None = None
    sidecar: str | None = None
    """Where its sidecar was, as a `file:` URI; None where there was none, and for a copy."""
    sidecar_seen: tuple[int, int] = (0, 0)
    """The sidecar's size in bytes and modification time in nanoseconds."""
    is_wanted: bool = False
    """Whether a person sends it again, and it is sealed even if the same content came before."""

    @classmethod
    def on(
        cls, candidate: Candidate, now: datetime, *, leave: bool = False, by: str | None = None, is_wanted: bool = False
    ) -> Self:
        """Make a new claim on a file; `leave` it where it is and take a copy."""
        sidecar = None if leave else candidate.sidecar
        return cls(
            id=document_id(now, os.urandom(6)),
            route=candidate.route,
            name=candidate.name,
            received_at=now,
            way_in=candidate.way_in,
            source=None if leave else candidate.location.path.absolute().as_uri(),
            by=by,
            is_wanted=is_wanted,
            sidecar=None if sidecar is None else sidecar.location.path.absolute().as_uri(),
            sidecar_seen=(0, 0) if sidecar is None else sidecar.fingerprint.content,
        )

    def at(self, hidden: Location) -> Self:
        """The same claim, when the hidden file's folder has been renamed."""
        name = hidden.name if self.path is None else self.path.name
        moved = {"source": hidden.beside(name).path.absolute().as_uri()}
        if self.sidecar_path is not None:
            moved["sidecar"] = hidden.beside(self.sidecar_path.name).path.absolute().as_uri()
        return self.model_copy(update=moved)

    @cached_property
    def path(self) -> Path | None:
        """Where the file was; None for a copy."""
        return None if self.source is None else _path_of(self.source)

    @cached_property
    def sidecar_path(self) -> Path | None:
        """Where its sidecar was, if it had one."""
        return None if self.sidecar is None else _path_of(self.sidecar)

    def hidden_file(self, inbox: Path) -> Location | None:
        """The claimed file while it is still on the inbox's file system; None for a copy."""
        return None if self.path is None else Location.of(self.path, inbox).beside(f".{self.id}.claim")

    def hidden_sidecar(self, inbox: Path) -> Location | None:
        """The sidecar under the name that it has while the document is brought; None where there was none."""
        return (
            None if self.sidecar_path is None else Location.of(self.sidecar_path, inbox).beside(f".{self.id}.sidecar")
        )


def stage(claims: Iterable[Claim], layout: Layout) -> None:
    """Write the claims, at least one; the caller makes their names durable by syncing the shelf's folder."""
    write_claims({layout.place(claim.id).claim: claim.model_dump_json().encode() for claim in claims})


def require_claimable(candidate: Candidate) -> bool:
    """Say whether the file is as it was found. Raises Changing while a program writes to it, and OSError if unreadable.

    Once it has a hidden name it is too late to find out that we may not read it, or not empty the folder.
    """
    try:
        if candidate.is_folder:
            _require_removable(candidate.location)
        return require_unwritten(candidate.location) == candidate.fingerprint
    except FileNotFoundError:
        return False


def seize(claim: Claim, candidate: Candidate) -> bool:
    """Give the file its hidden name. False when another watcher was faster, or another file came under its name.

    Raises OSError when the system does not let us.
    """
    hidden = candidate.location.beside(f".{claim.id}.claim")
    try:
        candidate.location.rename(hidden.name)
    except FileNotFoundError:
        return False
    # Between the look and the rename a new file may have come under the same name, perhaps a growing one.
    if fingerprint(hidden).has_content_of(candidate.fingerprint):
        return True
    give_back(hidden, candidate.location.name)
    return False


def hide_sidecar(claim: Claim, inbox: Path) -> None:
    """Take the sidecar of a seized document away from its name, so that no later document gets it.

    Doing it again changes nothing. Another one that came under its name since stays there. Raises OSError.
    """
    hidden = claim.hidden_sidecar(inbox)
    if hidden is None or claim.sidecar_path is None or hidden.exists():
        return
    name = claim.sidecar_path.name
    try:
        hidden.beside(name).rename(hidden.name)
    except FileNotFoundError:
        return
    if fingerprint(hidden).content != claim.sidecar_seen:
        give_back(hidden, name)


def bring(source: Location, place: Place, go_on: GoOn, by: str = "") -> tuple[CopiedFile, ...]:
    """Copy the file to its place, and give the hash of what stands there; what stands there already is hashed.

    A copy under way is named after who makes it. Raises Changing when somebody writes to it, and OSError.
    """
    if not place.original.exists():
        aside = place.folder / f".{by}.{secrets.token_hex(8)}.part"
        try:
            files = copy_in(source, aside, go_on)
            if _is_put(aside, place.original):
                return files
        finally:
            remove(Location.of(aside))
    return hash_files(place.original, go_on)


def bring_unread(source: Location, place: Place) -> bool:
    """Rename the file to its place, for one that is refused unread. False when it lies on another file system."""
    try:
        with source.folder() as folder:
            os.rename(source.name, place.original, src_dir_fd=folder)
    except OSError as error:
        if error.errno == errno.EXDEV:
            return False
        raise
    return True


def let_go(hidden: Iterable[Location]) -> Iterator[tuple[Location, OSError]]:
    """Remove hidden files, of which the caller has durable copies; gives those that cannot be removed."""
    folders = {}
    for location in hidden:
        try:
            remove(location)
        except OSError as error:
            yield location, error
        folders[location.root, location.parts[:-1]] = location
    for location in folders.values():
        # A hidden file that a crash brings back, because no disk could be made to forget it, is told as left behind.
        with suppress(OSError), location.folder() as folder:
            os.fsync(folder)


def give_back(hidden: Location, name: str) -> None:
    """Put a file back under its name, or one beside it when that was taken since."""
    is_folder = stat.S_ISDIR(hidden.status().st_mode)
    with hidden.folder() as folder:
        for free in free_names(name):
            with suppress(FileExistsError):
                # Only like replaces like (rename(2)), so a folder holds its name with a folder.
                if is_folder:
                    os.mkdir(free, dir_fd=folder)
                else:
                    os.close(os.open(free, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, dir_fd=folder))
                os.rename(hidden.name, free, src_dir_fd=folder, dst_dir_fd=folder)
                return


def _path_of(uri: str) -> Path:
    return Path(os.fsdecode(unquote_to_bytes(urlsplit(uri).path)))


def read(path: Path) -> Claim | None:
    """Read a claim; None when it was completed meanwhile, or is not one of ours."""
    document = DocumentId(path.name.removesuffix(CLAIM))
    with suppress(OSError):
        return find_claim(read_lines(path, document), document)
    return None


def find_claim(lines: Iterable[bytes], document: DocumentId) -> Claim | None:
    """The claim on the document among these lines; None where there is none of ours."""
    for line in lines:
        # What is no claim is the document that stands below it.
        with suppress(ValidationError):
            claim = Claim.model_validate_json(line)
            if claim.id == document:
                return claim
    return None


def unfinished(layout: Layout) -> list[Claim]:
    """Claims that stand on the shelf because their intake was not completed, or is under way elsewhere."""
    return [claim for path in sorted(layout.shelf.glob(f"*{CLAIM}")) if (claim := read(path)) is not None]


def drop_copies(layout: Layout, by: str) -> None:
    """Remove the copies that a claimer which is gone had under way."""
    for path in layout.shelf.glob(f".{by}.*.part"):
        remove(Location.of(path))


def drop_leftovers(layout: Layout, before: datetime) -> None:
    """Remove what a crash has left half-written on the shelf, as far as nobody has written to it since `before`."""
    for path in layout.shelf.glob(".*"):
        with suppress(FileNotFoundError):
            if path.lstat().st_mtime < before.timestamp():
                remove(Location.of(path))


def _require_removable(location: Location) -> None:
    """Raise EACCES for a folder that we may not empty; one is common where people copy their own folders."""
    folders = [location.parts, *(each.parts for each in walk(location.root, location.parts) if stat.S_ISDIR(each.kind))]
    for parts in folders:
        with opened_folder(location.root, parts) as folder:
            if not os.access(".", os.W_OK | os.X_OK, dir_fd=folder, effective_ids=True):
                why = "we may not remove files from this folder"
                raise PermissionError(errno.EACCES, why, str(location.root.joinpath(*parts)))


def _is_put(aside: Path, original: Path) -> bool:
    """Give our copy its name; False when another watcher's copy has it, which may have been hashed already."""
    try:
        if aside.is_dir():
            aside.rename(original)
        else:
            os.link(aside, original)
    except OSError as error:
        if error.errno in {errno.EEXIST, errno.ENOTEMPTY}:
            return False
        raise
    return True
