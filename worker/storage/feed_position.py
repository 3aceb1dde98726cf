"""How far others were told of what the data folder holds: what came since is an event.

    notices/feed.json          how far each batch was told, and what else was
    notices/quarantined.json   which refused originals are known

Both are written behind the notices that they let be forgotten: whoever dies in between finds the same events again.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

from pydantic import Field, TypeAdapter, ValidationError

from jobs.model.frozen import Frozen
from jobs.model.names import ABatch, ADocument, ARoute, DocumentId
from worker.storage.durable import make_folder, read_file, write_over

_KEPT = timedelta(days=30)
_DOCUMENTS = TypeAdapter(frozenset[ADocument])


class FeedPosition(Frozen):
    """Up to which number each route's batches are known, and of those that are not over how many records were told.

    So it grows with what is under way, and not with what was. `told` are ids of other events that may be found again.
    `looked_on` is the day (UTC) of the last look; None where an older zimogs wrote it.
    """

    latest: Mapping[ARoute, int] = Field(default_factory=dict)
    followed: Mapping[ABatch, int] = Field(default_factory=dict)
    told: frozenset[str] = frozenset()
    looked_on: date | None = None

    def is_outdated(self, today: date) -> bool:
        """Whether nobody has looked for so long that whoever does now is told of nothing that was before.

        An outage of all that tell is shorter. Where nobody was named for months, nobody is flooded with them.
        """
        return self.looked_on is not None and today - self.looked_on > _KEPT


class FeedBook:
    """The position on disk. Every method blocks, and raises OSError."""

    def __init__(self, folder: Path) -> None:
        self._position = folder / "feed.json"
        self._quarantined = folder / "quarantined.json"

    def read(self) -> FeedPosition | None:
        """The position; None where nobody was told anything yet."""
        with suppress(FileNotFoundError, ValidationError):
            return FeedPosition.model_validate_json(read_file(self._position))
        return None

    def write(self, position: FeedPosition) -> None:
        """Go on to there."""
        make_folder(self._position.parent)
        write_over(self._position, position.model_dump_json().encode())

    def read_quarantined(self) -> frozenset[DocumentId] | None:
        """Which refused originals are known; None where nobody was told anything yet."""
        with suppress(FileNotFoundError, ValidationError):
            return _DOCUMENTS.validate_json(read_file(self._quarantined))
        return None

    def write_quarantined(self, known: Collection[DocumentId]) -> None:
        """Know these."""
        make_folder(self._quarantined.parent)
        write_over(self._quarantined, _DOCUMENTS.dump_json(frozenset(known)))
