"""File in, sealed object out, where everything stands in a bucket; for several machines see `test_torture`."""

import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
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
from worker.queue.embedded import embedded_valkey

FIRST = batch_id(ROUTE, 1)


def in_bucket(server: BucketServer, prefix: str, redis: str) -> str:
    """The tables of settings that have everything stand below that prefix, and one Redis for all machines."""
    url = f"s3://{server.name}/{prefix}?endpoint={server.endpoint}"
    keys = 'access_key_id = "key"\nsecret_access_key = "secret"'
    tables = (f'[storage]\nurl = "{url}"\n{keys}', f'[redis]\nurl = "{redis}"')
    return "\n\n".join(tables)


@pytest.fixture
async def app(tmp_path: Path, object_storage: BucketServer) -> AsyncIterator[RunningApp]:
    here = tmp_path / "here"
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(embedded_valkey(tmp_path / "redis"))
        more = in_bucket(object_storage, tmp_path.name, redis)
        yield await stack.enter_async_context(a_running_app(here, more=more))


@pytest.fixture
def bucket(object_storage: BucketServer, tmp_path: Path) -> Bucket:
    return object_storage.bucket(tmp_path.name)


async def test_files_come_in_and_go_out_as_objects_and_commands_find_all_of_it(
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
    await _check_outbox(app, bucket, tmp_path)
    assert bucket.names(f"quarantine/{ROUTE}") == {"broken.pdf", "broken.pdf.txt", "broken.pdf.error.json"}
    assert run_command("audit", "checkpoint", "--config", app.config).code == 0
    verified = json.loads(run_command("audit", "verify", "--config", app.config, "--json").output)
    # One or more of the worker, and one of the command where something was written since.
    assert (verified["batches"], verified["checkpoints"] > 1, verified["faults"]) == (1, True, [])
    assert "s3://" in run_command("doctor", "--config", app.config).output


def test_commands_say_in_a_sentence_that_the_bucket_is_not_reached_and_the_doctor_looks_at_the_rest(
    tmp_path: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
    config = tmp_path / "zimogs.toml"
    assert run_command("config", "init", "--practice", "--config", config).code == 0
    storage = f'[storage]\nurl = "s3://away/zimogs?endpoint={endpoint}"\naccess_key_id = "a"\nsecret_access_key = "b"\n'
    config.write_text(f"{config.read_text()}\n{storage}")
    status = run_command("status", "--json", "--config", config)
    told = json.loads(status.complaints)["error"]
    assert (status.code, told["advice"]) == (1, "Run `zimogs doctor` to see more.")
    assert "the endpoint is not reached" in told["message"]
    examined = run_command("doctor", "--json", "--config", config)
    faults = {one["subject"] for one in json.loads(examined.output) if one["verdict"] == "fault"}
    assert (examined.code, "storage" in faults) == (1, True)


async def _check_outbox(app: RunningApp, bucket: Bucket, folder: Path) -> None:
    """Each document was sealed once, and each sealed object holds."""
    keys = {each.key for each in bucket.list(f"outbox/{ROUTE}")}
    sealed = sorted(key for key in keys if key.endswith(".pdf"))
    assert len(sealed) == (await app.vendor.counters())["finalizations"] == 4
    assert keys == {*sealed, *(f"{key}.json" for key in sealed)}
    fetched = [folder / f"{number}.pdf" for number in range(4)]
    for key, path in zip(sealed, fetched, strict=True):
        bucket.fetch(key, path)
    assert run_command("verify", "--config", app.config, *fetched).code == 0


async def _waiting(app: RunningApp, count: int) -> bool:
    return len(await app.disk.shelf.waiting_list(ROUTE)) == count


async def _is(app: RunningApp, state: State) -> bool:
    return await app.disk.ledger.latest(ROUTE) == 1 and (await app.history(FIRST)).state is state
