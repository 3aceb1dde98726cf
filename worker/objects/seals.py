"""Enrolled seals in a bucket, a small object each. Nothing in them is secret."""

from collections.abc import Sequence
from contextlib import suppress

from pydantic import ValidationError

from jobs.model.seals import Seal
from worker.objects.bucket import Bucket, Listed
from worker.storage.seals import damaged_enrolment, name_seal, not_enrolled
from worker.storage.threads import in_thread

_FOLDER = "seals"
_SELDOM = 30.0
"""Seconds for which a list of them is believed by whoever only tells that certificates end."""


class ObjectSeals:
    """Implements `jobs.ports.Seals` in a bucket; enrolling a seal anew replaces it."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._listed: Sequence[Listed] = ()
        self._all: tuple[Seal, ...] = ()

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
    def all(self, *, may_lag: bool = False) -> tuple[Seal, ...]:
        """Every enrolled seal, by label; a damaged one is left out, and has to be enrolled again."""
        listed = self._bucket.recent.find(_FOLDER, _SELDOM) if may_lag else self._bucket.recent.renew(_FOLDER)
        if listed != self._listed:
            found = self._bucket.each(self._read, [each.key for each in listed])
            self._all = tuple(sorted(filter(None, found), key=lambda seal: seal.label))
            self._listed = listed
        return self._all

    def _read(self, key: str) -> Seal | None:
        with suppress(FileNotFoundError, ValidationError):
            return Seal.model_validate_json(self._bucket.read(key))
        return None


def _key(label: str) -> str:
    return f"{_FOLDER}/{name_seal(label)}"
