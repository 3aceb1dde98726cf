"""Enrolled seals in a bucket, a small object each. Nothing in them is secret."""

from contextlib import suppress

from pydantic import ValidationError

from jobs.model.seals import Seal
from worker.objects.bucket import Bucket
from worker.storage.seals import damaged_enrolment, name_seal, not_enrolled
from worker.storage.threads import in_thread

_FOLDER = "seals"


class ObjectSeals:
    """Implements `jobs.ports.Seals` in a bucket; enrolling a seal anew replaces it."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    @in_thread
    def find(self, label: str) -> Seal:
        """Find by the label the route names, however it is spaced. Raises NotEnrolled, and OSError."""
        try:
            return Seal.model_validate_json(self._bucket.read(_key(label)))
        except FileNotFoundError:
            raise not_enrolled(label) from None
        except ValidationError:
            raise damaged_enrolment(label) from None

    @in_thread
    def save(self, seal: Seal) -> None:
        """Keep a seal under its label."""
        self._bucket.write(_key(seal.label), seal.model_dump_json(indent=2).encode())

    @in_thread
    def all(self) -> tuple[Seal, ...]:
        """Every enrolled seal, by label; a damaged one is left out, and has to be enrolled again."""
        seals: list[Seal] = []
        for content in self._bucket.each(self._bucket.read, [each.key for each in self._bucket.list(_FOLDER)]):
            with suppress(ValidationError):
                seals.append(Seal.model_validate_json(content))
        return tuple(sorted(seals, key=lambda seal: seal.label))


def _key(label: str) -> str:
    return f"{_FOLDER}/{name_seal(label)}"
