"""Folders elsewhere, put together."""

import asyncio
import socket
from datetime import timedelta
from functools import partial
from hashlib import sha256

from config.places import OutboxPlace, PlaceSettings
from config.sections import Order
from config.settings import Settings
from jobs.model.names import RouteName
from jobs.model.standstill import PLACE_IN, PLACE_OUT
from worker.app.on_disk import OnDisk
from worker.clock import utc_now
from worker.inbox.handing_in import HandingIn
from worker.inbox.sidecars import SidecarRule
from worker.places.bucket_place import BucketPlace
from worker.places.delivering import Delivering
from worker.places.looking import RouteFolder
from worker.places.place import Place
from worker.places.sftp_connection import SftpServer
from worker.places.sftp_place import SftpPlace
from worker.places.standing import PlaceStanding
from worker.places.taking import Taking
from worker.places.watch import take_for_ever
from worker.storage.hand_in_book import PLACE

_SILENCE = timedelta(minutes=2)
"""For which a bucket elsewhere may be silent, or be sent to: by whatever line, and nothing else waits for it."""


def place_of(settings: PlaceSettings, writer: str = "") -> Place:
    """The folder that those settings name, to be written to as `writer`; nobody is asked yet."""
    if settings.is_bucket:
        from worker.objects.opening import open_bucket  # noqa: PLC0415  only who has a bucket loads it

        storage = settings.storage
        bucket = open_bucket(
            storage.bucket,
            storage.prefix,
            endpoint=storage.endpoint,
            region=storage.region,
            keys=storage.keys,
            silence=_SILENCE,
        )
        return BucketPlace(bucket)
    host, port, user, folder = settings.server
    return SftpPlace(
        SftpServer(
            host,
            port,
            user,
            folder,
            password=None if settings.password is None else settings.password.get_secret_value(),
            key_file=settings.key_file,
            host_keys=settings.host_keys,
            known_hosts=settings.known_hosts,
        ),
        writer,
    )


def folder_of(settings: PlaceSettings, route: RouteName) -> str:
    """Where a route's files stand in the place."""
    return "" if settings.route is not None else route


async def take_from_places(settings: Settings, disk: OnDisk, handing_in: HandingIn) -> None:
    """Take from every inbox elsewhere, until cancelled. Raises what is neither a place's nor the disk's fault."""
    async with asyncio.TaskGroup() as group:
        for name, inbox in settings.inboxes.items():
            routes = {inbox.route: settings.routes[inbox.route]} if inbox.route is not None else settings.routes
            folders = [
                RouteFolder(
                    route, folder_of(inbox, route), rules.format, SidecarRule(rules.metadata, rules.metadata_wait)
                )
                for route, rules in routes.items()
            ]
            mark = name
            if settings.storage.is_in_bucket:
                # Each machine has settings of its own: what one calls otherwise is the same place all the same.
                mark = _mark(inbox.address)
            taking = Taking(
                name,
                f"{PLACE}{mark}",
                place_of(inbox),
                folders,
                handing_in,
                most=settings.inbox.max_bytes,
                settle=inbox.settle,
                moves=inbox.after == "move",
            )
            standing = PlaceStanding(f"{PLACE_IN}{name}", disk.standstills, utc_now)
            group.create_task(take_for_ever(taking, standing, partial(disk.hold_place, mark), inbox.rescan))


def delivering_to(name: str, outbox: OutboxPlace, settings: Settings, disk: OnDisk) -> tuple[Place, Delivering]:
    """What delivers into an outbox elsewhere, and its place, which has to be closed."""
    machine = f"{socket.gethostname()} {settings.folders.data}" if settings.storage.is_in_bucket else ""
    place = place_of(outbox, machine and _mark(machine))
    return place, Delivering(
        place,
        disk.reach.bringing_delivered,
        partial(folder_of, outbox),
        PlaceStanding(f"{PLACE_OUT}{name}", disk.standstills, utc_now),
        is_sealed_first=settings.outbox.order is Order.SEALED_FIRST,
    )


def _mark(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]
