"""How far others were told of what the data folder holds: what came since is an event.

    notices/feed.json          how far each batch was told, and what else was
    notices/quarantined.json   which refused originals are known

Both are written behind the notices that they let be forgotten: whoever dies in between finds the same events again.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

from pydantic import Field, TypeAdapter, ValidationError

from jobs.model.frozen import Frozen
from jobs.model.names import ABatch, ADocument, ARoute, DocumentId
from worker.storage.durable import make_folder, read_file, write_over

_DOCUMENTS = TypeAdapter(frozenset[ADocument])


class FeedPosition(Frozen):
    """Up to which number each route's batches are known, and of those that are not over how many records were told.

    So it grows with what is under way, and not with what was. `told` are ids of other events that may be found again.
    """

    latest: Mapping[ARoute, int] = Field(default_factory=dict)
    followed: Mapping[ABatch, int] = Field(default_factory=dict)
    told: frozenset[str] = frozenset()


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

    def forget(self) -> None:
        """Begin anew: what happens while nobody is to be told is not told to whoever comes later."""
        for path in (self._position, self._quarantined):
            path.unlink(missing_ok=True)
