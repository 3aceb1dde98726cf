"""What keeps the ledger's checkpoints, as the settings describe it."""

from functools import partial

from config.settings import Settings
from jobs.model.way_in import WayIn
from worker.app.on_disk import OnDisk
from worker.clock import utc_now
from worker.evidence.keeper import CheckpointKeeper
from worker.inbox.intake import Intake


def keeper_of(settings: Settings, disk: OnDisk, intake: Intake) -> CheckpointKeeper:
    """Put it together; checkpoints are handed in by this way to the route that seals them, where one is named."""
    route, ledger = settings.audit.checkpoint_route, settings.folders.data / "ledger"
    submit = None if route is None else partial(intake.accept_copy, route=route, way_in=WayIn.LEDGER)
    return CheckpointKeeper(
        ledger,
        now=utc_now,
        submit=submit,
        copy_to=settings.audit.copy_to,
        checkpoints=disk.checkpoints,
        bring=disk.reach.bring_ledger,
        turn=disk.keeping_checkpoints,
    )
