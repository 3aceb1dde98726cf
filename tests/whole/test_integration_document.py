"""“From accounting system to sealed archive” is run as it is written, block by block, with a practice vendor.

A block of `toml` is added to the settings, one of `python` is saved under the name in its first line, and one of `sh`
is run to its end, or left running where it says `background`. Only addresses are replaced, for others use those ports.
"""

import asyncio
import json
import os
import re
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from jobs.model.documents import Profile
from jobs.model.lifecycle import State
from tests.support.waiting import PATIENCE
from tests.whole.running_app import RunningApp, reserved_address, until
from worker.demo.invoices import write_invoices
from worker.demo.person import PracticePerson, open_browser
from worker.demo.plan import ROUTE, Sealing, write_plan
from worker.demo.practice_vendor import practice_vendor
from worker.queue.embedded import embedded_valkey

DOCUMENT = Path(__file__).parents[2] / "deploy" / "INTEGRATION.md"
HANDED_IN = len(("the folder", "a command", "REST", "the queue"))
PERSON = "A person approves"
DESK, RECEIVER, REDIS = "127.0.0.1:8400", "127.0.0.1:8600", "redis://127.0.0.1:6379/0"


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code, under its heading; `language` may end in ` background`, or be `person`."""

    heading: str
    language: str
    text: str


def blocks(text: str) -> Iterator[Block]:
    """All blocks that a reader copies, in their order."""
    heading = ""
    for found in re.finditer(r"(?m)^## (?P<heading>.+)$|^```(?P<language>.+)\n(?P<text>[^`]*\n)```$", text):
        heading = found["heading"] or heading
        if found["language"] or heading == PERSON:
            yield Block(heading, found["language"] or "person", found["text"] or "")


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who does what the document says, in the folder of the settings."""

    app: RunningApp
    blocks: tuple[Block, ...]

    @property
    def folder(self) -> Path:
        return self.app.config.parent

    async def prepare(self) -> None:
        """Write what is to be saved: settings, programs, and the documents that are handed in."""
        for number, invoice in enumerate(write_invoices(self.folder / "made", HANDED_IN), start=1):
            invoice.rename(self.folder / f"invoice-{number}.pdf")
        for block in self.blocks:
            if block.language == "toml":
                with self.app.config.open("a", encoding="utf-8") as settings:
                    settings.write(block.text)
            elif block.language == "python":
                (name,) = re.findall(r'\A"""(\w+\.py): ', block.text)
                (self.folder / name).write_text(block.text, encoding="utf-8")

    async def run(self, block: Block) -> None:
        process = await self._start(block)
        try:
            said, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
        except TimeoutError:
            process.kill()
            raise AssertionError(f"{block.heading} does not come to its end:\n{block.text}") from None
        assert process.returncode == 0, f"{block.heading}:\n{block.text}\n{said.decode()}"

    @asynccontextmanager
    async def beside(self) -> AsyncIterator[None]:
        """Let the blocks run that run beside the others."""
        running = [await self._start(block) for block in self.blocks if block.language == "sh background"]
        try:
            yield
        finally:
            for process in running:
                process.terminate()
                await process.communicate()

    async def _start(self, block: Block) -> Process:
        # A shell that becomes its last command, so that ending it ends that.
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        last = f"exec {block.text}" if block.language.endswith("background") else block.text
        return await asyncio.create_subprocess_exec(
            "bash", "-euo", "pipefail", "-c", last,
            stdout=PIPE, stderr=STDOUT, cwd=self.folder, env=os.environ | {"PATH": path},
        )  # fmt: skip


@asynccontextmanager
async def a_reader(folder: Path, keys: Path) -> AsyncIterator[Reader]:
    """The practice vendor, and zimogs with the settings that the document adds."""
    (folder / "vendor").mkdir()
    (folder / "vendor" / "keys").symlink_to(keys)
    async with (
        reserved_address() as desk,
        reserved_address() as receiver,
        embedded_valkey(folder / "queue") as redis,
        practice_vendor(folder / "vendor", f"{desk}/callback", "--key", "p-256") as vendor,
        open_browser() as browser,
    ):
        persona, seal = vendor.holder_of("p-256")
        settings = write_plan(folder, vendor, Sealing(persona, seal.label, Profile()), desk)
        app = RunningApp(settings, vendor, PracticePerson(browser, persona, desk), folder / "zimogs.toml")
        text = DOCUMENT.read_text(encoding="utf-8")
        port = receiver.rpartition(":")[2]
        text = text.replace(DESK, desk.removeprefix("http://")).replace(RECEIVER, f"127.0.0.1:{port}")
        text = text.replace(REDIS, redis)
        # In the program host and port stand apart.
        text = text.replace('("127.0.0.1", 8600)', f'("127.0.0.1", {port})')
        reader = Reader(app, tuple(blocks(text)))
        await reader.prepare()
        await app.start()
        try:
            # The watch makes it right after it has begun.
            await until(partial(asyncio.to_thread, (settings.folders.inbox / ROUTE).exists))
            yield reader
        finally:
            ended = await app.end()
        assert ended == 0, "it did not end by itself"


async def approve_all(app: RunningApp) -> None:
    """What a person does on the desk, when everything has come in."""
    await app.person.sign_in()
    await app.person.enrol()

    async def all_wait() -> bool:
        return len(await app.disk.shelf.waiting_list(ROUTE)) == HANDED_IN

    async def is_prepared() -> bool:
        batches = await app.disk.ledger.batches()
        return bool(batches) and (await app.disk.ledger.read(batches[0])).state is State.PREPARED

    await until(all_wait)
    await app.person.gather(ROUTE)
    await until(is_prepared)
    (batch,) = await app.disk.ledger.batches()
    await app.person.approve(batch)
    await until(app.settled)


async def test_every_block_does_what_the_document_says(tmp_path: Path, practice_keys: Path) -> None:
    """One test, since all of it is one story."""
    async with a_reader(tmp_path, practice_keys) as reader, reader.beside():
        for block in reader.blocks:
            if block.language == "person":
                await approve_all(reader.app)
            elif block.language == "sh":
                await reader.run(block)
        archived = {path.name for path in (tmp_path / "archive").glob("*.pdf")}
        events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert len(archived) == HANDED_IN
    assert {event["data"]["document"]["sealed"]["name"] for event in events} == archived
    assert (tmp_path / "evidence" / "README.txt").exists()
