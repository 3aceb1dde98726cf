"""Names in the outbox: each is taken by one document's sidecar, exclusively, and by no second one of that document.

The sidecar is written to the shelf first, as `.reserving`, and its name there is durable before it gets one in the
outbox. So a document without it has surely taken no name yet, and a free one is found in leaps. Where it stands there
already, a crash came between, and every name that may have been taken is looked at.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from jobs.model.names import DocumentId
from worker.storage.durable import create, link_noted, write_over
from worker.storage.layout import Place
from worker.storage.names import free_names, leap_to_free
from worker.storage.outbox_sidecars import ENDING, find_sidecar, sidecar_paths
from worker.storage.sidecar import Sidecar

REPORT = ".validation.json"
_SPARE = max(len(ENDING), len(REPORT))

Describe = Callable[[str], Sidecar]
"""Tells what stands in the sidecar of a delivery under that name."""


@dataclass(slots=True)
class Reservation:
    """A name of the folder that is announced and not taken yet; another one, like what is `wanted`, if it is lost."""

    place: Place
    folder: Path
    wanted: str
    describe: Describe
    sidecar: Sidecar = field(init=False)

    @property
    def target(self) -> Path:
        """Where the sealed file shall stand."""
        return self.folder / self.sidecar.sealed.name

    def write(self, name: str) -> None:
        """Announce that name, in the place of any other."""
        self.sidecar = self.describe(name)
        # A file of its own: what stands here after a crash may be the very file that a consumer has taken by now.
        self.place.reserving.unlink(missing_ok=True)
        create(self.place.reserving, self.sidecar.content)


class OutboxNames:
    """Takes names for one document after another, in one thread. Every method raises OSError."""

    def __init__(self, *, is_sealed_first: bool) -> None:
        self._is_sealed_first = is_sealed_first
        self._promised: dict[DocumentId, Path] = {}
        """What was announced and is not taken yet: the documents of one group may all want the same name."""

    def announce(self, place: Place, folder: Path, wanted: str, describe: Describe) -> Reservation | None:
        """Write the sidecar to the shelf, under a name of the folder that seems free. The caller syncs the shelf.

        None where the document turns out to have a name by an earlier call: `.reserved` says so now.
        """
        own = self._find_own(place.document, folder, wanted) if os.path.lexists(place.reserving) else None
        if own is None:
            name, before = next(self._free(place.document, folder, wanted))
            # An older version announced nothing; what a crash left of it is the last name that was taken.
            if name == before or find_sidecar(place.document, folder / before) is None:
                reservation = Reservation(place, folder, wanted, describe)
                reservation.write(name)
                self._promised[place.document] = reservation.target
                return reservation
            own = before
        write_over(place.reserved, describe(own).content)
        place.reserving.unlink(missing_ok=True)
        return None

    def take(self, reservation: Reservation) -> Sidecar:
        """Give the announced sidecar its name, and the one on the shelf that says so. The caller syncs both folders."""
        place = reservation.place
        self._promised.pop(place.document, None)
        while True:
            visible, hidden = sidecar_paths(reservation.target)
            if not _is_taken(reservation.target):
                with suppress(FileExistsError):
                    path = hidden if self._is_sealed_first else visible
                    link_noted(place.reserving, path, place.reserved, reservation.sidecar.content)
                    return reservation.sidecar
            reservation.write(next(self._free(place.document, reservation.folder, reservation.wanted))[0])

    def _free(self, document: DocumentId, folder: Path, wanted: str) -> Iterator[tuple[str, str]]:
        promised = {path for other, path in self._promised.items() if other != document}
        return leap_to_free(wanted, _SPARE, lambda name: folder / name in promised or _is_taken(folder / name))

    def _find_own(self, document: DocumentId, folder: Path, wanted: str) -> str | None:
        for name in free_names(wanted, _SPARE):
            if find_sidecar(document, folder / name) is not None:
                return name
            if not _is_taken(folder / name):
                return None
        raise AssertionError("names do not run out")


def _is_taken(target: Path) -> bool:
    """Whether the file, its sidecar, a hidden one or a report stands there."""
    return any(os.path.lexists(path) for path in (*sidecar_paths(target), target, f"{target}{REPORT}"))
