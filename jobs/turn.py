"""What a batch waits for, and whose turn it is: one person to release it, another one to approve it. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from jobs.approve import find_obstacle
from jobs.model.documents import Route
from jobs.model.freeze import Freeze
from jobs.model.history import History
from jobs.model.names import PersonalCode
from jobs.model.roles import Action, actions_of
from jobs.model.text import Text
from jobs.prompts import next_action


@dataclass(frozen=True, slots=True)
class Turn:
    """What the batch waits for, None for nobody; `obstacle` says why this person cannot do it, None where they can."""

    action: Action | None
    obstacle: Text | None

    @classmethod
    def of(cls, person: PersonalCode, history: History, route: Route, *, now: datetime, freeze: Freeze | None) -> Self:
        """Look at the batch for this person."""
        action = next_action(history, route)
        if action is not Action.RELEASE:
            obstacle = find_obstacle(person, history, route, now=now, freeze=freeze)
            return cls(action, None if action is None else obstacle)
        if Action.RELEASE not in actions_of(person, route):
            why = Text("Somebody who releases in route {route} has to look at it first.", route=route.name)
            return cls(action, why)
        return cls(action, None if freeze is None else freeze.sentence)

    @property
    def may_approve(self) -> bool:
        """Whether this very person can approve it now."""
        return self.action is Action.APPROVE and self.obstacle is None

    @property
    def may_release(self) -> bool:
        """Whether this very person can release it now."""
        return self.action is Action.RELEASE and self.obstacle is None
