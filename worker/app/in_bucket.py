"""The same as `on_disk` where machines share a bucket: what they share is there, and each has its own shelf."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from socket import gethostname
from tempfile import TemporaryDirectory

from config.agreement import settings_in_common
from config.sections import Order
from config.settings import Settings
from jobs.model.duplicates import Duplicates
from jobs.model.errors import LostKey
from jobs.model.history import History
from worker.app.on_disk import OnDisk, write_probe
from worker.clock import utc_now
from worker.objects.adoption import Adoption
from worker.objects.agreement import ObjectAgreement
from worker.objects.api_keys import ObjectKeys
from worker.objects.archives import ArchiveObjects, keeping_archives
from worker.objects.bucket import Bucket
from worker.objects.checkpoints import ObjectCheckpoints, keeping_checkpoints
from worker.objects.conditions import require_conditions, require_writing
from worker.objects.copies import LocalCopies
from worker.objects.duplicates import ObjectDuplicates
from worker.objects.ended_sessions import ObjectEndedSessions
from worker.objects.failures import StorageAway
from worker.objects.firsts import forget_noted
from worker.objects.freezes import ObjectFreezes
from worker.objects.hand_in_book import ObjectHandInBook
from worker.objects.kept_files import KeptObjects
from worker.objects.keys import obtain_shared_key
from worker.objects.leases import ObjectLeases
from worker.objects.ledger import ObjectLedger
from worker.objects.mirror import LedgerMirror, require_no_other_ledger
from worker.objects.notices import ObjectNotices
from worker.objects.opening import open_bucket
from worker.objects.originals import ObjectOriginals
from worker.objects.outbox import ObjectOutbox
from worker.objects.outbox_files import OutboxObjects
from worker.objects.people import ObjectPeople
from worker.objects.presence import ObjectPresence
from worker.objects.quarantine import ObjectQuarantine
from worker.objects.reach import BucketReach
from worker.objects.remains import ObjectRemains
from worker.objects.seals import ObjectSeals
from worker.objects.settled import SettledObjects
from worker.objects.shelf import ObjectShelf
from worker.objects.standstills import ObjectStandstills
from worker.objects.untaken import ObjectUntaken
from worker.objects.vendor_limits import ObjectLimits
from worker.storage.agreement import VERSION
from worker.storage.api_keys import KeyBook
from worker.storage.durable import make_folder
from worker.storage.hand_in_book import HandInBook
from worker.storage.index.batch_index import BatchIndex
from worker.storage.layout import Layout
from worker.storage.ledger_key import CHECKPOINTS
from worker.storage.reach import TellDone
from worker.storage.threads import in_thread

_FRESH = 10.0
"""Seconds for which whoever archives need not list archives again: nobody else adds any meanwhile."""


def bucket_of(settings: Settings) -> Bucket:
    """The bucket of the settings; nothing is asked of it yet."""
    storage = settings.storage
    return open_bucket(
        storage.bucket, storage.prefix, endpoint=storage.endpoint, region=storage.region, keys=storage.keys
    )


@contextmanager
def fetched_ledger(settings: Settings, tell: TellDone) -> Iterator[Path]:
    """A copy of the whole ledger as it is now, in a folder that is gone after the block; `tell` hears how far that is.

    Checkpoints that this machine has already are its own: whoever changes the bucket alone is found by them. Blocks;
    raises OSError, and LostKey.
    """
    with TemporaryDirectory(prefix="zimogs-ledger-") as folder:
        ledger, checkpoints = Path(folder, "ledger"), make_folder(Path(folder, CHECKPOINTS))
        for path in (settings.folders.data / CHECKPOINTS).glob("zimogs-checkpoint-*"):
            shutil.copy(path, checkpoints)
        LedgerMirror(bucket_of(settings), ledger).copy(tell)
        yield ledger


def stored_in_bucket(settings: Settings, observe: Callable[[History], None]) -> OnDisk:
    """Put it together; nothing is read or created yet."""
    bucket, house, data = bucket_of(settings), settings.house, settings.folders.data
    layout = Layout(data)
    shelf = ObjectShelf(bucket, layout, keep_originals=settings.inbox.keep_originals)
    mirror, leases = LedgerMirror(bucket, data / "ledger"), ObjectLeases(bucket)
    copies = LocalCopies(bucket, layout, settings.folders.outbox)
    adoption, index = Adoption(bucket, shelf.documents, layout), BatchIndex(data, house.zone)
    return OnDisk(
        layout=layout,
        ledger=ObjectLedger(bucket, observe),
        leases=leases,
        index=index,
        checkpoints=ObjectCheckpoints(bucket, data / CHECKPOINTS),
        keeping_checkpoints=partial(keeping_checkpoints, leases),
        hold_place=lambda mark: leases.hold_turn(f"places/{mark}"),
        settled=SettledObjects(bucket),
        archives=ArchiveObjects(bucket, fresh=_FRESH),
        kept_files=KeptObjects(bucket),
        keeping_archives=partial(keeping_archives, leases),
        shelf=shelf,
        originals=ObjectOriginals(shelf.documents, layout),
        outbox=ObjectOutbox(
            bucket,
            layout,
            is_sealed_first=settings.outbox.order is Order.SEALED_FIRST,
            name_approver=settings.outbox.name_approver,
        ),
        duplicates=ObjectDuplicates(bucket, shelf, index),
        outbox_files=OutboxObjects(bucket),
        quarantine=ObjectQuarantine(bucket, layout, now=utc_now, language=house.language, zone=house.zone),
        remains=ObjectRemains(bucket, layout),
        seals=ObjectSeals(bucket),
        untaken=ObjectUntaken(bucket),
        standstills=ObjectStandstills(bucket),
        freezes=ObjectFreezes(bucket),
        limits=ObjectLimits(bucket, settings.eparaksts.platform_url),
        keys=KeyBook(ObjectKeys(bucket)),
        hand_ins=ObjectHandInBook(bucket, HandInBook(data)),
        notices=ObjectNotices(bucket),
        presence=ObjectPresence(bucket),
        agreement=ObjectAgreement(bucket, gethostname(), partial(_find_common, settings)),
        people=ObjectPeople(bucket),
        ended_sessions=ObjectEndedSessions(bucket, settings.desk.session_life),
        reach=BucketReach(bucket, shelf.documents, layout, copies, mirror=mirror, adoption=adoption),
        obtain_key=partial(obtain_shared_key, bucket),
        begin=partial(_begin, bucket, layout, settings),
        check=partial(_check, bucket, data),
        silence=partial(StorageAway, "it does not answer"),
    )


def _find_common(settings: Settings) -> Mapping[str, str]:
    anchors = sorted(sha256(path.read_bytes()).hexdigest() for path in settings.trust.anchors)
    return {**settings_in_common(settings), "trust.anchors": ", ".join(anchors), VERSION: version("zimogs")}


def _begin(bucket: Bucket, layout: Layout, settings: Settings) -> None:
    require_conditions(bucket)
    try:
        require_no_other_ledger(bucket, layout.root / "ledger")
    except LostKey as error:
        # Whoever starts, and the doctor, tell what is wrong with the storage.
        raise StorageAway(str(error)) from None
    forget_noted(bucket, [name for name, route in settings.routes.items() if route.duplicates is Duplicates.SEAL])
    # On a machine that takes nothing in, sealed files come onto the shelf all the same.
    make_folder(layout.shelf)


@in_thread
def _check(bucket: Bucket, folder: Path) -> None:
    # Its conditions were tried at the start.
    require_writing(bucket)
    write_probe(folder)
