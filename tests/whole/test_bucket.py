"""File in, sealed object out: `zimogs run` where everything stands in a bucket, on the practice vendor."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from jobs.model.lifecycle import State
from jobs.model.names import batch_id
from tests.support.object_storage import BucketServer
from tests.whole.rehearsal import run_command
from tests.whole.running_app import RunningApp, a_running_app, until
from worker.demo.invoices import write_invoices
from worker.demo.plan import ROUTE
from worker.objects.bucket import Bucket

FIRST = batch_id(ROUTE, 1)


def in_bucket(server: BucketServer, prefix: str) -> str:
    """The tables of settings that have everything stand below that prefix."""
    url = f"s3://{server.name}/{prefix}?endpoint={server.endpoint}"
    keys = 'access_key_id = "key"\nsecret_access_key = "secret"'
    return f'[storage]\nurl = "{url}"\n{keys}\n\n[api]\nenabled = false\n'


@pytest.fixture
async def app(tmp_path: Path, object_storage: BucketServer) -> AsyncIterator[RunningApp]:
    async with a_running_app(tmp_path, more=in_bucket(object_storage, tmp_path.name)) as running:
        yield running


@pytest.fixture
def bucket(object_storage: BucketServer, tmp_path: Path) -> Bucket:
    return object_storage.bucket(tmp_path.name)


async def test_files_come_in_by_a_folder_or_a_command_and_go_out_as_objects(
    app: RunningApp, bucket: Bucket, tmp_path: Path
) -> None:
    await app.person.sign_in()
    await app.person.enrol()
    *dropped, submitted = write_invoices(tmp_path / "invoices", 4)
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 and nothing else")
    await app.drop(*dropped, broken)
    assert run_command("submit", submitted, "--route", ROUTE, "--config", app.config).code == 0
    await until(lambda: _waiting(app, 4))
    await app.person.gather(ROUTE)
    await until(lambda: _is(app, State.PREPARED))
    status = json.loads(run_command("status", "--config", app.config, "--json").output)
    assert [batch["state"] for batch in status["batches"]] == ["prepared"]
    await app.person.approve(FIRST)
    await until(app.settled)
    sealed = {each.key for each in bucket.list(f"outbox/{ROUTE}") if each.key.endswith(".pdf")}
    assert len(sealed) == 4
    assert {f"{key}.json" for key in sealed} <= {each.key for each in bucket.list("outbox")}
    fetched = [tmp_path / f"{number}.pdf" for number in range(4)]
    for key, path in zip(sealed, fetched, strict=True):
        bucket.fetch(key, path)
    assert run_command("verify", "--config", app.config, *fetched).code == 0
    assert bucket.names(f"quarantine/{ROUTE}") == {"broken.pdf", "broken.pdf.txt", "broken.pdf.error.json"}
    assert run_command("audit", "verify", "--config", app.config).code == 0
    assert "s3://" in run_command("doctor", "--config", app.config).output


async def _waiting(app: RunningApp, count: int) -> bool:
    return len(await app.disk.shelf.waiting_list(ROUTE)) == count


async def _is(app: RunningApp, state: State) -> bool:
    return await app.disk.ledger.latest(ROUTE) == 1 and (await app.history(FIRST)).state is state
