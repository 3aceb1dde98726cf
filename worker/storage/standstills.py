"""What stands still, and why: one small file each below `data/standstills`, left by whoever tried last.

Tasks run in any process, and it may be Redis that is broken, so they are kept on disk. Losing one costs a sentence:
whoever tries next writes it again.
"""

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from jobs.model.standstill import Standstill
from worker.storage.durable import make_folder, read_file, write_over
from worker.storage.threads import in_thread

_ENDING = ".json"


class StandstillBook:
    """What stands still, by subject. What cannot be written, on a full disk, this object keeps in mind."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._unwritten: dict[str, Standstill] = {}

    @in_thread
    def record(self, standstill: Standstill) -> Standstill:
        """Note one more failure; returned as it stands now, counted on from those before it. Raises nothing."""
        known = self._read(self._path(standstill.subject)) or self._unwritten.get(standstill.subject)
        standstill = standstill.after(known)
        try:
            make_folder(self._folder)
            write_over(self._path(standstill.subject), standstill.model_dump_json(indent=2).encode())
        except OSError:
            self._unwritten[standstill.subject] = standstill
        else:
            self._unwritten.pop(standstill.subject, None)
        return standstill

    @in_thread
    def clear(self, subject: str) -> None:
        """Forget the subject: it moves again. What never stood still is fine. Raises nothing."""
        self._unwritten.pop(subject, None)
        # A file that cannot be removed now is removed, or written over, by whoever tries next.
        with suppress(OSError):
            self._path(subject).unlink(missing_ok=True)

    @in_thread
    def keep(self, subjects: Collection[str]) -> None:
        """Forget all other subjects: they are over. Raises nothing."""
        self._unwritten = {subject: each for subject, each in self._unwritten.items() if subject in subjects}
        with suppress(OSError):
            for path in self._folder.glob(f"*{_ENDING}"):
                if path.name.removesuffix(_ENDING) not in subjects:
                    path.unlink(missing_ok=True)

    @in_thread
    def all(self) -> tuple[Standstill, ...]:
        """Everything that stands still, by subject; a file that is broken or not ours is left out."""
        paths = self._folder.glob(f"*{_ENDING}") if self._folder.is_dir() else ()
        standing = {found.subject: found for path in paths if (found := self._read(path))} | self._unwritten
        return tuple(standing[subject] for subject in sorted(standing))

    def _path(self, subject: str) -> Path:
        return self._folder / f"{subject}{_ENDING}"

    def _read(self, path: Path) -> Standstill | None:
        try:
            found = Standstill.model_validate_json(read_file(path))
        except (OSError, ValidationError):
            return None
        return found if self._path(found.subject) == path else None
