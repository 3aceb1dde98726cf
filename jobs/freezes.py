"""Where stories and pages learn that somebody froze sealing, and where that is kept."""

from datetime import datetime
from typing import Protocol

from jobs.model.freeze import Freeze, LiftedFreeze
from jobs.model.names import PersonalCode, RouteName


class Freezes(Protocol):
    """Where somebody froze sealing. What cannot be read counts as frozen."""

    async def begin(self, freeze: Freeze) -> None:
        """Freeze its route, or everything; an earlier freeze of the same is replaced."""
        ...

    async def lift(
        self, route: RouteName | None, *, at: datetime, by: str, person: PersonalCode | None = None
    ) -> LiftedFreeze | None:
        """End the freeze of the route, or of everything, and keep who did; None where there was none."""
        ...

    async def find(self, route: RouteName) -> Freeze | None:
        """What holds the route at this moment; None where nothing does."""
        ...

    async def all(self) -> tuple[Freeze, ...]:
        """Every freeze, that of everything first, then by route."""
        ...

    async def past(self) -> tuple[LiftedFreeze, ...]:
        """Every freeze that was lifted, in the order of that."""
        ...
