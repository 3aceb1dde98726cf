"""What people see of the quarantine: a copy of each refused file, with its explanation.

quarantine/<route>/<name>               a copy of the original (`_unrouted/` when no route collects it)
quarantine/<route>/<name>.error.json    why, for programs; created first and exclusively, so it reserves the name
quarantine/<route>/<name>.txt           why, and what to do, in plain words of every language
quarantine/<route>/<name>.json          a copy of the sidecar that came with it
quarantine/<route>/<name>.unverified    a copy of a sealed file that failed verification
quarantine/<route>/<name>.sealed        a copy of a sealed file without the archive timestamp its route asks for

They may do there what they like: the originals are elsewhere, and no note that lies here is believed.
"""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import suppress
from datetime import tzinfo
from pathlib import Path

from pydantic import ValidationError

from jobs.model.names import DocumentId
from jobs.model.text import Language
from worker.storage import tree
from worker.storage.copying import hash_files
from worker.storage.durable import sync_folder, write_once, write_over
from worker.storage.explanation import Explanation, QuarantineEntry
from worker.storage.moving import copy, remove
from worker.storage.names import reserve
from worker.storage.tree import Location

UNROUTED = "_unrouted"
"""The folder for files that no route collects; no route can have this name."""
LARGEST_COPY = 1 << 30
"""Bytes up to which a file is copied for people; what is larger would cost the room that everybody needs."""
SIDECAR = ".json"
"""What the name of a sidecar has besides its document's."""
_NOTE, _WORDS, _, *_EVIDENCE = _ENDINGS = (".error.json", ".txt", SIDECAR, ".unverified", ".sealed")
_LONGEST_NOTE = 1 << 16
"""Bytes; what is longer is none of our explanations."""
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# link(2): another file system, one without links, or a file of another user (proc(5), protected_hardlinks).
_NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.EOPNOTSUPP})


class QuarantineFolder:
    """The folder that people see. Every method blocks and raises OSError; doing it again changes nothing."""

    def __init__(self, folder: Path, language: Language = Language.ENGLISH, zone: tzinfo | None = None) -> None:
        self.folder = folder
        self._language = language
        self._zone = zone

    def show(self, explanation: Explanation, original: Path, kept: Path) -> str:
        """Put a copy of the original there with its explanation; gives its path below the folder.

        `kept` is where the original will be found, which the words tell where there is no room for a copy.
        """
        route = explanation.route or UNROUTED
        note = explanation.model_dump_json(indent=2).encode()

        def names_it(path: Path) -> bool:
            found = _read_note(Location.of(path))
            return found is not None and found.document == explanation.document

        name = reserve(self.folder / route, explanation.name, note, _ENDINGS, names_it)
        target = self.folder / route / name
        is_shown = os.path.lexists(target) or _is_copied(original, target, explanation)
        # Whoever wrote what reserved the name, it says now what we say.
        write_over(_beside(target, _NOTE), note)
        # Never written over: a document of just this name may have come here in the meantime.
        with suppress(FileExistsError):
            where = None if is_shown else kept
            words = explanation.in_plain_words(where, language=self._language, zone=self._zone)
            write_once(_beside(target, _WORDS), words.encode())
        return f"{route}/{name}"

    def show_beside(self, shown_as: str, ending: str, kept: Path) -> None:
        """Put a copy of a sidecar or of evidence beside, unless something is there."""
        target = _beside(self.folder / shown_as, ending)
        if not os.path.lexists(target):
            copy(kept, target)

    def remove(self, entry: QuarantineEntry, *, leave_copy: bool) -> None:
        """Remove the copy and its explanation; evidence is left, and the copy where its owner wants to keep it."""
        if not leave_copy:
            remove(entry.shown)
            if entry.metadata is not None:
                _beside(entry.shown, SIDECAR).unlink(missing_ok=True)
        for ending in (_WORDS, _NOTE):
            _beside(entry.shown, ending).unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            sync_folder(entry.shown.parent)

    def remove_evidence(self, entry: QuarantineEntry) -> None:
        """Remove copies of sealed files that lie beside."""
        for ending in _EVIDENCE:
            _beside(entry.shown, ending).unlink(missing_ok=True)

    def notes(self) -> Iterator[tuple[Path, DocumentId]]:
        """Every file beside which a note lies that could be ours, and the document that the note names."""
        for entry in tree.walk(self.folder):
            if stat.S_ISREG(entry.kind) and entry.parts[-1].endswith(_NOTE):
                note = Location(self.folder, entry.parts)
                file = note.beside(note.name.removesuffix(_NOTE))
                explanation = _read_note(note)
                if explanation is not None and file.exists():
                    yield file.path, explanation.document


def is_edited(entry: QuarantineEntry) -> bool:
    """Whether somebody changed the copies that people see, of the document or of its sidecar.

    Blocks; raises OSError when what is kept cannot be read.
    """
    # What was refused unread is no copy but a second name, and what is gone is no longer a copy of anything.
    if not entry.explanation.sha256 or not os.path.lexists(entry.shown):
        return False
    if _differs(entry.shown, entry.original):
        return True
    sidecar = _beside(entry.shown, SIDECAR)
    return entry.metadata is not None and os.path.lexists(sidecar) and _differs(sidecar, entry.metadata)


def _differs(shown: Path, kept: Path) -> bool:
    try:
        found = hash_files(shown)
    except OSError:
        return True
    return found != hash_files(kept)


def _is_copied(original: Path, target: Path, explanation: Explanation) -> bool:
    """Copy the original for people; False where there is no room for it."""
    try:
        if not explanation.sha256:
            # Nobody has read it, so nothing is promised of its content; its second name costs no room.
            _link(original, target)
        elif explanation.size > LARGEST_COPY:
            return False
        else:
            copy(original, target)
    except OSError as error:
        if error.errno not in (_NO_ROOM if explanation.sha256 else _NO_ROOM | _NO_LINK):
            raise
        return False
    return True


def _link(original: Path, target: Path) -> None:
    """Give a file, or every file in a folder, a second name."""
    if not original.is_dir():
        os.link(original, target)
        return
    aside = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        aside.mkdir()
        for entry in tree.walk(original):
            if stat.S_ISDIR(entry.kind):
                aside.joinpath(*entry.parts).mkdir()
            elif stat.S_ISREG(entry.kind):
                os.link(original.joinpath(*entry.parts), aside.joinpath(*entry.parts))
        aside.rename(target)
    finally:
        remove(aside)


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _read_note(note: Location) -> Explanation | None:
    """The explanation in that file; None when it is not of the kind that we write."""
    try:
        with note.opened() as descriptor:
            return Explanation.model_validate_json(os.read(descriptor, _LONGEST_NOTE))
    except (OSError, ValidationError):
        return None
