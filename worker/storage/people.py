"""The names of people who signed in on the desk: records hold personal codes, and pages tell people by name.

    data/people/<personal code>.json      one small file each, written anew when the name changed

Nothing is decided by a name; a lost file costs no more than a code shown in its place.
"""

from contextlib import suppress
from pathlib import Path

from pydantic import Field, ValidationError

from jobs.model.frozen import Frozen
from jobs.model.names import APerson, PersonalCode
from worker.storage.durable import make_folder, read_file, write_over
from worker.storage.threads import in_thread

_ENDING = ".json"
_LONGEST = 200


class KnownPerson(Frozen):
    """What a person's file holds."""

    code: APerson
    name: str = Field(min_length=1, max_length=_LONGEST)


class PeopleBook:
    """The names by code, below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @in_thread
    def remember(self, code: PersonalCode, name: str) -> None:
        """Keep the name; writes only what is new. Raises nothing: a full disk must not keep anybody from the desk."""
        with suppress(OSError, ValidationError):
            person = KnownPerson(code=code, name=name)
            path = self._folder / f"{person.code}{_ENDING}"
            if self._read(path) != person:
                make_folder(self._folder)
                write_over(path, person.model_dump_json().encode())

    @in_thread
    def names(self) -> dict[PersonalCode, str]:
        """Every name that is known; a file that is broken or not ours is left out."""
        paths = self._folder.glob(f"*{_ENDING}") if self._folder.is_dir() else ()
        return {person.code: person.name for path in paths if (person := self._read(path))}

    def _read(self, path: Path) -> KnownPerson | None:
        try:
            found = KnownPerson.model_validate_json(read_file(path))
        except (OSError, ValidationError):
            return None
        return found if path.name == f"{found.code}{_ENDING}" else None
