"""The names of people who signed in: `people/<personal code>`, written anew when the name changed.

Nothing is decided by a name; a lost object costs no more than a code shown in its place.
"""

from contextlib import suppress

from pydantic import ValidationError

from jobs.model.names import PersonalCode
from worker.objects.bucket import Bucket
from worker.storage.people import KnownPerson
from worker.storage.threads import in_thread

_FOLDER = "people"


class ObjectPeople:
    """Implements `worker.desk.ports.People` in a bucket."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._known: dict[str, tuple[str, KnownPerson]] = {}

    @in_thread
    def remember(self, code: PersonalCode, name: str) -> None:
        """Keep the name; writes only what is new. Raises nothing: nobody shall be kept from the desk by this."""
        with suppress(OSError, ValidationError):
            person = KnownPerson(code=code, name=name)
            key = f"{_FOLDER}/{person.code}"
            if self._read(key) != person:
                self._bucket.write(key, person.model_dump_json().encode())

    @in_thread
    def names(self) -> dict[PersonalCode, str]:
        """Every name that is known; an object that is broken or not ours is left out."""
        listed = list(self._bucket.list(_FOLDER))
        fresh = [each for each in listed if self._known.get(each.key, ("", None))[0] != each.version]
        for each, person in zip(fresh, self._bucket.each(lambda one: self._read(one.key), fresh), strict=True):
            if person is not None:
                self._known[each.key] = each.version, person
        there = {each.key for each in listed}
        return {person.code: person.name for key, (_, person) in self._known.items() if key in there}

    def _read(self, key: str) -> KnownPerson | None:
        try:
            found = KnownPerson.model_validate_json(self._bucket.read(key))
        except (FileNotFoundError, ValidationError):
            return None
        return found if key == f"{_FOLDER}/{found.code}" else None
