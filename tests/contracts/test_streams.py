"""Entries of a stream on a real Valkey: each is taken once, by whoever lives, or put aside with the reason."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from redis.asyncio import Redis

from jobs.model.digest import Digest
from tests.support.builders import INVOICES
from tests.support.pdfs import a_pdf
from tests.support.streams import SHORTLY, Program, Taking, kill_before_done
from tests.support.waiting import until
from tests.whole.station import Station
from worker.app.serving import listen, served
from worker.queue.embedded import embedded_valkey
from worker.streams.consumer import named_consumer
from worker.streams.dead import DeadEntries
from worker.streams.reader import EntryOutcome
from worker.streams.standing import look_at_intake
from worker.streams.stream import DEAD, GROUP, INTAKE, RESULTS

PDF, OTHER = a_pdf("an invoice"), a_pdf("another")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    async with embedded_valkey(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
async def program(server: str) -> AsyncIterator[Program]:
    async with Redis.from_url(server) as redis:
        await redis.flushdb()
        yield Program(redis)


@pytest.fixture
def taking(tmp_path: Path, server: str) -> Taking:
    (tmp_path / "exports").mkdir()
    return Taking(Station(tmp_path), server, folders=[tmp_path / "exports"])


@pytest.fixture
def exported(tmp_path: Path, taking: Taking) -> Path:
    path = tmp_path / "exports" / "rēķins.pdf"
    path.write_bytes(PDF)
    return path


async def test_the_document_of_an_entry_waits_with_its_metadata_and_its_program_is_told(
    program: Program, taking: Taking
) -> None:
    metadata = '{"number": "R-17", "total": 1234.50}'
    entry = await program.send(name="rēķins.pdf", content=PDF, metadata=metadata, reference="17/2026")
    async with taking.running():
        (result,) = await program.results(1)
    (document,) = await taking.station.waiting()
    assert (document.name, document.sha256) == ("rēķins.pdf", Digest.sha256(PDF))
    assert document.metadata is not None
    assert (document.metadata.number, document.metadata.reference) == ("R-17", "17/2026")
    assert result.pop("timestamp")
    assert result == {
        "id": f"{document.id}.accepted",
        "type": "document.accepted",
        "entry": entry,
        "document": document.id,
        "route": "invoices",
        "name": "rēķins.pdf",
        "sha256": Digest.sha256(PDF).hex,
        "outcome": "waiting",
        "reference": "17/2026",
    }
    assert await program.is_done()
    assert taking.outcomes == [EntryOutcome.TAKEN]


async def test_what_was_added_before_zimogs_came_is_taken_too(program: Program, taking: Taking) -> None:
    for number in range(3):
        await program.send(name=f"{number}.pdf", content=a_pdf(str(number)))
    async with taking.running():
        await program.results(3)
    assert len(await taking.station.waiting()) == 3


async def test_what_cannot_be_sealed_goes_to_quarantine_and_its_entry_is_done_with(
    program: Program, taking: Taking
) -> None:
    await program.send(name="a.pdf", content=b"no PDF")
    async with taking.running():
        (result,) = await program.results(1)
    assert (result["outcome"], result["reason"]) == ("quarantined", "not-a-pdf")
    assert await program.is_done()


async def test_a_file_is_taken_from_an_allowed_folder_and_stays_there(
    program: Program, taking: Taking, exported: Path
) -> None:
    await program.send(path=str(exported))
    async with taking.running():
        (result,) = await program.results(1)
    assert result["name"] == "rēķins.pdf"
    assert is_there(exported)


async def test_a_file_is_removed_where_its_entry_says_so(program: Program, taking: Taking, exported: Path) -> None:
    await program.send(path=str(exported), after="remove")
    async with taking.running():
        await program.results(1)
    assert not is_there(exported)
    assert len(await taking.station.waiting()) == 1


async def test_another_file_in_the_place_of_one_that_was_taken_stays(
    program: Program, taking: Taking, exported: Path
) -> None:
    entry = await program.send(path=str(exported), after="remove")
    async with taking.running():
        await program.results(1)
    # As after a crash: the entry is begun with once more, and the program has put its next document there meanwhile.
    await program.redis.flushdb()
    await asyncio.to_thread(exported.write_bytes, OTHER)
    await program.redis.xadd(INTAKE, {"route": INVOICES, "path": str(exported), "after": "remove"}, id=entry)
    async with taking.running():
        (again,) = await program.results(1)
    assert again["sha256"] == Digest.sha256(PDF).hex
    assert await asyncio.to_thread(exported.read_bytes) == OTHER


async def test_a_document_is_fetched_from_an_allowed_host(program: Program, taking: Taking) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        if request.path == "/elsewhere":
            raise web.HTTPFound("/a.pdf")
        return web.Response(body=PDF)

    application = web.Application()
    application.router.add_get("/{name}", answer)
    listener = listen("127.0.0.1", 0)
    host = f"127.0.0.1:{listener.getsockname()[1]}"
    taking.hosts = [host]
    async with served(application, listener), taking.running():
        await program.send(name="a.pdf", url=f"http://{host}/a.pdf?signature=secret")
        await program.results(1)
        await program.send(name="a.pdf", url=f"http://{host}/elsewhere")
        await program.send(name="a.pdf", url="http://127.0.0.1:1/a.pdf")
        redirected, elsewhere = await program.dead(2)
    assert sorted(asked) == ["/a.pdf", "/elsewhere"]
    assert {redirected["zimogs-reason"], elsewhere["zimogs-reason"]} == {"unreadable", "not-allowed"}
    (document,) = await taking.station.waiting()
    assert document.sha256 == Digest.sha256(PDF)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"route": "payroll", "name": "a.pdf", "content": PDF}, "unknown-route"),
        ({"name": "", "content": PDF}, "bad-entry"),
        ({"content": PDF}, "bad-entry"),
        ({"name": "../a.pdf", "content": PDF}, "bad-entry"),
        ({"name": "a.pdf"}, "bad-entry"),
        ({"name": "a.pdf", "content": PDF, "path": "/exports/a.pdf"}, "bad-entry"),
        ({"name": "a.pdf", "content": PDF, "colour": "red"}, "bad-entry"),
        ({"name": b"\xff.pdf", "content": PDF}, "bad-entry"),
        ({"name": "a.pdf", "content": PDF, "idempotency": "x" * 201}, "bad-entry"),
        ({"name": "a.pdf", "content": PDF, "after": "burn"}, "bad-entry"),
        ({"name": "a.pdf", "content": bytes(10**6 + 1)}, "too-large"),
        ({"s3": "s3://payroll/a.pdf"}, "not-allowed"),
        ({"s3": "s3://invoices/../payroll/a.pdf"}, "bad-entry"),
        ({"s3": "https://invoices/a.pdf"}, "bad-entry"),
        ({"name": "a.pdf", "url": "https://files.example.org/a.pdf"}, "not-allowed"),
        ({"path": "/etc/passwd"}, "not-allowed"),
        ({"path": "{exports}/../secret.pdf"}, "not-allowed"),
        ({"path": "{exports}/missing.pdf"}, "unreadable"),
        ({"path": "{exports}/link.pdf"}, "unreadable"),
        ({"path": "{exports}/folder-link/secret.pdf"}, "unreadable"),
        ({"path": "{exports}/folder"}, "unreadable"),
        ({"path": "{exports}/pipe.pdf"}, "unreadable"),
    ],
    ids=lambda given: given if isinstance(given, str) else "-".join(given),
)
async def test_an_entry_that_cannot_be_taken_is_put_aside_whole_with_the_reason(
    program: Program, taking: Taking, tmp_path: Path, fields: dict[str, str | bytes], reason: str
) -> None:
    exports = tmp_path / "exports"
    (tmp_path / "secret.pdf").write_bytes(PDF)
    (exports / "folder").mkdir()
    (exports / "link.pdf").symlink_to(tmp_path / "secret.pdf")
    (exports / "folder-link").symlink_to(tmp_path)
    os.mkfifo(exports / "pipe.pdf")
    given = {k: v.format(exports=exports) if k == "path" and isinstance(v, str) else v for k, v in fields.items()}
    entry = await program.send(**given)
    await program.send(name="good.pdf", content=OTHER)
    async with taking.running():
        (dead,) = await program.dead()
        await program.results(1)
    assert (dead["zimogs-reason"], dead["zimogs-entry"]) == (reason, entry)
    assert dead["zimogs-detail"]
    assert {name for name in dead if not name.startswith("zimogs-")} == {"route"} | given.keys()
    assert [document.name for document in await taking.station.waiting()] == ["good.pdf"]
    assert await program.is_done()


async def test_what_was_put_aside_can_be_sent_through_again_once_it_is_mended(
    program: Program, taking: Taking, tmp_path: Path
) -> None:
    path = tmp_path / "exports" / "late.pdf"
    await program.send(path=str(path))
    async with taking.running():
        await program.dead()
        path.write_bytes(PDF)
        entries = DeadEntries(program.redis)
        (dead,) = [entry async for entry in entries.all()]
        assert (dead.reason, dead.fields["path"]) == ("unreadable", str(path))
        assert await entries.revive(dead.id)
        assert not await entries.revive(dead.id)
        await program.results(1)
    assert await program.redis.xlen(DEAD) == 0
    assert len(await taking.station.waiting()) == 1


async def test_the_same_idempotency_is_one_document_and_another_content_under_it_is_put_aside(
    program: Program, taking: Taking
) -> None:
    async with taking.running():
        for content in (PDF, PDF, OTHER):
            await program.send(name="a.pdf", content=content, idempotency="invoice 17")
            await program.until_done()
        first, second = await program.results(2)
        (dead,) = await program.dead()
    assert first["id"] == second["id"]
    assert dead["zimogs-reason"] == "key-reused"
    assert len(await taking.station.waiting()) == 1


def is_there(path: Path) -> bool:
    return path.exists()


@pytest.mark.parametrize("consumer", ["here-1", "there-1"])
async def test_a_consumer_killed_between_read_and_acknowledgement_takes_no_document_twice(
    program: Program, taking: Taking, exported: Path, tmp_path: Path, consumer: str
) -> None:
    """By its own name again, or by another that takes over; the file, removed already, is not missed."""
    await program.send(path=str(exported), after="remove")
    document = await kill_before_done(taking, tmp_path, consumer)
    assert not is_there(exported)
    async with taking.running():
        (result,) = await program.results(1)
    assert result["document"] == document
    assert taking.outcomes == [EntryOutcome.REPEATED]
    assert await program.is_done()
    station = taking.station
    await station.intake.rescan()
    await until(lambda: len(list((station.layout.root / "waiting").glob("*/*"))) == 1)


async def test_what_ended_process_after_process_is_put_aside(program: Program, taking: Taking, tmp_path: Path) -> None:
    await program.send(name="a.pdf", content=PDF)
    await kill_before_done(taking, tmp_path, "there-1")
    taking.deliveries = 1
    async with taking.running():
        (dead,) = await program.dead()
    assert (dead["zimogs-reason"], dead["zimogs-deliveries"]) == ("too-many-deliveries", "1")
    assert dead["name"] == "a.pdf"


async def test_whoever_is_slow_keeps_its_entry_and_its_count(program: Program, taking: Taking, server: str) -> None:
    await program.send(name="a.pdf", content=PDF)
    other = Taking(taking.station, server, "there-1")
    async with taking.reader() as (_, slow), other.reader() as (_, quick):
        entry = await slow.next()
        assert entry is not None
        for _ in range(8):
            await slow.give_sign_of_life()
            await asyncio.sleep(SHORTLY.total_seconds() / 4)
        assert await quick.next() is None
        (row,) = await program.redis.xpending_range(INTAKE, GROUP, "-", "+", 10)
        assert (row["consumer"], row["times_delivered"]) == (b"here-1", 1)


async def test_a_flushed_redis_is_read_again_and_loses_no_document_that_is_ours(
    program: Program, taking: Taking
) -> None:
    async with taking.running():
        await program.send(name="a.pdf", content=PDF)
        await program.results(1)
        await program.redis.flushdb()
        await program.send(name="b.pdf", content=OTHER)
        await program.results(1)
    assert {document.name for document in await taking.station.waiting()} == {"a.pdf", "b.pdf"}


async def test_a_result_is_told_though_redis_was_flushed_meanwhile(program: Program, taking: Taking) -> None:
    await program.send(name="a.pdf", content=PDF)
    async with taking.reader() as (reader, stream):
        entry = await stream.next()
        assert entry is not None
        await program.redis.flushdb()
        await reader.take(entry)
    (result,) = await program.results(1)
    assert result["entry"] == entry.id


async def test_an_entry_of_the_same_id_and_another_content_is_another_document(
    program: Program, taking: Taking
) -> None:
    """As after a flush, from a program that gives its own ids."""
    async with taking.running():
        for name, content in (("a.pdf", PDF), ("b.pdf", OTHER)):
            await program.redis.flushdb()
            await program.redis.xadd(INTAKE, {"route": INVOICES, "name": name, "content": content}, id="1-1")
            await program.results(1)
    assert len(await taking.station.waiting()) == 2


async def test_a_server_without_room_lets_entries_be_done_with_and_put_aside(program: Program, taking: Taking) -> None:
    await program.send(name="a.pdf", content=PDF)
    await program.send(name="b.pdf", content=PDF, route="payroll")
    await program.redis.xgroup_create(INTAKE, GROUP, "0")
    await program.redis.config_set("maxmemory", 1)
    try:
        async with taking.reader() as (reader, stream):
            assert await stream.is_crowded()
            for _ in range(2):
                entry = await stream.next()
                assert entry is not None
                await reader.take(entry)
    finally:
        await program.redis.config_set("maxmemory", "128mb")
    assert (await program.dead())[0]["name"] == "b.pdf"
    assert (await program.results(1))[0]["name"] == "a.pdf"


async def test_nothing_is_taken_while_something_holds_it_up(program: Program, taking: Taking) -> None:
    taking.hindrances.append("the disk is full")
    async with taking.running():
        await program.send(name="a.pdf", content=PDF)
        # Both of its turns looked once more, with the entry there.
        await until(lambda: taking.asked >= 4)
        assert not await program.is_done()
        assert await program.redis.xlen(RESULTS) == 0
        taking.hindrances.clear()
        await program.results(1)


async def test_how_the_intake_stands_is_told(program: Program, taking: Taking) -> None:
    nothing = await look_at_intake(taking.url)
    assert nothing is not None
    assert (nothing.waiting, nothing.pending, nothing.dead, nothing.oldest) == (0, 0, 0, None)
    for route in ("payroll", INVOICES, INVOICES):
        await program.send(name="a.pdf", content=PDF, route=route)
    before = await look_at_intake(taking.url)
    assert before is not None
    assert (before.waiting, before.pending) == (3, 0)
    async with taking.reader() as (reader, stream):
        entry = await stream.next()
        assert entry is not None
        await reader.take(entry)
        assert await stream.next() is not None
        standing = await look_at_intake(taking.url)
    assert standing is not None
    assert (standing.waiting, standing.pending, standing.dead) == (1, 1, 1)
    assert standing.oldest is not None


async def test_how_the_intake_stands_is_not_told_by_a_redis_that_is_away(tmp_path: Path) -> None:
    assert await look_at_intake(f"unix://{tmp_path}/nothing.sock") is None


def test_a_consumer_has_a_name_of_its_own_and_the_same_after_a_restart(tmp_path: Path) -> None:
    with named_consumer(tmp_path) as first, named_consumer(tmp_path) as second:
        assert first != second
    with named_consumer(tmp_path) as again:
        assert again == first
