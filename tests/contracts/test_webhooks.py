"""Webhooks against real receivers: told at least once, always with the same id, and never inside our own networks."""

import asyncio
import logging
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from aiohttp.abc import AbstractResolver
from aiohttp.resolver import ThreadedResolver
from pydantic import SecretStr, ValidationError

from config.notices import WebhookSettings
from jobs.model.events import Event, EventKind
from tests.support.builders import INVOICES, NOON
from tests.support.receiver import SECRET, Receiver, receiving
from tests.support.resolver import MemoryResolver
from tests.support.waiting import until
from worker.notices.courier import Courier
from worker.notices.failures import NotTold, Unreachable
from worker.notices.target import Channel, Target, TellingOutcome
from worker.notices.webhooks import opened_webhook
from worker.storage.notice_box import NoticeBox

TARGET = Target(Channel.WEBHOOK, "ledger", frozenset(), frozenset(EventKind))


def an_event(number: int = 1) -> Event:
    return Event(
        id=f"invoices-{number:06}.delivered.8",
        kind=EventKind.BATCH_DONE,
        at=NOON + timedelta(minutes=number),
        route=INVOICES,
        batch=f"invoices-{number:06}",
        why="Ķekavas ūdens",
    )


def hook_to(url: str, *secrets: str, allow_private: bool = True) -> WebhookSettings:
    keys = tuple(map(SecretStr, secrets or (SECRET,)))
    return WebhookSettings(url=SecretStr(url), secrets=keys, allow_private=allow_private)


class Round:
    """One target's courier with a clock that goes on only when it is told to."""

    def __init__(self, folder: Path) -> None:
        self.box = NoticeBox(folder / TARGET.folder)
        self.time = NOON
        self.outcomes: Counter[TellingOutcome] = Counter()

    def now(self) -> datetime:
        return self.time

    async def deliver(self, settings: WebhookSettings, resolver: AbstractResolver | None = None) -> None:
        """Work the box off once, as a process does that was just started."""
        async with opened_webhook(settings, self.now, resolver) as webhook:
            count: Callable[[Channel, TellingOutcome], None] = lambda _, outcome: self.outcomes.update([outcome])  # noqa: E731
            mark = settings.url.get_secret_value()
            await Courier(TARGET, self.box, webhook.send, now=self.now, count=count, mark=mark).deliver()

    @property
    def state(self) -> tuple[int, int]:
        """How many are not told yet, and how many were given up."""
        standing = self.box.backlog()
        return standing.untold, standing.dead


@pytest.fixture
def a_round(tmp_path: Path) -> Round:
    return Round(tmp_path)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as running:
        yield running


@dataclass
class Door:
    """A port at which nobody answers, and how often somebody came to it."""

    port: int = 0
    visits: int = 0


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    found = Door()

    async def meet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found.visits += 1
        writer.close()

    async with await asyncio.start_server(meet, "127.0.0.1", 0) as server:
        found.port = server.sockets[0].getsockname()[1]
        yield found


async def test_an_event_is_told_once_and_signed(a_round: Round, receiver: Receiver) -> None:
    a_round.box.add([an_event()])
    await a_round.deliver(hook_to(receiver.url))
    await a_round.deliver(hook_to(receiver.url))
    assert receiver.ids == ["invoices-000001.delivered.8"]
    assert receiver.is_signed(0)
    assert receiver.got[0]["data"]["why"] == "Ķekavas ūdens"
    assert a_round.state == (0, 0)


async def test_a_receiver_that_fails_and_comes_back_gets_all_with_the_ids_that_they_had(
    a_round: Round, receiver: Receiver
) -> None:
    a_round.box.add([an_event(1), an_event(2)])
    receiver.status = 503
    await a_round.deliver(hook_to(receiver.url))
    await a_round.deliver(hook_to(receiver.url))
    assert len(receiver.ids) == 2, "not again before the pause is over"
    receiver.status = 204
    a_round.time += timedelta(seconds=6)
    await a_round.deliver(hook_to(receiver.url))
    assert sorted(receiver.ids[2:]) == sorted(receiver.ids[:2])
    assert all(receiver.is_signed(number) for number in range(4))
    assert a_round.state == (0, 0)
    assert a_round.outcomes == {TellingOutcome.FAILED: 2, TellingOutcome.TOLD: 2}


async def test_one_that_the_receiver_cannot_take_holds_no_other_up(a_round: Round, receiver: Receiver) -> None:
    a_round.box.add([an_event(1)])
    receiver.status = 500
    await a_round.deliver(hook_to(receiver.url))
    receiver.status = 200
    a_round.box.add([an_event(2)])
    await a_round.deliver(hook_to(receiver.url))
    assert receiver.ids == [an_event(1).id, an_event(2).id]
    assert a_round.state == (1, 0)


async def test_after_a_day_it_is_given_up_and_kept_and_can_be_told_once_more(
    a_round: Round, receiver: Receiver
) -> None:
    a_round.box.add([an_event()])
    receiver.status = 500
    while a_round.state == (1, 0):
        await a_round.deliver(hook_to(receiver.url))
        a_round.time += timedelta(hours=5)
    assert a_round.state == (0, 1)
    (dead,) = a_round.box.dead()
    assert (dead.event, dead.failure) == (an_event(), "the receiver answers 500")
    assert a_round.outcomes[TellingOutcome.DEAD] == 1
    receiver.status = 200
    assert a_round.box.revive() == 1
    await a_round.deliver(hook_to(receiver.url))
    assert a_round.state == (0, 0)
    assert set(receiver.ids) == {an_event().id}


async def test_a_receiver_that_is_gone_is_asked_no_more_until_its_address_is_another(
    a_round: Round, receiver: Receiver
) -> None:
    receiver.status = 410
    a_round.box.add([an_event(1)])
    await a_round.deliver(hook_to(receiver.url))
    a_round.box.add([an_event(2)])
    a_round.time += timedelta(minutes=1)
    await a_round.deliver(hook_to(receiver.url))
    assert receiver.ids == [an_event(1).id]
    assert a_round.state == (0, 2)
    receiver.status = 200
    a_round.box.add([an_event(3)])
    await a_round.deliver(hook_to(receiver.url.replace("hook", "elsewhere")))
    assert receiver.ids == [an_event(1).id, an_event(3).id]


async def test_a_redirect_is_not_followed(a_round: Round, receiver: Receiver) -> None:
    receiver.status, receiver.headers = 307, {"location": "/elsewhere"}
    a_round.box.add([an_event()])
    await a_round.deliver(hook_to(receiver.url))
    assert len(receiver.ids) == 1
    assert a_round.state == (1, 0)


async def test_while_secrets_are_replaced_either_verifies(a_round: Round, receiver: Receiver) -> None:
    other = "whsec_bmV3IHNlY3JldCBvZiB0aGUgcmVjZWl2ZXIgYW5kIHVz"
    a_round.box.add([an_event()])
    await a_round.deliver(hook_to(receiver.url, SECRET, other))
    assert receiver.is_signed(0, SECRET)
    assert receiver.is_signed(0, other)


async def test_a_slow_receiver_is_asked_for_no_more_than_a_few_at_once_and_stops_no_other(
    a_round: Round, receiver: Receiver, tmp_path: Path
) -> None:
    receiver.gate.clear()
    a_round.box.add(an_event(number) for number in range(1, 13))
    slow = asyncio.create_task(a_round.deliver(hook_to(receiver.url)))
    async with receiving() as other:
        beside = Round(tmp_path / "beside")
        beside.box.add([an_event()])
        await beside.deliver(hook_to(other.url))
        assert beside.state == (0, 0)
    await until(lambda: receiver.waiting == 4)
    receiver.gate.set()
    await slow
    assert receiver.most_at_once == 4
    assert len(set(receiver.ids)) == 12
    assert a_round.state == (0, 0)


async def test_where_nobody_listens_only_the_first_few_are_tried(a_round: Round) -> None:
    async with receiving() as gone:
        url = gone.url
    a_round.box.add(an_event(number) for number in range(1, 13))
    await a_round.deliver(hook_to(url))
    assert a_round.outcomes == {TellingOutcome.FAILED: 4}
    assert a_round.state == (12, 0)
    assert "no connection" in a_round.box.state.failure


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "127.1", "2130706433", "0x7f000001", "169.254.169.254"],
)
async def test_no_address_of_our_own_networks_is_ever_connected_to(host: str, a_round: Round, door: Door) -> None:
    a_round.box.add([an_event()])
    await a_round.deliver(hook_to(f"https://{host}:{door.port}/hook", allow_private=False))
    assert re.search("allow_private|name is not known|address is none", a_round.box.state.failure)
    assert door.visits == 0


async def test_a_name_is_looked_up_anew_each_time_and_the_address_itself_is_checked(a_round: Round, door: Door) -> None:
    """DNS rebinding: what the name meant when somebody looked says nothing of what is connected to."""
    names = MemoryResolver(hook_example=("10.0.0.1", "::ffff:127.0.0.1", "127.0.0.1"))
    a_round.box.add([an_event()])
    for _ in range(3):
        await a_round.deliver(hook_to(f"https://hook.example:{door.port}/hook", allow_private=False), names)
        assert "allow_private" in a_round.box.state.failure
        a_round.time += timedelta(hours=1)
    assert (names.asked, door.visits) == (3, 0)
    await a_round.deliver(hook_to(f"https://hook.example:{door.port}/hook"), names)
    assert door.visits == 1


@pytest.mark.parametrize("name", ["memory", "system"])
async def test_every_resolver_tells_addresses_or_that_there_are_none(name: str) -> None:
    resolver = MemoryResolver(localhost=("127.0.0.1",)) if name == "memory" else ThreadedResolver()
    (first, *_) = await resolver.resolve("localhost", 80)
    assert (first["host"], first["port"]) == ("127.0.0.1", 80)
    with pytest.raises(OSError, match=r".*"):
        await resolver.resolve("nobody.invalid", 80)
    await resolver.close()


@pytest.mark.parametrize("url", ["http://hooks.example.org/", "ftp://hooks.example.org/", "/hook", "https://"])
def test_a_url_that_is_not_https_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ValidationError, match="https://") as refused:
        hook_to(url, allow_private=False)
    assert "hooks.example" not in str([error["msg"] for error in refused.value.errors()])


async def test_nothing_that_is_logged_or_kept_holds_the_address_or_the_secret(
    a_round: Round, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with receiving() as receiver:
        receiver.status = 403
        a_round.box.add([an_event()])
        with caplog.at_level(logging.DEBUG):
            await a_round.deliver(hook_to(receiver.url + "?token=hunter2"))
    kept = await asyncio.to_thread(lambda: "".join(path.read_text() for path in tmp_path.rglob("*.json")))
    assert "403" in kept
    assert "hunter2" not in kept + caplog.text
    assert SECRET not in kept + caplog.text


SENDER = """
import asyncio, sys
from pathlib import Path
from tests.contracts.test_webhooks import Round, hook_to
asyncio.run(Round(Path(sys.argv[1])).deliver(hook_to(sys.argv[2])))
"""


async def test_who_is_killed_between_telling_and_noting_tells_it_once_more_with_the_same_id(
    a_round: Round, receiver: Receiver, tmp_path: Path
) -> None:
    a_round.box.add([an_event()])
    receiver.gate.clear()
    sender = await asyncio.create_subprocess_exec(sys.executable, "-c", SENDER, tmp_path, receiver.url)
    await until(lambda: bool(receiver.ids))
    os.kill(sender.pid, signal.SIGKILL)
    assert await sender.wait() == -signal.SIGKILL
    receiver.gate.set()
    assert a_round.state == (1, 0)
    await a_round.deliver(hook_to(receiver.url))
    assert receiver.ids == [an_event().id] * 2
    assert a_round.state == (0, 0)


async def test_a_failure_is_a_sentence_for_whoever_mends_it() -> None:
    async with opened_webhook(hook_to("http://nobody.invalid/"), lambda: NOON, MemoryResolver()) as webhook:
        with pytest.raises(Unreachable, match="the receiver's name is not known"):
            await webhook.send(an_event())
    assert issubclass(Unreachable, NotTold)
