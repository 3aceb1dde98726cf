"""Enrolled seals on disk, one small file each. Nothing in them is secret."""

import hashlib
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from jobs.model.errors import NotEnrolled
from jobs.model.seals import Seal, normalise_label
from worker.storage.durable import make_folder, write_over
from worker.storage.threads import in_thread


class SealBook:
    """Implements `jobs.ports.Seals` below one folder; enrolling a seal anew replaces it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @in_thread
    def find(self, label: str) -> Seal:
        """Find by the label the route names, however it is spaced. Raises NotEnrolled."""
        try:
            return Seal.model_validate_json(self._path(label).read_bytes())
        except FileNotFoundError:
            raise NotEnrolled(f"The seal {label!r} is not enrolled yet: sign in on the desk and enrol it.") from None
        except ValidationError:
            why = "what was kept of its enrolment is damaged: sign in on the desk and enrol it again"
            raise NotEnrolled(f"The seal {label!r}: {why}.") from None

    @in_thread
    def save(self, seal: Seal) -> None:
        """Keep a seal under its label."""
        make_folder(self._folder)
        write_over(self._path(seal.label), seal.model_dump_json(indent=2).encode())

    @in_thread
    def all(self) -> tuple[Seal, ...]:
        """Every enrolled seal, by label; one whose file is damaged is left out, and has to be enrolled again."""
        seals: list[Seal] = []
        for path in self._folder.glob("*.json"):
            with suppress(ValidationError):
                seals.append(Seal.model_validate_json(path.read_bytes()))
        return tuple(sorted(seals, key=lambda seal: seal.label))

    def _path(self, label: str) -> Path:
        return self._folder / f"{hashlib.sha256(normalise_label(label).encode()).hexdigest()[:32]}.json"
