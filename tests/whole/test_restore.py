"""A copy is taken while a batch is under way, and put back days later: nothing is sealed or delivered once more."""

import asyncio
import shutil
import signal
from pathlib import Path

from jobs.model.lifecycle import State
from jobs.model.names import batch_id
from jobs.model.records import Abandoned
from tests.whole.rehearsal import zimogs
from tests.whole.running_app import RunningApp, a_running_app, until
from worker.demo.invoices import write_invoices
from worker.demo.plan import ROUTE

FIRST = batch_id(ROUTE, 1)


async def test_a_copy_taken_while_a_batch_runs_can_be_put_back_and_nothing_is_sealed_twice(tmp_path: Path) -> None:
    async with a_running_app(tmp_path) as app:
        data, copy = app.settings.folders.data, tmp_path / "copy"
        await app.person.sign_in()
        await app.person.enrol()
        await app.drop(*write_invoices(tmp_path / "invoices", 3))
        await until(lambda: _waiting(app, 3))
        await app.person.gather(ROUTE)
        await until(lambda: _is_prepared(app))
        await _copy_frozen(app, data, copy)
        await app.person.approve(FIRST)
        await until(app.settled)
        sealed = {path.name: path.read_bytes() for path in app.outbox()}
        await app.end()
        await asyncio.to_thread(shutil.rmtree, data)
        await asyncio.to_thread(copy.rename, data)
        told = await asyncio.to_thread(zimogs, "doctor", "--after-restore", "--config", app.config, "--json")
        (finding,) = [finding for finding in told.facts if finding["subject"] == f"batch {FIRST}"]
        assert "sealed before, according to the outbox: 3 of them" in finding["found"]
        await app.start()
        await until(app.settled)
        assert len((await app.history(FIRST)).last(Abandoned).delivered) == 3
        assert {path.name: path.read_bytes() for path in app.outbox()} == sealed
        counters = await app.vendor.counters()
        assert (counters["authorizations"], counters["signature_calls"]) == (1, 1)
        checked = await asyncio.to_thread(zimogs, "audit", "verify", "--outbox", "--strict", "--config", app.config)
        assert checked.code == 0, checked.output
        assert "3 files stand in the outbox as they were delivered" in checked.output


async def _copy_frozen(app: RunningApp, data: Path, copy: Path) -> None:
    """What `systemctl freeze` and `docker compose pause` do: nothing moves while the copy is taken."""
    assert app.process is not None
    app.process.send_signal(signal.SIGSTOP)
    try:
        await asyncio.to_thread(shutil.copytree, data, copy, ignore=shutil.ignore_patterns("redis"))
    finally:
        app.process.send_signal(signal.SIGCONT)


async def _waiting(app: RunningApp, count: int) -> bool:
    return len(await app.disk.shelf.waiting_list(ROUTE)) == count


async def _is_prepared(app: RunningApp) -> bool:
    ledger = app.disk.ledger
    return await ledger.latest(ROUTE) == 1 and (await ledger.read(FIRST)).state is State.PREPARED
