"""Everybody who is told what happens, as the settings name them."""

from collections.abc import Iterator

from config.notices import NotificationSettings, Told
from config.places import OutboxPlace
from config.settings import Settings
from jobs.model.events import EventKind
from jobs.model.names import PersonalCode, RouteName
from worker.notices.target import Channel, Target


def find_targets(settings: Settings) -> Iterator[tuple[Target, Told | OutboxPlace]]:
    """Everybody who is told, each with its settings; a person's addresses one by one."""
    for name, people in settings.notifications.items():
        for number in range(1, len(people.urls) + 1):
            yield _target(Channel.NOTIFICATION, name, people, number), people
    for channel, table in ((Channel.WEBHOOK, settings.webhooks), (Channel.HOOK, settings.hooks)):
        for name, told in table.items():
            yield _target(channel, name, told), told
    if settings.queue.enabled:
        yield _target(Channel.RESULTS, "queue", settings.queue), settings.queue
    for name, outbox in settings.outboxes.items():
        routes = frozenset([outbox.route]) if outbox.route is not None else frozenset[RouteName]()
        yield Target(Channel.OUTBOX, name, routes, frozenset({EventKind.DOCUMENT_SEALED})), outbox


def _target(channel: Channel, name: str, told: Told, number: int = 1) -> Target:
    people = told.people if isinstance(told, NotificationSettings) else frozenset[PersonalCode]()
    return Target(channel, name, told.routes, told.kinds, people, number)
