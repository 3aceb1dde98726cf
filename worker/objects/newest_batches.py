"""The number of each route's newest batch in the bucket: by a note, and one look at each number behind it.

latest/<route>     a number that the route's newest batch has, or an older one of its had

Where the note is gone, all batches that have objects are listed, and the newest archive is asked. So that no number is
given twice, that one is asked again before a batch is opened: others may have opened and archived it long ago.
"""

import time
from bisect import bisect_right
from collections.abc import Callable
from contextlib import suppress

from jobs.model.errors import BrokenArchive, Conflict
from jobs.model.names import BatchId, RouteName, batch_id, batch_number, batch_route
from worker.objects.bucket import Bucket
from worker.objects.chains import LATEST, OPEN, closed_mark, find_batches, open_mark, record_key
from worker.storage.archives.catalogue import Archives

_UNSEEN = 30.0
"""Seconds after which whoever only looks asks for the next number whatever marks tell."""


class NewestObjects:
    """What one process knows of the newest batches in a bucket. Every method blocks, and raises OSError."""

    def __init__(self, bucket: Bucket, archives: Archives, clock: Callable[[], float] = time.monotonic) -> None:
        self._bucket = bucket
        self._archives = archives
        self._clock = clock
        self._known: dict[RouteName, int] = {}
        self._looked_at: dict[RouteName, float] = {}

    def find(self, route: RouteName) -> int:
        """The number of the route's newest batch, 0 before the first. Raises BrokenArchive where nothing tells it."""
        number, self._looked_at[route] = self._known.get(route), self._clock()
        if number is None:
            number = self._read_note(route) or max(self._list_used(route), self._archives.latest(route))
        while self._is_used(batch_id(route, number + 1)):
            number += 1
        self._known[route] = number
        return number

    def find_lately(self, route: RouteName) -> int:
        """The same, without a request while no mark of an open batch tells of a newer one.

        What others opened and closed between two lists of those marks shows half a minute later.
        """
        number, looked_at = self._known.get(route), self._looked_at.get(route)
        if number is None or looked_at is None or self._clock() - looked_at >= _UNSEEN:
            return self.find(route)
        marks = self._bucket.recent.find(OPEN)
        behind = bisect_right(marks, open_mark(batch_id(route, number)), key=lambda each: each.key)
        is_newer = behind < len(marks) and marks[behind].key.removeprefix(f"{OPEN}/{route}-").isdecimal()
        return self.find(route) if is_newer else number

    def note(self, batch: BatchId) -> None:
        """Note that this one was opened."""
        self._bucket.write(f"{LATEST}/{batch_route(batch)}", str(batch_number(batch)).encode())

    def require_not_archived(self, batch: BatchId) -> None:
        """Raise Conflict where the batch may stand in an archive; numbers go on behind those that do. As `find`."""
        route = batch_route(batch)
        archived = self._find_archived(route)
        if batch_number(batch) <= archived:
            self._known[route] = max(archived, self._known.get(route, 0))
            raise Conflict(f"{batch} was archived long ago")

    def _find_archived(self, route: RouteName) -> int:
        """The highest number in any archive; that of the note where no archive can be read."""
        try:
            return self._archives.latest(route)
        except BrokenArchive:
            if noted := self._read_note(route):
                return noted
            raise

    def _read_note(self, route: RouteName) -> int:
        with suppress(FileNotFoundError, ValueError):
            return int(self._bucket.read(f"{LATEST}/{route}"))
        return 0

    def _list_used(self, route: RouteName) -> int:
        numbers = (batch_number(batch) for batch in find_batches(self._bucket) if batch_route(batch) == route)
        return max((number for number in numbers if self._is_used(batch_id(route, number))), default=0)

    def _is_used(self, batch: BatchId) -> bool:
        return self._bucket.has(record_key(batch, 1)) or self._bucket.has(closed_mark(batch))
