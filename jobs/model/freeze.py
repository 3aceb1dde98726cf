"""Somebody froze sealing: while that holds nobody is asked, no consent is used, and nothing is signed."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import AwareDatetime, StringConstraints

from jobs.model.frozen import Frozen
from jobs.model.names import APerson, ARoute, RouteName
from jobs.model.text import Text

ASentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class Freeze(Frozen):
    """Sealing stands still from `at` on, in one route or, where that is None, in all; what is signed goes to its end.

    `by` is who did it, as people call them; `person` is their code where they were signed in on the desk.
    """

    route: ARoute | None = None
    at: AwareDatetime
    by: ASentence
    person: APerson | None = None
    reason: ASentence

    def holds(self, route: RouteName) -> bool:
        """Say whether nothing is signed in that route."""
        return self.route is None or self.route == route

    @property
    def sentence(self) -> Text:
        """Who froze what, and why."""
        if self.route is None:
            return Text("{by} froze all sealing: {reason}", by=self.by, reason=self.reason)
        return Text("{by} froze sealing in route {route}: {reason}", by=self.by, route=self.route, reason=self.reason)


class LiftedFreeze(Frozen):
    """A freeze that is over: who lifted it, when; kept for whoever asks later."""

    freeze: Freeze
    at: AwareDatetime
    by: ASentence
    person: APerson | None = None


def select_freeze(freezes: Iterable[Freeze], route: RouteName) -> Freeze | None:
    """What holds the route: a freeze of everything first; None where nothing does."""
    holding = sorted((each for each in freezes if each.holds(route)), key=lambda each: each.route is not None)
    return holding[0] if holding else None
