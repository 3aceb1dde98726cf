"""A checkpoint of a real ledger, sealed with the next batch by the practice vendor, and all that can be shown by it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from jobs.model.checkpoint import checkpoint_name
from jobs.model.documents import Profile, SealFormat
from jobs.model.lifecycle import State
from jobs.model.names import BatchId, batch_id
from tests.support.evidence import ALL_IS_WELL, follow_readme
from tests.support.lives import forge_approver, rewrite
from tests.whole.rehearsal import Ended, zimogs
from tests.whole.running_app import RunningApp, a_running_app, until
from worker.demo.plan import ROUTE

CONTAINERS = Profile(format=SealFormat.EDOC)
FIRST = batch_id(ROUTE, 1)


async def test_a_checkpoint_is_sealed_copied_and_proves_what_was(tmp_path: Path, program: Callable[[str], str]) -> None:
    program("openssl")
    copies = tmp_path / "copies"
    async with a_running_app(tmp_path / "app", profile=CONTAINERS) as app:
        await app.person.sign_in()
        await app.person.enrol()
        await seal_one(app, 1, tmp_path / "first.txt")
        with app.config.open("a") as config:
            config.write(f'[audit]\ncheckpoint_route = "{ROUTE}"\ncopy_to = "{copies}"\n')
        made = await command(app, "checkpoint")
        assert (made.code, made.facts["new"], made.facts["route"]) == (0, True, ROUTE)
        await seal_one(app, 2, tmp_path / "second.txt")
        assert (await app.vendor.counters())["authorizations"] == 2
    data, anchor = app.settings.folders.data, app.settings.trust.anchors[0]
    assert (data / "checkpoints" / f"{checkpoint_name(1)}.edoc").is_file()
    assert (await command(app, "checkpoint")).facts["copied_to"] == str(copies)

    seal = app.settings.routes[ROUTE].seal
    options = ("--ledger", copies / "ledger", "--trust-anchor", anchor, "--sealed-by", seal)
    verified = await command(app, "verify", *options)
    assert (verified.code, verified.facts["findings"], verified.facts["macs"]) == (0, [], "not checked")
    assert [one["ok"] for one in verified.facts["seals"]] == [True]

    exported = await command(app, "export", FIRST, "--to", tmp_path / "evidence")
    assert (exported.facts["checkpoint"], exported.facts["sealed"]) == (checkpoint_name(1), True)
    said = await asyncio.to_thread(follow_readme, tmp_path / "evidence")
    assert "FAILED" not in said, said
    assert [line for line in ALL_IS_WELL if line not in said] == []

    rewrite(data / "ledger", FIRST, forge_approver)
    forged = await command(app, "verify")
    assert forged.code == 1
    assert {(one["flaw"], one["where"]) for one in forged.facts["findings"]} == {
        ("changed", FIRST),
        ("replaced", FIRST),
    }


async def seal_one(app: RunningApp, number: int, file: Path) -> None:
    """Have one more file sealed in the route's batch of that number, with whatever waits beside it."""
    await asyncio.to_thread(file.write_text, f"This is {file.name}.")
    batch = batch_id(ROUTE, number)
    await app.drop(file)
    await until(lambda: is_waiting(app, file.name))
    await app.person.gather(ROUTE)
    await until(lambda: is_prepared(app, batch))
    await app.person.approve(batch)
    await until(app.settled)


async def is_waiting(app: RunningApp, name: str) -> bool:
    return name in {document.name for document in await app.disk.shelf.waiting_list(ROUTE)}


async def is_prepared(app: RunningApp, batch: BatchId) -> bool:
    return batch in await app.disk.ledger.batches() and (await app.history(batch)).state is State.PREPARED


async def command(app: RunningApp, *arguments: str | Path) -> Ended:
    ended = await asyncio.to_thread(zimogs, "audit", *arguments, "--config", app.config, "--json")
    assert "Traceback" not in ended.complaints, ended.complaints
    return ended
