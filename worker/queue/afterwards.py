"""Rings that wait until the lease of the batch is given back: heard before, they would find it taken, and be lost."""

from jobs.ports import Doorbell, Story


class Afterwards:
    """Implements `jobs.ports.Doorbell` for the time of one story."""

    def __init__(self, doorbell: Doorbell) -> None:
        self._doorbell = doorbell
        self._rings: list[tuple[Story, str]] = []

    async def ring(self, story: Story, subject: str) -> None:
        """Keep it until the story's end."""
        self._rings.append((story, subject))

    async def ring_all(self) -> None:
        """Ring for everything that was kept, in its order."""
        for story, subject in self._rings:
            await self._doorbell.ring(story, subject)
