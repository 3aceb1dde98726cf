"""What people are called, by their personal codes: as they said when they signed in.

    data/people.json

Records know people by code alone, which tells nobody anything. Losing this loses no more than the names.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from jobs.model.names import APerson, PersonalCode
from worker.storage.durable import make_folder, read_file, write_over
from worker.storage.threads import in_thread

_NAMES = TypeAdapter(dict[APerson, str])


class PeopleBook:
    """The names below one data folder."""

    def __init__(self, data: Path) -> None:
        self._path = data / "people.json"

    @in_thread
    def names(self) -> Mapping[PersonalCode, str]:
        """Every name that is known."""
        return self._read()

    @in_thread
    def note(self, person: PersonalCode, name: str) -> None:
        """Remember a name; of two processes that do so at once one may forget the other's, until they sign in again.

        Raises OSError.
        """
        names = self._read()
        if names.get(person) != name:
            make_folder(self._path.parent)
            write_over(self._path, _NAMES.dump_json(names | {person: name}, indent=2))

    def _read(self) -> dict[PersonalCode, str]:
        with suppress(OSError, ValidationError):
            return _NAMES.validate_json(read_file(self._path))
        return {}
