"""The number of each route's newest batch, found without listing all the others: there are months of those.

    ledger/.latest/<route>    the number, noted when the batch is opened, and not waited for

It is a hint. Where neither a folder nor an archive bears it out, all folders are listed; and where an archive cannot be
read or is not there, the checkpoints are asked: nothing is archived that none of them covers. So no number is given
twice.
"""

from contextlib import suppress
from pathlib import Path

from jobs.model.errors import BrokenArchive
from jobs.model.names import RouteName, batch_id, batch_number, batch_route
from worker.storage.archives.catalogue import Archives
from worker.storage.chains import find_latest, is_used
from worker.storage.checkpoints import Checkpoints
from worker.storage.ledger_key import CHECKPOINTS, open_secret

_HINTS = ".latest"


class NewestBatches:
    """What one process knows of the newest batches of a ledger. Every method blocks."""

    def __init__(self, ledger: Path, archives: Archives) -> None:
        self._ledger = ledger
        self._archives = archives
        self._known: dict[RouteName, int] = {}
        self._covered: dict[RouteName, int] | None = None

    def find(self, route: RouteName) -> int:
        """The number of the route's newest batch, 0 before the first. Raises BrokenCheckpoint, and OSError."""
        number = self._known.get(route)
        if number is None:
            number = self._look(route)
        while self._is_used(route, number + 1):
            number += 1
        self._known[route] = number
        return number

    def note(self, route: RouteName, number: int) -> None:
        """Note that this one was opened. What goes wrong with it costs a list of all folders."""
        with suppress(OSError):
            (self._ledger / _HINTS).mkdir(mode=0o700, exist_ok=True)
            (self._ledger / _HINTS / route).write_text(str(number), encoding="ascii")

    def learn_archived(self, route: RouteName) -> None:
        """Have numbers go on behind those that archives hold: others have given them, long ago."""
        self._known[route] = max(self._known.get(route, 0), self.find_archived(route))

    def find_archived(self, route: RouteName) -> int:
        """The highest number of the route in any archive, 0 where there is none. Raises as `find`."""
        try:
            return self._archives.latest(route)
        except BrokenArchive:
            return self._find_covered(route)

    def _look(self, route: RouteName) -> int:
        hint, archived = self._read_hint(route), self.find_archived(route)
        if hint and self._is_used(route, hint):
            return max(hint, archived)
        number = max(find_latest(self._ledger, route), archived)
        if number < hint:
            number = max(number, self._find_covered(route))
        if number:
            self.note(route, number)
        return number

    def _is_used(self, route: RouteName, number: int) -> bool:
        return is_used(self._ledger, batch_id(route, number))

    def _read_hint(self, route: RouteName) -> int:
        try:
            return int((self._ledger / _HINTS / route).read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0

    def _find_covered(self, route: RouteName) -> int:
        """The highest number of which the checkpoints know. Raises BrokenCheckpoint, and OSError."""
        if self._covered is None:
            covered: dict[RouteName, int] = {}
            for batch in Checkpoints(self._ledger.parent / CHECKPOINTS).extent(open_secret(self._ledger)).heads:
                covered[batch_route(batch)] = max(batch_number(batch), covered.get(batch_route(batch), 0))
            self._covered = covered
        return self._covered.get(route, 0)
