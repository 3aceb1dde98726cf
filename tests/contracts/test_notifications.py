"""People are told by apprise, with a real receiver at the end: grouped, in their language, and not too often."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from tenacity import wait_none

from config.notices import NotificationSettings
from jobs.model.events import Event, EventKind
from jobs.model.text import Language, Text
from tests.rules.test_telling import DESK, waiting
from tests.support.builders import NOON
from tests.support.receiver import Receiver, receiving
from worker.notices.failures import NotTold
from worker.notices.message import Message
from worker.notices.notifier import Notifier
from worker.notices.people import PeopleAddress
from worker.notices.target import Channel, Target, TellingOutcome
from worker.storage.notice_box import NoticeBox

TARGET = Target(Channel.NOTIFICATION, "anna", frozenset(), frozenset(EventKind))


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as running:
        yield running


class Person:
    """One address with its box, and a clock that goes on only when it is told to."""

    def __init__(self, folder: Path, receiver: Receiver) -> None:
        self.box = NoticeBox(folder / TARGET.folder)
        self.url = SecretStr(receiver.url.replace("http://", "json://anna:hunter2@"))
        self.time = NOON
        self.over: set[str] = set()
        self.outcomes: list[TellingOutcome] = []

    async def tell(self, quiet: tuple[time, time] | None = None) -> None:
        """Look once, as a process does that was just started."""
        settings = NotificationSettings(urls=(self.url,), at_most_every=timedelta(minutes=15), quiet=quiet)
        await Notifier(
            TARGET,
            self.box,
            PeopleAddress(self.url, Language.LATVIAN).send,
            settings=settings,
            desk=DESK,
            is_true=self._is_true,
            now=self._now,
            count=lambda _, outcome: self.outcomes.append(outcome),
            zone=UTC,
            between_tries=wait_none(),
        ).deliver()

    async def _is_true(self, event: Event) -> bool:
        return event.batch not in self.over

    def _now(self) -> datetime:
        return self.time


@pytest.fixture
def anna(tmp_path: Path, receiver: Receiver) -> Person:
    return Person(tmp_path, receiver)


async def test_all_that_waits_is_told_in_one_latvian_message_and_no_more_until_its_time(
    anna: Person, receiver: Receiver
) -> None:
    anna.box.add([waiting(1, 100), waiting(2, 100), waiting(3, 12)])
    await anna.tell()
    (message,) = receiver.got
    assert message["title"].endswith("gaida lēmumu")
    assert "212" in message["message"]
    assert DESK in message["message"]
    anna.box.add([waiting(4, 1)])
    anna.time += timedelta(minutes=14)
    await anna.tell()
    assert len(receiver.got) == 1
    anna.time += timedelta(minutes=1)
    await anna.tell()
    assert len(receiver.got) == 2
    assert anna.box.untold() == ()
    assert anna.outcomes == [TellingOutcome.TOLD] * 2


async def test_nobody_is_woken_in_quiet_hours_and_nothing_is_lost_by_them(anna: Person, receiver: Receiver) -> None:
    anna.box.add([waiting(1, 1)])
    anna.time = NOON.replace(hour=23)
    await anna.tell(quiet=(time(22), time(7)))
    assert receiver.got == []
    anna.time += timedelta(hours=8)
    await anna.tell(quiet=(time(22), time(7)))
    assert len(receiver.got) == 1


async def test_nobody_is_called_for_what_was_approved_meanwhile(anna: Person, receiver: Receiver) -> None:
    anna.box.add([waiting(1, 1)])
    anna.over = {"invoices-000001"}
    await anna.tell()
    assert receiver.got == []
    assert anna.box.untold() == ()


async def test_a_service_that_fails_is_tried_again_and_shown_until_it_takes_the_message(
    anna: Person, receiver: Receiver
) -> None:
    receiver.status = 500
    anna.box.add([waiting(1, 7)])
    await anna.tell()
    assert len(receiver.got) == 3, "tried three times at once"
    standing = anna.box.backlog()
    assert (standing.untold, standing.state.attempts) == (1, 1)
    assert "did not take the message" in standing.state.failure
    await anna.tell()
    assert len(receiver.got) == 3, "not before the pause is over"
    receiver.status = 200
    anna.time += timedelta(seconds=6)
    await anna.tell()
    assert anna.box.backlog().untold == 0
    assert anna.box.state.failure == ""


async def test_after_a_day_in_vain_it_is_given_up_and_kept(anna: Person, receiver: Receiver) -> None:
    receiver.status = 500
    anna.box.add([waiting(1, 7)])
    while anna.box.untold():
        await anna.tell()
        anna.time += timedelta(hours=5)
    assert [notice.event for notice in anna.box.dead()] == [waiting(1, 7)]
    assert anna.outcomes[-1] is TellingOutcome.DEAD


async def test_no_password_is_ever_logged_or_kept(
    anna: Person, receiver: Receiver, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.status = 500
    anna.box.add([waiting(1, 7)])
    with caplog.at_level(logging.DEBUG):
        await anna.tell()
    kept = await asyncio.to_thread(lambda: "".join(path.read_text() for path in tmp_path.rglob("*.json")))
    assert "did not take" in kept
    assert "hunter2" not in kept + caplog.text
    assert "hunter2" not in repr(NotificationSettings(urls=(anna.url,)))


A_MESSAGE = Message(Text("News from zimogs"), (Text("Sealing is allowed again."),))


async def test_an_address_that_apprise_does_not_know_is_a_sentence() -> None:
    with pytest.raises(NotTold, match="apprise does not understand the address"):
        await PeopleAddress(SecretStr("nonsense://hunter2"), Language.ENGLISH).send(A_MESSAGE)


async def test_a_service_that_does_not_answer_is_waited_for_only_so_long(receiver: Receiver) -> None:
    receiver.gate.clear()
    address = PeopleAddress(SecretStr(receiver.url.replace("http", "json") + "?rto=60"), Language.ENGLISH, within=0.5)
    with pytest.raises(NotTold, match="does not answer in time"):
        await address.send(A_MESSAGE)
    with pytest.raises(NotTold, match="still has not answered"):
        await address.send(A_MESSAGE)
    receiver.gate.set()


def test_apprise_is_loaded_by_nothing_but_the_first_message() -> None:
    code = (
        "import sys, worker.app.wiring, worker.cli.application, worker.notices.people; print('apprise' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "False"
