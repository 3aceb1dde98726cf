"""Enrolled seals in a bucket, a small object each. Nothing in them is secret."""

import hashlib
from contextlib import suppress

from pydantic import ValidationError

from jobs.model.errors import NotEnrolled
from jobs.model.seals import Seal, normalise_label
from jobs.model.text import Text
from worker.objects.bucket import Bucket
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
            raise NotEnrolled(
                Text("The seal {label} is not enrolled yet: sign in on the desk and enrol it.", label=label)
            ) from None
        except ValidationError:
            raise NotEnrolled(
                Text(
                    "What was kept of the enrolment of the seal {label} is damaged: sign in on the desk and enrol it "
                    "again.",
                    label=label,
                )
            ) from None

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
    return f"{_FOLDER}/{hashlib.sha256(normalise_label(label).encode()).hexdigest()[:32]}.json"
