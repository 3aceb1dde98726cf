"""Lists of a moment ago, for all that only look: storages charge for each list, and several loops of a process look.

Whatever this process changes below a folder makes its list stale at once; what others change shows when its life is
over. Nothing is decided by such a list: who decides lists anew.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from worker.objects.bucket import Listed

LIFE = 2.0
"""Seconds for which a list is believed: as long as it is between two sweeps."""


@dataclass(slots=True)
class _Look:
    """One list, asked for at that time by a stopwatch; None until it is there."""

    began: float
    listed: "Sequence[Listed] | None" = None


class RecentLists:
    """The newest lists of one bucket. Threads may share it; `clock` gives monotonic seconds."""

    def __init__(
        self, list_folder: "Callable[[str], Iterable[Listed]]", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._list_folder = list_folder
        self._clock = clock
        self._looks: dict[str, _Look] = {}

    def find(self, folder: str, life: float = LIFE) -> "Sequence[Listed]":
        """All objects below the folder, as they were at most so many seconds ago. Raises OSError."""
        look = self._looks.get(folder)
        if look is None or look.listed is None or self._clock() - look.began >= life:
            return self.renew(folder)
        return look.listed

    def renew(self, folder: str) -> "Sequence[Listed]":
        """The same as they are now. Raises OSError."""
        # Known from its beginning: what is changed while it is under way makes it stale, too.
        look = self._looks[folder] = _Look(self._clock())
        look.listed = listed = tuple(self._list_folder(folder))
        return listed

    def forget(self, keys: Iterable[str]) -> None:
        """Believe no list any more in which one of these objects would stand."""
        keys = tuple(keys)
        for folder in tuple(self._looks):
            if any(key.startswith(f"{folder}/") for key in keys):
                self._looks.pop(folder, None)
