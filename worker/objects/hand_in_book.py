"""Which document comes under which key, for the desks of all machines: `handed-in/<owner>/<SHA-256 of the key>`.

Whoever is the first with a key creates its object, and with it the id of the one document that may ever come under it.
Whoever sends the same again, to whichever desk and after whatever crash, has it taken in under that id: the same bytes
at the same keys, onto a waiting list to which no document comes twice. So nobody has to wait for a desk that died.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from pydantic import ValidationError

from jobs.model.hand_in import Once
from worker.objects.bucket import Bucket
from worker.storage.hand_in_book import PLACE, HandedIn, HandInBook, hash_key

_FOLDER = "handed-in"


class ObjectHandInBook:
    """The records of one bucket. On one machine, whose shelf they share, desks take turns by `here`.

    Every method blocks, and raises OSError.
    """

    def __init__(self, bucket: Bucket, here: HandInBook) -> None:
        self._bucket = bucket
        self._here = here

    @contextmanager
    def holding(self, once: Once) -> Iterator[None]:
        """Keep others of this machine from handing in under the same key for the time of the block.

        Raises UnderWay when they do.
        """
        with self._here.holding(once):
            yield

    def read(self, once: Once) -> HandedIn | None:
        """What was, or was to be, handed in under that key; None where nothing was, or it cannot be read."""
        with suppress(FileNotFoundError, ValidationError):
            return HandedIn.model_validate_json(self._bucket.read(_key(once)))
        return None

    def reserve(self, once: Once, record: HandedIn) -> HandedIn:
        """Note what is about to be ours; gives what stands there now: somebody may have been faster."""
        content = record.model_dump_json().encode()
        try:
            self._bucket.create(_key(once), content)
        except FileExistsError:
            if earlier := self.read(once):
                return earlier
            # Damaged, or forgotten a moment ago.
            self._bucket.write(_key(once), content)
        return record

    def note_taken(self, once: Once, record: HandedIn) -> None:
        """Note that it is ours."""
        self._bucket.write(_key(once), record.model_copy(update={"is_taken": True}).model_dump_json().encode())

    def forget(self, once: Once) -> None:
        """Forget one key, under which nothing will be sent again. Raises UnderWay."""
        with self._here.holding(once):
            self._bucket.remove(_key(once))
        self._here.forget(once)

    def drop(self, now: datetime, life: timedelta) -> int:
        """Remove what is older than `life`, but for keys of places; gives how many records were."""
        self._here.drop(now, life)
        listed = (each for each in self._bucket.list(_FOLDER) if not each.key.startswith(f"{_FOLDER}/{PLACE}"))
        over = [each.key for each in listed if now - each.changed_at > life]
        if over:
            self._bucket.remove(*over)
        return len(over)


def _key(once: Once) -> str:
    return f"{_FOLDER}/{once.owner}/{hash_key(once)}"
