"""Browser dialogs in memory, by a clock that the test moves."""

from collections.abc import Callable
from datetime import datetime
from itertools import count

from worker.desk.dialogs import DIALOG_LIFE, Dialog


class MemoryDialogs:
    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._numbers = count(1)
        self._kept: dict[str, tuple[datetime, Dialog]] = {}

    async def begin(self, dialog: Dialog) -> str:
        state = f"state-{next(self._numbers)}"
        self._kept[state] = (self._now() + DIALOG_LIFE, dialog)
        return state

    async def take(self, state: str) -> Dialog | None:
        until, dialog = self._kept.pop(state, (self._now(), None))
        return dialog if self._now() < until else None
