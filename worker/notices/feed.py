"""The feed: finds out what has happened since it looked last, and puts down for each target what it is to be told.

It looks at batches that are under way, at a name or two for each that did not move, and at nothing that is over. What
it finds is put down before it goes on, so that whoever dies in between finds the same events again.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date

import structlog

from jobs.model.events import Event
from jobs.model.names import ABatch, ARoute, BatchId, RouteName, batch_id, batch_number, batch_route
from worker.notices.sources import EventSources
from worker.notices.target import Target
from worker.storage.feed_position import FeedPosition
from worker.storage.notice_ports import EventBox, TellingPosition
from worker.storage.threads import in_thread

log = structlog.get_logger()


class Feed:
    """Looks, for one process at a time: who does holds the lease."""

    def __init__(
        self,
        sources: EventSources,
        routes: Collection[RouteName],
        book: TellingPosition,
        boxes: Mapping[Target, EventBox],
    ) -> None:
        self._sources = sources
        self._routes = routes
        self._book = book
        self._boxes = boxes

    async def look(self) -> None:
        """Find what is new. Raises OSError.

        The first look finds nothing, nor does the first one after months: what was before is not told to whoever comes
        later.
        """
        today = self._sources.now().astimezone(UTC).date()
        written = await asyncio.to_thread(self._book.read)
        if written is not None and written.is_outdated(today):
            # Before the position: whoever dies in between begins anew once more.
            await self._look_at_quarantine(counts_as_told=True)
            written = None
        await self._look_at_ledger(written, today)
        await self._look_at_quarantine()

    async def _look_at_ledger(self, written: FeedPosition | None, today: date) -> None:
        others = await self._sources.find_others()
        position = written or await self._begin(others)
        latest, followed = await self._follow(position)
        for batch in await self._sources.find_moved(followed):
            events, records = await self._sources.find_batch_events(batch, followed[batch])
            await self._put_down(events)
            if records is None:
                del followed[batch]
            else:
                followed[batch] = records
        await self._put_down([event for event in others if event.id not in position.told])
        # What is not to be told at this moment may be found once more, as long as its batch is under way.
        still = {one for one in position.told if one.partition(".")[0] in followed}
        told = frozenset({event.id for event in others} | still)
        reached = FeedPosition(latest=latest, followed=followed, told=told, looked_on=today)
        if reached != written:
            await asyncio.to_thread(self._book.write, reached)

    async def _begin(self, others: Sequence[Event]) -> FeedPosition:
        """Everything that there is counts as told."""
        latest: dict[ARoute, int] = {}
        for batch in await self._sources.ledger.batches():
            latest[batch_route(batch)] = max(batch_number(batch), latest.get(batch_route(batch), 0))
        under_way = await self._sources.ledger.open_batches()
        followed = await self._sources.ledger.record_counts(under_way)
        log.info("telling begins", batches=len(followed))
        return FeedPosition(latest=latest, followed=followed, told=frozenset(event.id for event in others))

    async def _follow(self, position: FeedPosition) -> tuple[dict[ARoute, int], dict[ABatch, int]]:
        """How far the batches of each route are known now, and those that are followed, with the new ones."""
        latest, followed = dict(position.latest), dict(position.followed)
        for route in self._routes:
            newest = await self._sources.ledger.latest(route, may_lag=True)
            new: list[BatchId] = [batch_id(route, number) for number in range(latest.get(route, 0) + 1, newest + 1)]
            followed |= dict.fromkeys(new, 0)
            latest[route] = max(newest, latest.get(route, 0))
        return latest, followed

    async def _look_at_quarantine(self, *, counts_as_told: bool = False) -> None:
        known = await asyncio.to_thread(self._book.read_quarantined)
        there = await self._sources.list_quarantined()
        if known is not None and not counts_as_told:
            await self._put_down(await self._sources.find_quarantined(there - known))
        if there != known:
            await asyncio.to_thread(self._book.write_quarantined, there)

    @in_thread
    def _put_down(self, events: Sequence[Event]) -> None:
        for target, box in self._boxes.items():
            box.add(event for event in events if target.wants(event))
