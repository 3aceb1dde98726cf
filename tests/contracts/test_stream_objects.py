"""Entries that name an object of a storage, on a real Valkey and moto's server of the S3 protocol."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from redis.asyncio import Redis

from jobs.model.digest import Digest
from tests.support.object_storage import ObjectStorage, running_storage
from tests.support.pdfs import a_pdf
from tests.support.streams import Program, Taking, kill_before_done
from tests.whole.station import Station
from worker.app.serving import listen, served
from worker.queue.embedded import embedded_valkey
from worker.streams.buckets import Buckets
from worker.streams.entry import StoredObject
from worker.streams.poison import Poison, PoisonReason
from worker.streams.reader import EntryOutcome
from worker.streams.sources import SourceAway, SourceGone

PDF = a_pdf("an invoice")
KEY = "2026/rēķins 17+b.pdf"
INVOICE = StoredObject("invoices", "a.pdf", is_removed=False)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    async with embedded_valkey(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def endpoint() -> AsyncIterator[str]:
    async with running_storage() as storage:
        for bucket in ("invoices", "payroll"):
            await storage.make_bucket(bucket)
        yield storage.endpoint


@pytest.fixture
async def storage(endpoint: str) -> AsyncIterator[ObjectStorage]:
    async with ObjectStorage.opened(endpoint) as storage:
        yield storage


@pytest.fixture
async def program(server: str) -> AsyncIterator[Program]:
    async with Redis.from_url(server) as redis:
        await redis.flushdb()
        yield Program(redis)


@pytest.fixture
def taking(tmp_path: Path, server: str, endpoint: str) -> Taking:
    return Taking(Station(tmp_path), server, storage=endpoint)


@pytest.mark.parametrize("field", ["s3", "url"])
async def test_an_object_is_taken_with_its_metadata_under_the_name_of_its_key_and_stays(
    program: Program, taking: Taking, storage: ObjectStorage, field: str
) -> None:
    await storage.put("invoices", KEY, PDF)
    fields = {field: f"s3://invoices/{KEY}", "metadata": '{"number": "R-17"}'}
    await program.send(**fields)
    async with taking.running():
        (result,) = await program.results(1)
    (document,) = await taking.station.waiting()
    assert (document.name, document.sha256) == ("rēķins 17+b.pdf", Digest.sha256(PDF))
    assert document.metadata is not None
    assert document.metadata.number == "R-17"
    assert result["outcome"] == "waiting"
    assert await storage.has("invoices", KEY)


async def test_an_object_is_removed_where_its_entry_says_so_and_not_by_the_setting_about_files(
    program: Program, taking: Taking, storage: ObjectStorage
) -> None:
    taking.removes = True
    for key in ("kept.pdf", "removed.pdf"):
        await storage.put("invoices", key, a_pdf(key))
    await program.send(s3="s3://invoices/kept.pdf")
    await program.send(s3="s3://invoices/removed.pdf", after="remove")
    async with taking.running():
        await program.results(2)
        await program.until_done()
    assert await storage.has("invoices", "kept.pdf")
    assert not await storage.has("invoices", "removed.pdf")
    assert len(await taking.station.waiting()) == 2


async def test_what_cannot_be_taken_is_put_aside_with_the_reason_and_stays_in_the_storage(
    program: Program, taking: Taking, storage: ObjectStorage
) -> None:
    taking.most = len(PDF)
    await storage.put("payroll", "secret.pdf", PDF)
    await storage.put("invoices", "large.pdf", PDF + b"\n")
    reasons = {
        "s3://invoices/none.pdf": "unreadable",
        "s3://missing/a.pdf": "unreadable",
        "s3://payroll/secret.pdf": "not-allowed",
        "s3://invoices/large.pdf": "too-large",
    }
    for address in reasons:
        await program.send(s3=address, after="remove")
    async with taking.running():
        dead = await program.dead(len(reasons))
    assert {entry["s3"]: entry["zimogs-reason"] for entry in dead} == reasons
    details = {entry["s3"]: entry["zimogs-detail"] for entry in dead}
    assert "404: it is not there" in details["s3://invoices/none.pdf"]
    assert "queue.s3.buckets" in details["s3://payroll/secret.pdf"]
    assert await storage.has("payroll", "secret.pdf")
    assert await storage.has("invoices", "large.pdf")
    assert await taking.station.waiting() == ()


@pytest.mark.parametrize("idempotency", ["", "invoice 17"])
async def test_a_consumer_killed_between_read_and_acknowledgement_takes_no_object_twice(
    program: Program, taking: Taking, storage: ObjectStorage, tmp_path: Path, idempotency: str
) -> None:
    await storage.put("invoices", "killed.pdf", PDF)
    await program.send(s3="s3://invoices/killed.pdf", after="remove", idempotency=idempotency)
    document = await kill_before_done(taking, tmp_path, "here-1")
    assert not await storage.has("invoices", "killed.pdf")
    async with taking.running():
        (result,) = await program.results(1)
    assert result["document"] == document
    assert taking.outcomes == [EntryOutcome.REPEATED]
    assert await program.is_done()


async def read(buckets: Buckets) -> bytes:
    return b"".join([piece async for piece in buckets.fetch(INVOICE, 10**6)])


async def test_a_storage_is_asked_with_the_keys_of_the_settings_or_else_the_environments_and_leads_nowhere_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither by a redirect, nor by what the environment says of endpoints."""
    asked: list[web.Request] = []
    answers = iter([302, 503, 403, 204, 200, 200])

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(request)
        status = next(answers)
        return web.Response(status=status, body=PDF, headers={"location": f"{elsewhere}/invoices/a.pdf"})

    application = web.Application()
    application.router.add_get("/invoices/a.pdf", answer)
    listener = listen("127.0.0.1", 0)
    endpoint, elsewhere = (f"http://{host}:{listener.getsockname()[1]}" for host in ("127.0.0.1", "localhost"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", elsewhere)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "another's")
    monkeypatch.setenv("AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "true")
    buckets = Buckets(["invoices"], endpoint, "eu-north-1", ("our-key", "secret"))
    async with served(application, listener):
        with pytest.raises(Poison, match="answers 302") as redirected:
            await read(buckets)
        assert redirected.value.reason is PoisonReason.UNREADABLE
        with pytest.raises(SourceAway, match="answers 503"):
            await read(buckets)
        with pytest.raises(SourceGone, match="403"):
            await read(buckets)
        with pytest.raises(Poison, match="answers 204"):
            await read(buckets)
        assert await read(buckets) == PDF
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key-of-the-environment")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        assert await read(Buckets(["invoices"], endpoint, "eu-north-1", None)) == PDF
    *ours, others = [
        (request.query["X-Amz-Credential"], request.query.get("X-Amz-Security-Token")) for request in asked
    ]
    assert {(credential.split("/")[0], token) for credential, token in ours} == {("our-key", None)}
    assert (others[0].split("/")[0], others[1]) == ("key-of-the-environment", "another's")
    assert {request.host for request in asked} == {endpoint.removeprefix("http://")}


async def test_a_storage_that_is_away_is_asked_again_later() -> None:
    with listen("127.0.0.1", 0) as listener:
        endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(SourceAway, match="is not reached"):
        await read(Buckets(["invoices"], endpoint, "eu-north-1", ("key", "secret")))


def test_the_storages_library_is_loaded_by_the_first_object_alone() -> None:
    asks = "import sys, worker.app.streaming, worker.cli.application; print('obstore' in sys.modules)"
    asked = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True)
    assert asked.stdout == "False\n"
