"""Telling others what happens, as the settings describe it."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial

from config.notices import HookSettings, NotificationSettings, Told, WebhookSettings
from config.places import OutboxPlace
from config.queue import QueueSettings
from config.settings import Settings
from jobs.events import is_current
from jobs.model.errors import BrokenLedger, UnknownBatch
from jobs.model.events import Event
from jobs.ports import Ledger
from worker.app.on_disk import OnDisk
from worker.app.places import delivering_to
from worker.app.targets import find_targets
from worker.clock import utc_now
from worker.notices.asked import AskedPeople
from worker.notices.courier import CountTelling, Courier
from worker.notices.failures import Unreachable
from worker.notices.feed import Feed
from worker.notices.hooks import Hook
from worker.notices.notifier import Notifier
from worker.notices.people import PeopleAddress
from worker.notices.sources import EventSources
from worker.notices.target import Target
from worker.notices.teller import Messenger, tell_for_ever
from worker.notices.webhooks import opened_webhook
from worker.storage.notice_ports import EventBox
from worker.streams.connecting import opened_redis
from worker.streams.results import ResultsAway, ResultStream

LOOK = timedelta(seconds=2)


async def tell_others(
    settings: Settings, disk: OnDisk, count: CountTelling, every: timedelta = LOOK, *, redis_url: str
) -> None:
    """Find out what happened and tell it, until cancelled; results by the Redis at that URL. Raises OSError.

    Where nobody is to be told nothing is looked at: another machine may tell, also one that is away just now.
    """
    notices = disk.notices
    targets = list(find_targets(settings))
    if not targets:
        await asyncio.Event().wait()
    boxes = {target: notices.box(target.folder) for target, _ in targets}
    routes = settings.routes_by_name
    asked = AskedPeople(disk.ledger, routes, disk.freezes, utc_now)
    ledger = settings.folders.data / "ledger"
    sources = EventSources(
        disk.ledger, ledger, disk.quarantine, partial(disk.seals.all, may_lag=True), utc_now, asked.find, disk.freezes
    )
    feed = Feed(sources, routes, notices.position, boxes)
    async with AsyncExitStack() as stack:
        messengers: list[Messenger] = [
            await stack.enter_async_context(
                _messenger(target, told, boxes[target], settings=settings, disk=disk, count=count, redis_url=redis_url)
            )
            for target, told in targets
        ]
        await tell_for_ever(feed, messengers, notices, every)


@asynccontextmanager
async def _messenger(
    target: Target,
    told: Told | OutboxPlace,
    box: EventBox,
    *,
    settings: Settings,
    disk: OnDisk,
    count: CountTelling,
    redis_url: str,
) -> AsyncIterator[Messenger]:
    match told:
        case WebhookSettings():
            mark = hashlib.sha256(told.url.get_secret_value().encode()).hexdigest()
            async with opened_webhook(told, utc_now) as webhook:
                yield Courier(target, box, webhook.send, now=utc_now, count=count, mark=mark)
        case OutboxPlace():
            place, delivering = delivering_to(target.name, told, settings, disk)
            try:
                yield Courier(target, box, delivering.send, now=utc_now, count=count, gives_up=False)
            finally:
                await place.close()
        case HookSettings():
            yield Courier(target, box, Hook(target.name, told).send, now=utc_now, count=count)
        case QueueSettings():
            async with opened_redis(redis_url) as redis:
                results = ResultStream(redis, told.max_results)
                yield Courier(target, box, partial(_send, results), now=utc_now, count=count)
        case NotificationSettings():
            yield Notifier(
                target,
                box,
                PeopleAddress(told.urls[target.number - 1], told.language or settings.house.language).send,
                settings=told,
                desk=settings.desk.public_url,
                is_true=partial(_is_true, disk.ledger),
                now=utc_now,
                count=count,
                zone=settings.house.working_zone,
            )


async def _send(results: ResultStream, event: Event) -> None:
    try:
        await results.send(event)
    except ResultsAway as error:
        raise Unreachable(str(error)) from None


async def _is_true(ledger: Ledger, event: Event) -> bool:
    if event.batch is None:
        return True
    try:
        return is_current(event, await ledger.read(event.batch))
    except UnknownBatch:
        return False
    except BrokenLedger:
        # Nobody knows: told in vain is better than not told.
        return True
