"""Telling as a process does it: from a ledger to receivers, by one process of several; and the commands for it."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from config.notices import HookSettings, WebhookSettings
from config.settings import Settings
from jobs.events import batch_event_id
from jobs.model.events import Event, EventKind
from tests.support.builders import documents
from tests.support.installation import an_installation
from tests.support.lives import write_lives
from tests.support.receiver import SECRET, Receiver, receiving
from tests.support.waiting import until
from tests.whole.rehearsal import run_command
from worker.app.on_disk import OnDisk
from worker.app.telling import tell_others
from worker.storage.notice_box import FOLDER, Notice, NoticeBox, TargetState
from worker.storage.notices import NoticeFolder, find_backlogs

EVERY = timedelta(seconds=0.02)
SAVE = "import sys; open(sys.argv[1], 'ab').write(sys.stdin.buffer.read() + b'\\n')"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as running:
        yield running


def webhook(receiver: Receiver) -> WebhookSettings:
    return WebhookSettings(url=SecretStr(receiver.url), secrets=(SecretStr(SECRET),), allow_private=True)


@asynccontextmanager
async def telling(settings: Settings, processes: int = 1) -> AsyncIterator[None]:
    """Tell as so many processes, from the moment on at which one of them has looked."""
    tasks = [
        asyncio.create_task(
            tell_others(settings, OnDisk.of(settings), lambda _, __: None, EVERY, redis_url="unix:///nowhere")
        )
        for _ in range(processes)
    ]
    try:
        await until((settings.folders.data / FOLDER / "quarantined.json").exists)
        yield
    finally:
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks)


async def test_what_happens_reaches_programs_by_each_way_and_a_broken_one_holds_no_other_up(
    tmp_path: Path, receiver: Receiver
) -> None:
    got = tmp_path / "got"
    settings = an_installation(tmp_path).model_copy(
        update={
            "webhooks": {"ledger": webhook(receiver)},
            "hooks": {
                "archive": HookSettings(
                    command=(sys.executable, "-ISc", SAVE, str(got)), kinds=frozenset({EventKind.BATCH_DONE})
                ),
                "broken": HookSettings(command=("/nowhere",)),
            },
        }
    )
    async with telling(settings):
        (life,) = await write_lives(settings.folders.data / "ledger", 1)
        archived, missed = (
            NoticeBox(settings.folders.data / FOLDER / f"hook-{name}") for name in ("archive", "broken")
        )
        await until(lambda: len(receiver.ids) == 4 and got.exists() and not archived.untold())
        await until(lambda: bool(missed.state.failure))
    assert batch_event_id(life, 7) in receiver.ids
    assert all(receiver.is_signed(number) for number in range(4))
    assert json.loads(got.read_bytes())["data"]["documents"] == 2
    (archive, broken) = await find_backlogs(NoticeFolder(settings.folders.data), ["hook-archive", "hook-broken"])
    assert (archive.untold, broken.untold) == (0, 4)
    assert "No such file" in broken.state.failure


async def test_of_several_processes_one_tells(tmp_path: Path, receiver: Receiver) -> None:
    settings = an_installation(tmp_path).model_copy(update={"webhooks": {"ledger": webhook(receiver)}})
    async with telling(settings, processes=3):
        for number in range(1, 4):
            of = documents(2 * number)[-2:]
            await write_lives(settings.folders.data / "ledger", 1, begin=number, of=of)
            await until(lambda told=4 * number: len(receiver.ids) >= told)  # type: ignore[misc]
    assert len(receiver.ids) == len(set(receiver.ids)) == 3 * 4


async def test_what_happens_while_only_a_machine_runs_that_tells_nobody_is_told_by_the_next_that_does(
    tmp_path: Path, receiver: Receiver
) -> None:
    silent = an_installation(tmp_path)
    settings = silent.model_copy(update={"webhooks": {"ledger": webhook(receiver)}})
    async with telling(settings):
        pass
    task = asyncio.create_task(
        tell_others(silent, OnDisk.of(silent), lambda _, __: None, EVERY, redis_url="unix:///nowhere")
    )
    await write_lives(settings.folders.data / "ledger", 1)
    task.cancel()
    async with telling(settings):
        await until(lambda: len(receiver.ids) == 4)


TOML = """
[folders]
[eparaksts]
client_id = "client"
client_secret = "secret"
[trust]
anchors = ["root.pem"]
[webhooks.ledger]
url = "https://ledger.example.org/?token=hunter2"
secrets = ["{secret}"]
[notifications.anna]
urls = ["{url}", "json://127.0.0.1:1/hunter2"]
language = "lv"
[routes.invoices]
seal = "S"
approvers = ["000123-00001"]
"""


@pytest.fixture
def config(tmp_path: Path, receiver: Receiver) -> Path:
    path = tmp_path / "zimogs.toml"
    path.write_text(TOML.format(secret=SECRET, url=receiver.url.replace("http", "json")))
    return path


async def test_each_address_of_people_can_be_tried(config: Path, receiver: Receiver) -> None:
    tried = await asyncio.to_thread(run_command, "notify", "--test", "--json", "--config", config)
    assert tried.code == 1
    assert [(row["address"], row["sent"]) for row in tried.facts] == [(1, True), (2, False)]
    assert [message["title"] for message in receiver.got] == ["zimogs pārbaudes ziņojums"]
    assert "hunter2" not in tried.output + tried.complaints


async def test_what_was_given_up_is_listed_and_told_once_more(config: Path, tmp_path: Path) -> None:
    box = NoticeBox(tmp_path / "data" / FOLDER / "webhook-ledger")
    event = Event(id="invoices-000001.delivered.7", kind=EventKind.BATCH_DONE, at=datetime.now(UTC))
    await asyncio.to_thread(box.bury, Notice(event=event, attempts=12, failure="the receiver answers 500"))
    await asyncio.to_thread(box.note, TargetState(failure="the receiver answers 500"))
    listed = await asyncio.to_thread(run_command, "webhooks", "list", "--json", "--config", config)
    (ledger,) = (each for each in listed.facts if each["target"] == "webhook-ledger")
    assert [(dead["id"], dead["failure"]) for dead in ledger["dead"]] == [(event.id, "the receiver answers 500")]
    shown = await asyncio.to_thread(run_command, "status", "--json", "--config", config)
    assert [(row["target"], row["given_up"]) for row in shown.facts["notices"]] == [("webhook-ledger", 1)]
    revived = await asyncio.to_thread(run_command, "webhooks", "retry", "ledger", "--json", "--config", config)
    assert revived.facts == {"webhook-ledger": 1}
    assert [notice.event for notice in box.untold()] == [event]
    unknown = await asyncio.to_thread(run_command, "webhooks", "retry", "nobody", "--config", config)
    assert unknown.code == 2
    assert "hunter2" not in listed.output + shown.output + revived.output
