"""What stands still, and why: an object each below `standstills/`, left by whoever tried last.

Tasks run on any machine. Losing one costs a sentence: whoever tries next writes it again.
"""

from collections.abc import Collection
from contextlib import suppress

from pydantic import ValidationError

from jobs.model.standstill import Standstill
from worker.objects.bucket import Bucket
from worker.storage.threads import in_thread

_FOLDER, _ENDING = "standstills", ".json"


class ObjectStandstills:
    """Implements `jobs.ports.Standstills` in a bucket. What cannot be written there, this object keeps in mind."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._unwritten: dict[str, Standstill] = {}

    @in_thread
    def record(self, standstill: Standstill) -> Standstill:
        """Note one more failure; returned as it stands now, counted on from those before it. Raises nothing."""
        subject, known = standstill.subject, self._unwritten.get(standstill.subject)
        try:
            known = self._find(_key(subject)) or known
            self._bucket.write(_key(subject), standstill.after(known).model_dump_json(indent=2).encode())
        except OSError:
            # A storage that does not answer is not asked twice: somebody waits for us.
            self._unwritten[subject] = standstill.after(known)
        else:
            self._unwritten.pop(subject, None)
        return standstill.after(known)

    @in_thread
    def clear(self, subject: str) -> None:
        """Forget the subject: it moves again. What never stood still is fine. Raises nothing."""
        self._unwritten.pop(subject, None)
        with suppress(OSError):
            self._bucket.remove(_key(subject))

    @in_thread
    def keep(self, subjects: Collection[str]) -> None:
        """Forget all other subjects: they are over. Raises nothing."""
        self._unwritten = {subject: each for subject, each in self._unwritten.items() if subject in subjects}
        with suppress(OSError):
            over = [each.key for each in self._bucket.list(_FOLDER) if _subject(each.key) not in subjects]
            if over:
                self._bucket.remove(*over)

    @in_thread
    def all(self) -> tuple[Standstill, ...]:
        """Everything that stands still, by subject; an object that is broken or not ours is left out."""
        keys: list[str] = []
        with suppress(OSError):
            keys += [each.key for each in self._bucket.list(_FOLDER)]
        found = {each.subject: each for each in self._bucket.each(self._read, keys) if each} | self._unwritten
        return tuple(found[subject] for subject in sorted(found))

    def _read(self, key: str) -> Standstill | None:
        with suppress(OSError):
            return self._find(key)
        return None

    def _find(self, key: str) -> Standstill | None:
        try:
            found = Standstill.model_validate_json(self._bucket.read(key))
        except (FileNotFoundError, ValidationError):
            return None
        return found if _key(found.subject) == key else None


def _key(subject: str) -> str:
    return f"{_FOLDER}/{subject}{_ENDING}"


def _subject(key: str) -> str:
    return key.removeprefix(f"{_FOLDER}/").removesuffix(_ENDING)
