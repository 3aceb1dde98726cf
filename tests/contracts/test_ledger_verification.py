"""What `zimogs audit verify` finds in a ledger that somebody has changed: with its key, and in a copy without it."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from jobs.model.chain import ChainKey
from jobs.model.checkpoint import encode_checkpoint
from jobs.model.digest import Digest
from jobs.model.names import BatchId, batch_id
from tests.support.builders import INVOICES
from tests.support.builders import NOON as LIVED
from tests.support.lives import (
    forge_approver,
    rewrite,
    rewrite_unmarked,
    seal_checkpoint,
    write_lives,
)
from tests.support.pki import NOON, another_authority, the_authority
from worker.evidence.copies import copy_away
from worker.evidence.finding import Flaw
from worker.evidence.keeper import CheckpointKeeper
from worker.evidence.verification import LedgerReport, verify_ledger
from worker.storage.chains import record_path
from worker.storage.checkpoints import Checkpoints
from worker.storage.ledger import DiskLedger
from worker.storage.ledger_key import key_path, open_secret

FIRST, SECOND, THIRD = (batch_id(INVOICES, number) for number in (1, 2, 3))
NOW = NOON + timedelta(hours=1)
ROOTS = [the_authority().root.certificate]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with two batches in a sealed checkpoint, and one more."""
    data = tmp_path_factory.mktemp("data")
    await write_lives(data / "ledger", 2)
    await CheckpointKeeper(data / "ledger", now=lambda: LIVED).make()
    seal_checkpoint(Checkpoints(data / "checkpoints"), 1, data / "sealing")
    await write_lives(data / "ledger", 1, begin=3)
    return data


@pytest.fixture
def data(original: Path, tmp_path: Path) -> Path:
    return shutil.copytree(original, tmp_path / "data")


@pytest.fixture
def ledger(data: Path) -> Path:
    return data / "ledger"


@pytest.fixture
def copy(ledger: Path) -> Path:
    """The same without the key."""
    key_path(ledger).unlink()
    return ledger


async def verify(ledger: Path, *others: Path, sealed_by: str = "Example seal") -> LedgerReport:
    return await verify_ledger(ledger, ROOTS, NOW, others=others, sealed_by=sealed_by)


def found(report: LedgerReport) -> set[tuple[Flaw, str]]:
    return {(finding.flaw, finding.where) for finding in report.findings}


async def test_nothing_is_found_where_nothing_was_changed(ledger: Path) -> None:
    report = await verify(ledger)
    assert report.findings == ()
    assert (report.batches, report.checkpoints, report.are_macs_checked) == (3, 2, True)
    assert [one.report.ours.sealed_by for one in report.sealed if one.report.ours] == ["Example seal"]


async def test_a_copy_without_the_key_is_verified_by_hashes_and_seals(copy: Path) -> None:
    report = await verify(copy)
    assert report.findings == ()
    assert not report.are_macs_checked


async def test_a_forged_approver_is_found_by_the_mac(ledger: Path) -> None:
    rewrite(ledger, THIRD, forge_approver)
    assert found(await verify(ledger)) == {(Flaw.CHANGED, THIRD)}


async def test_a_forged_approver_is_found_by_the_sealed_checkpoint(copy: Path) -> None:
    rewrite(copy, FIRST, forge_approver)
    assert found(await verify(copy)) == {(Flaw.REPLACED, FIRST)}


async def test_a_forged_approver_is_found_by_both(ledger: Path) -> None:
    rewrite(ledger, FIRST, forge_approver)
    assert found(await verify(ledger)) == {(Flaw.CHANGED, FIRST), (Flaw.REPLACED, FIRST)}


async def test_whoever_has_the_key_too_is_found_by_the_sealed_checkpoint(ledger: Path) -> None:
    rewrite(ledger, FIRST, forge_approver, ChainKey(key_path(ledger).read_bytes()))
    assert found(await verify(ledger)) == {(Flaw.REPLACED, FIRST)}


async def test_records_that_were_written_anew_without_macs_are_found(ledger: Path) -> None:
    rewrite_unmarked(ledger, THIRD, forge_approver)
    assert found(await verify(ledger)) == {(Flaw.CHANGED, THIRD)}


async def test_records_that_were_written_anew_without_macs_are_found_in_a_copy(copy: Path) -> None:
    rewrite_unmarked(copy, THIRD)
    assert found(await verify(copy)) == {(Flaw.CHANGED, THIRD)}


@pytest.mark.parametrize(
    ("batch", "number", "flaws"),
    [
        (FIRST, 3, {Flaw.MISSING, Flaw.SHORTENED}),
        (FIRST, 1, {Flaw.MISSING, Flaw.SHORTENED}),
        (THIRD, 2, {Flaw.MISSING}),
    ],
)
async def test_a_deleted_record_is_found(copy: Path, batch: BatchId, number: int, flaws: set[Flaw]) -> None:
    record_path(copy, batch, number).unlink()
    assert found(await verify(copy)) == {(flaw, batch) for flaw in flaws}


async def test_a_chain_that_was_cut_off_is_found(copy: Path) -> None:
    newest = max((copy / FIRST).glob("*.json"))
    newest.unlink()
    assert found(await verify(copy)) == {(Flaw.SHORTENED, FIRST)}


@pytest.mark.parametrize("batch", [FIRST, SECOND])
async def test_a_deleted_batch_is_found(copy: Path, batch: BatchId) -> None:
    shutil.rmtree(copy / batch)
    assert (Flaw.MISSING, batch) in found(await verify(copy))


async def test_the_newest_batches_cannot_be_deleted_as_far_as_a_checkpoint_knows_them(copy: Path) -> None:
    shutil.rmtree(copy / SECOND)
    shutil.rmtree(copy / THIRD)
    assert found(await verify(copy)) == {(Flaw.MISSING, SECOND)}


async def test_a_changed_byte_is_found(copy: Path) -> None:
    record = record_path(copy, SECOND, 2)
    record.write_bytes(record.read_bytes().replace(b"invoice", b"voucher", 1))
    assert (Flaw.CHANGED, SECOND) in found(await verify(copy))


async def test_a_batch_under_the_name_of_another_is_found(copy: Path) -> None:
    shutil.copytree(copy / FIRST, copy / "invoices-000004")
    assert found(await verify(copy)) == {(Flaw.CHANGED, "invoices-000004")}


async def test_a_checkpoint_that_was_written_anew_is_found_by_the_sealed_one(data: Path, ledger: Path) -> None:
    key = ChainKey(key_path(ledger).read_bytes())
    rewrite(ledger, FIRST, forge_approver, key)
    checkpoints = Checkpoints(data / "checkpoints")
    sealed = checkpoints.sealed(1).rename(data / "elsewhere.edoc")
    checkpoints.path(1).unlink()
    await CheckpointKeeper(ledger, now=lambda: LIVED).make()
    assert (await verify(ledger)).findings == ()
    assert found(await verify(ledger, sealed)) == {
        (Flaw.CHECKPOINT, checkpoints.path(1).name),
        (Flaw.REPLACED, FIRST),
    }


async def test_a_deleted_checkpoint_is_found(data: Path, ledger: Path) -> None:
    await CheckpointKeeper(ledger, now=lambda: LIVED).make()
    checkpoints = Checkpoints(data / "checkpoints")
    for path in (checkpoints.path(1), checkpoints.sealed(1)):
        path.unlink()
    assert found(await verify(ledger)) == {(Flaw.CHECKPOINT, checkpoints.path(1).name)}


async def test_a_sealed_checkpoint_alone_says_that_those_before_it_are_needed(data: Path, copy: Path) -> None:
    checkpoints = Checkpoints(data / "checkpoints")
    sealed = checkpoints.sealed(1).rename(data / "elsewhere.edoc")
    shutil.rmtree(checkpoints.folder)
    assert found(await verify(copy, sealed)) == {(Flaw.CHECKPOINT, checkpoints.path(0).name)}


async def test_whoever_begins_everything_anew_is_found_by_the_copies(data: Path, ledger: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    copy_away(ledger, Checkpoints(data / "checkpoints"), there)
    report = await verify_ledger(ledger, ROOTS, NOW, copies=there)
    assert (report.findings, report.checkpoints) == ((), 2)
    for batch in (FIRST, SECOND, THIRD):
        rewrite_unmarked(ledger, batch, forge_approver)
    key_path(ledger).unlink()
    shutil.rmtree(data / "checkpoints")
    await DiskLedger(ledger).read(FIRST)
    assert (await verify(ledger)).findings == ()
    assert {(Flaw.REPLACED, FIRST), (Flaw.REPLACED, SECOND)} <= found(
        await verify_ledger(ledger, ROOTS, NOW, copies=there)
    )


async def test_what_a_repair_has_set_aside_is_told_with_where_it_lies(data: Path, ledger: Path) -> None:
    await DiskLedger(ledger).set_aside(FIRST, 0)
    report = await verify(ledger)
    assert found(report) == {(Flaw.MISSING, FIRST)}
    assert all(f"set records of it aside, in {data / 'damaged' / FIRST}" in one.sentence for one in report.findings)


async def test_a_checkpoint_under_the_name_of_another_is_found(data: Path, ledger: Path) -> None:
    checkpoints = Checkpoints(data / "checkpoints")
    shutil.copy(checkpoints.path(1), checkpoints.path(2))
    (finding,) = (await verify(ledger)).findings
    assert "under another name" in finding.sentence


async def test_a_root_that_whoever_has_the_key_made_up_is_found(data: Path, ledger: Path) -> None:
    checkpoints, secret = Checkpoints(data / "checkpoints"), open_secret(ledger)
    false = checkpoints.extent(secret).follow((), LIVED).model_copy(update={"root": Digest.sha256(b"")})
    checkpoints.path(2).write_bytes(encode_checkpoint(false, secret))
    assert found(await verify(ledger)) == {(Flaw.CHECKPOINT, checkpoints.path(2).name)}


async def test_a_checkpoint_without_the_ledgers_mac_is_found(data: Path, ledger: Path) -> None:
    checkpoints = Checkpoints(data / "checkpoints")
    checkpoints.sealed(1).unlink()
    checkpoints.path(1).unlink()
    checkpoints.add(checkpoints.extent(open_secret(ledger)), (), LIVED, b"another key")
    assert found(await verify(ledger)) == {(Flaw.CHECKPOINT, checkpoints.path(1).name)}


async def test_a_seal_that_leads_to_no_anchor_is_found(ledger: Path) -> None:
    report = await verify_ledger(ledger, [another_authority().root.certificate], NOW)
    assert {flaw for flaw, _ in found(report)} == {Flaw.SEAL}


async def test_the_seal_of_somebody_else_is_found(ledger: Path) -> None:
    report = await verify(ledger, sealed_by="CN:SIA PARAUGS: eZīmogs")
    assert {flaw for flaw, _ in found(report)} == {Flaw.SEAL}


async def test_a_container_that_was_changed_is_found(data: Path, ledger: Path) -> None:
    sealed = Checkpoints(data / "checkpoints").sealed(1)
    sealed.write_bytes(sealed.read_bytes()[:-30])
    assert {flaw for flaw, _ in found(await verify(ledger))} == {Flaw.SEAL}


async def test_without_anchors_a_sealed_checkpoint_is_compared_and_named_as_not_judged(copy: Path) -> None:
    rewrite(copy, FIRST, forge_approver)
    report = await verify_ledger(copy, (), NOW)
    assert found(report) == {(Flaw.REPLACED, FIRST)}
    assert len(report.unjudged) == 1


async def test_a_record_of_a_newer_zimogs_is_no_forgery(ledger: Path) -> None:
    record = record_path(ledger, THIRD, 1)
    record.write_bytes(record.read_bytes().replace(b'{"version":2', b'{"version":9', 1))
    assert found(await verify(ledger)) == {(Flaw.NEWER, THIRD)}


async def test_a_ledger_that_an_older_zimogs_left_is_verified_as_it_is(tmp_path: Path) -> None:
    ledger = tmp_path / "data" / "ledger"
    await write_lives(ledger, 1)
    rewrite_unmarked(ledger, FIRST)
    key_path(ledger).unlink()
    shutil.rmtree(tmp_path / "data" / "checkpoints")
    assert (await verify_ledger(ledger, ROOTS, NOW, is_copy=False)).findings == ()


async def test_an_installation_that_is_new_verifies(tmp_path: Path) -> None:
    assert (await verify_ledger(tmp_path / "ledger", ROOTS, NOW, is_copy=False)).findings == ()


@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(b"{"), lambda path: path.write_bytes(b"")])
async def test_a_record_that_was_cut_in_half_is_one_finding_among_others(
    ledger: Path, damage: Callable[[Path], object]
) -> None:
    damage(record_path(ledger, THIRD, 2))
    rewrite(ledger, FIRST, forge_approver)
    assert {(Flaw.CHANGED, THIRD), (Flaw.CHANGED, FIRST)} <= found(await verify(ledger))


async def test_the_ledger_itself_may_not_lack_its_key(copy: Path) -> None:
    report = await verify_ledger(copy, ROOTS, NOW, is_copy=False)
    assert found(report) == {(Flaw.KEY, "ledger.key")}


async def test_what_was_there_before_the_key_has_to_be_known(data: Path, ledger: Path) -> None:
    Checkpoints(data / "checkpoints").path(0).unlink()
    assert {flaw for flaw, _ in found(await verify(ledger))} == {Flaw.CHECKPOINT}
