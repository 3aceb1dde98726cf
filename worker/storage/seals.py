"""Enrolled seals on disk, one small file each. Nothing in them is secret."""

import base64
import hashlib
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from jobs.model.errors import NotEnrolled
from jobs.model.seals import Seal, normalise_label
from jobs.model.text import Text
from worker.storage.durable import make_folder, read_file, write_over
from worker.storage.threads import in_thread


class SealBook:
    """Implements `jobs.ports.Seals` below one folder; enrolling a seal anew replaces it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @in_thread
    def find(self, label: str) -> Seal:
        """Find by the label the route names, however it is spaced. Raises NotEnrolled."""
        try:
            return _read(self._path(label))
        except FileNotFoundError:
            raise not_enrolled(label) from None
        except (OSError, ValidationError):
            raise damaged_enrolment(label) from None

    @in_thread
    def save(self, seal: Seal) -> None:
        """Keep a seal under its label."""
        make_folder(self._folder)
        write_over(self._path(seal.label), seal.model_dump_json(indent=2).encode())

    @in_thread
    def all(self, *, may_lag: bool = False) -> tuple[Seal, ...]:  # noqa: ARG002  the port's
        """Every enrolled seal, by label; one whose file is damaged is left out, and has to be enrolled again."""
        seals: list[Seal] = []
        for path in self._folder.glob("*.json"):
            with suppress(OSError, ValidationError):
                seals.append(_read(path))
        return tuple(sorted(seals, key=lambda seal: seal.label))

    def _path(self, label: str) -> Path:
        return self._folder / name_seal(label)


def name_seal(label: str) -> str:
    """The name of the file or object in which a seal is kept, however its label is spaced."""
    return f"{hashlib.sha256(normalise_label(label).encode()).hexdigest()[:32]}.json"


def not_enrolled(label: str) -> NotEnrolled:
    """What to do where nothing is kept of the seal."""
    return NotEnrolled(Text("The seal {label} is not enrolled yet: sign in on the desk and enrol it.", label=label))


def damaged_enrolment(label: str) -> NotEnrolled:
    """What to do where it cannot be read."""
    return NotEnrolled(
        Text(
            "What was kept of the enrolment of the seal {label} is damaged: sign in on the desk and enrol it again.",
            label=label,
        )
    )


def _read(path: Path) -> Seal:
    seal = Seal.model_validate_json(read_file(path))
    if seal.expires_at is not None:
        return seal
    # Enrolled before the end of the certificate was kept beside it. Loaded only then: commands that look start sooner.
    from cryptography import x509  # noqa: PLC0415

    with suppress(ValueError):
        end = x509.load_der_x509_certificate(base64.b64decode(seal.certificate)).not_valid_after_utc
        return seal.model_copy(update={"expires_at": end})
    return seal
