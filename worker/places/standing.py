"""Whether one folder elsewhere can be used, noted where everything that stands still is."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog

from jobs.model.standstill import Cause, Standstill
from jobs.ports import Standstills
from worker.error_text import error_text
from worker.storage.names import escape_controls

log = structlog.get_logger()

_SHOWN = 200
"""Characters of a name that are shown."""
_LOOKED = timedelta(minutes=1)


class PlaceStanding:
    """Notes how it was met last, under that subject."""

    def __init__(self, subject: str, standstills: Standstills, now: Callable[[], datetime]) -> None:
        self._subject = subject
        self._standstills = standstills
        self._now = now
        # A process before this one may have left a note.
        self._is_away = True

    async def note_away(self, error: Exception, again_in: float) -> None:
        """It could not be used, and is tried again in so many seconds."""
        self._is_away = True
        log.warning("folder elsewhere cannot be used", place=self._subject, error=error_text(error), again_in=again_in)
        now = self._now()
        standstill = Standstill(
            subject=self._subject,
            cause=Cause.PLACE_AWAY,
            detail=error_text(error),
            since=now,
            next_try=now + timedelta(seconds=again_in),
        )
        await self._standstills.record(standstill)

    async def note_used(self, left: Mapping[str, str] | None = None) -> None:
        """It works; what is left there cannot become a document, each for its reason."""
        if left:
            self._is_away = True
            path, why = next(iter(left.items()))
            now, more = self._now(), f", and {len(left) - 1} more" if len(left) > 1 else ""
            standstill = Standstill(
                subject=self._subject,
                cause=Cause.PLACE_LEFT,
                detail=f"{escape_controls(path)[:_SHOWN]}: {why}{more}",
                since=now,
                next_try=now + _LOOKED,
            )
            await self._standstills.record(standstill)
        elif self._is_away:
            await self._standstills.clear(self._subject)
            self._is_away = False
