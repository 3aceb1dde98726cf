"""What stands still and can be seen without trying: nobody works, no space is left, a seal is of no use."""

import os
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from config.settings import Settings
from jobs.model.seals import Seal
from jobs.model.standstill import Cause, Foundation, Standstill
from tests.sandbox.practice import an_invoice
from tests.support.builders import INVOICES, NOON, a_seal
from tests.support.installation import an_installation, hand_in
from worker.app.on_disk import OnDisk
from worker.app.seal_warnings import warn_of_ends
from worker.app.standing import find_standstills
from worker.clock import utc_now


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return an_installation(tmp_path)


async def seen(settings: Settings) -> dict[str, Cause]:
    return {each.subject: each.cause for each in await find_standstills(settings, OnDisk.of(settings))}


def ending(days: float) -> Seal:
    return a_seal().model_copy(update={"expires_at": utc_now() + timedelta(days=days)})


async def test_that_nobody_works_is_seen_until_somebody_does(settings: Settings) -> None:
    assert await seen(settings) == {Foundation.WORKER: Cause.NO_WORKER}
    async with OnDisk.of(settings).presence.announced():
        assert await seen(settings) == {}


async def test_documents_that_wait_for_a_seal_nobody_enrolled_hold_their_route_up(settings: Settings) -> None:
    disk = OnDisk.of(settings)
    async with disk.presence.announced():
        await hand_in(settings, an_invoice(1))
        assert await seen(settings) == {INVOICES: Cause.SEAL_NOT_ENROLLED}
        await disk.seals.save(ending(days=100))
        assert await seen(settings) == {}


async def test_a_seal_that_has_ended_holds_its_route_up_before_anything_was_tried(settings: Settings) -> None:
    disk = OnDisk.of(settings)
    async with disk.presence.announced():
        await disk.seals.save(ending(days=-1))
        assert await seen(settings) == {INVOICES: Cause.SEAL_EXPIRED}


async def test_what_is_over_or_of_no_route_any_more_is_not_told(settings: Settings) -> None:
    disk = OnDisk.of(settings)
    async with disk.presence.announced():
        for subject in ("invoices-000001", "forgotten"):
            await disk.standstills.record(Standstill(subject=subject, cause=Cause.VENDOR_AWAY, since=NOON))
        old = Standstill(subject=Foundation.REDIS, cause=Cause.REDIS_AWAY, since=NOON, next_try=NOON)
        await disk.standstills.record(old)
        assert await seen(settings) == {}


@pytest.mark.skipif(os.getuid() != 0, reason="only root may mount a file system")
async def test_a_full_disk_is_seen_although_nothing_can_be_noted_on_it(settings: Settings) -> None:
    data = settings.folders.data
    data.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", data], capture_output=True, check=False)  # noqa: ASYNC221
    if mounted.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.decode()}")
    try:
        disk = OnDisk.of(settings)
        async with disk.presence.announced():
            assert await seen(settings) == {}
            with pytest.raises(OSError, match="No space"):
                (data / "filler").write_bytes(bytes(4 << 20))
            assert await seen(settings) == {Foundation.DATA: Cause.DISK_FULL}
    finally:
        subprocess.run(["umount", data], check=True)  # noqa: ASYNC221


def test_the_log_warns_of_a_seal_that_ends_within_a_month() -> None:
    with capture_logs() as log:
        warn_of_ends([ending(days=31), ending(days=29.5), ending(days=-1)], utc_now())
    assert [(line["event"], line["days"]) for line in log] == [("seal ends soon", 29), ("seal has ended", 0)]
