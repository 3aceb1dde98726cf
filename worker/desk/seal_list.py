"""The seals that a person's routes use, and how long each can still be used. Pure."""

from dataclasses import dataclass
from datetime import datetime

from jobs.model.documents import Route
from jobs.model.names import RouteName
from jobs.model.seals import RENEW_WITHIN, Seal
from jobs.model.text import Text
from worker.desk.batch_status import Tone
from worker.desk.reader import Reader


@dataclass(frozen=True, slots=True)
class SealLine:
    """One seal as a route names it, the routes that use it, and what is kept of it: None until it is enrolled."""

    label: str
    routes: tuple[RouteName, ...]
    seal: Seal | None
    days: int | None
    """Whole days left of its certificate, 0 on its last; negative once it has ended, None where that is not known."""

    tone: Tone

    @classmethod
    def of(cls, routes: tuple[Route, ...], seal: Seal | None, now: datetime) -> "SealLine":
        """Of routes that use one seal."""
        end = None if seal is None else seal.expires_at
        days = None if end is None else (end - now).days
        return cls(routes[0].seal, tuple(route.name for route in routes), seal, days, _tone(seal, now))

    @property
    def asks(self) -> bool:
        """Whether somebody should do something."""
        return self.tone is not Tone.GOOD

    @property
    def words(self) -> Text:
        """How long it can still be used."""
        if self.seal is None:
            return Text("Not enrolled yet")
        if self.days is None:
            return Text("Nobody knows when its certificate ends")
        if self.days < 0:
            return Text("Its certificate has ended")
        if not self.days:
            return Text("Its certificate ends within a day")
        return Text.counted("{count} day left", "{count} days left", self.days)

    def holder(self, reader: Reader) -> str:
        """Who enrolled it; empty until somebody has."""
        if self.seal is None:
            return ""
        return Text("You") if self.seal.holder == reader.code else reader.name(self.seal.holder)


def _tone(seal: Seal | None, now: datetime) -> Tone:
    if seal is None:
        return Tone.ASKS
    if seal.has_ended(now):
        return Tone.BAD
    return Tone.ASKS if seal.ends_within(RENEW_WITHIN, now) else Tone.GOOD
