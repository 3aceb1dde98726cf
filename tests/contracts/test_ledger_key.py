"""The ledger's key: made once, with a checkpoint of what lay there before, and missed when it is gone."""

import os
import shutil
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jobs.model.checkpoint import Extent
from jobs.model.errors import BrokenCheckpoint, BrokenLedger
from jobs.model.names import batch_id
from tests.support.builders import INVOICES, NOON
from tests.support.lives import forge_approver, rewrite_unmarked, write_lives
from worker.storage.chains import find_heads
from worker.storage.checkpoints import Checkpoints
from worker.storage.ledger import DiskLedger
from worker.storage.ledger_key import key_path, open_chain_key, open_secret

FIRST, SECOND = batch_id(INVOICES, 1), batch_id(INVOICES, 2)


async def old_ledger(data: Path) -> Path:
    """A ledger as an older zimogs left it."""
    ledger = data / "ledger"
    await write_lives(ledger, 1)
    rewrite_unmarked(ledger, FIRST)
    key_path(ledger).unlink()
    shutil.rmtree(data / "checkpoints")
    return ledger


def knows_before_the_key(ledger: Path) -> list[bool]:
    """Whether each of the two batches was there when the key was made."""
    unmarked = open_chain_key(ledger).unmarked
    assert unmarked is not None
    return [unmarked(batch) is not None for batch in (FIRST, SECOND)]


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    open_secret(tmp_path / "ledger")
    assert stat.S_IMODE(key_path(tmp_path / "ledger").stat().st_mode) == 0o600


def test_one_that_is_there_is_read_without_writing_so_that_a_full_disk_does_not_matter(tmp_path: Path) -> None:
    key = open_secret(tmp_path / "ledger")
    os.utime(tmp_path, (0, 0))
    assert open_secret(tmp_path / "ledger") == key
    assert tmp_path.stat().st_mtime == 0


def test_of_many_that_begin_at_once_all_have_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        secrets = list(threads.map(lambda _: open_secret(tmp_path / "ledger"), range(8)))
    assert len(set(secrets)) == 1


async def test_the_ledger_of_an_older_zimogs_is_read_and_goes_on(tmp_path: Path) -> None:
    ledger = await old_ledger(tmp_path)
    assert (await DiskLedger(ledger).read(FIRST)).batch == FIRST
    await write_lives(ledger, 1, begin=2)
    assert knows_before_the_key(ledger) == [True, False]


async def test_what_an_older_zimogs_left_cannot_be_changed_since(tmp_path: Path) -> None:
    ledger = await old_ledger(tmp_path)
    await DiskLedger(ledger).read(FIRST)
    rewrite_unmarked(ledger, FIRST, forge_approver)
    with pytest.raises(BrokenLedger, match="another one than when the ledger's key was made"):
        await DiskLedger(ledger).read(FIRST)


async def test_nothing_that_came_since_can_be_written_as_an_older_zimogs_did(tmp_path: Path) -> None:
    ledger = await old_ledger(tmp_path)
    await write_lives(ledger, 1, begin=2)
    rewrite_unmarked(ledger, SECOND)
    with pytest.raises(BrokenLedger, match="carries no MAC"):
        await DiskLedger(ledger).read(SECOND)


@pytest.mark.parametrize("lost", ["ledger.key", "checkpoints/zimogs-checkpoint-000000.json"])
async def test_a_key_that_was_lost_is_not_made_anew(lost: str, tmp_path: Path) -> None:
    await write_lives(tmp_path / "ledger", 1)
    (tmp_path / lost).unlink()
    with pytest.raises(BrokenLedger, match=rf"{lost} is missing.* Restore it from the backup"):
        await DiskLedger(tmp_path / "ledger").read(FIRST)


async def test_what_was_there_before_the_key_cannot_be_made_up(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    await write_lives(ledger, 1)
    rewrite_unmarked(ledger, FIRST)
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    checkpoints.path(0).unlink()
    checkpoints.add(Extent(), find_heads(ledger, {}), NOON, b"another key")
    with pytest.raises(BrokenCheckpoint, match="does not carry the MAC"):
        await DiskLedger(ledger).read(FIRST)


async def test_a_crash_between_the_key_and_its_checkpoint_is_mended(tmp_path: Path) -> None:
    ledger = await old_ledger(tmp_path)
    open_secret(ledger)
    Checkpoints(tmp_path / "checkpoints").path(0).unlink()
    assert knows_before_the_key(ledger) == [True, False]
