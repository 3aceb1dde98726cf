"""Command hooks: real programs, run without a shell, with nothing of ours but the event on their standard input."""

import asyncio
import json
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from config.notices import HookSettings
from jobs.model.events import EventKind
from tests.contracts.test_webhooks import an_event
from tests.support.builders import NOON
from tests.support.waiting import until
from worker.notices.courier import Courier
from worker.notices.failures import NotTold, Unreachable
from worker.notices.hooks import Hook
from worker.notices.target import Channel, Target
from worker.storage.notice_box import NoticeBox


def a_hook(*command: str | Path, within: float = 60) -> Hook:
    return Hook("archive", HookSettings(command=tuple(map(str, command)), within=timedelta(seconds=within)))


def python(code: str, *arguments: str | Path, within: float = 60) -> Hook:
    return a_hook(sys.executable, "-ISc", code, *arguments, within=within)


SAVE = """
import os, sys
open(sys.argv[1], "wb").write(sys.stdin.buffer.read())
open(sys.argv[2], "w").write(repr(dict(os.environ)))
"""
SAVE_WHEN_READY = """
import os, sys
os.path.exists(sys.argv[1]) or sys.exit(1)
open(sys.argv[2], "ab").write(sys.stdin.buffer.read())
"""


async def test_a_program_reads_the_event_and_none_of_our_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZIMOGS_EPARAKSTS__CLIENT_SECRET", "hunter2")
    got, environment = tmp_path / "got", tmp_path / "environment"
    await python(SAVE, got, environment).send(an_event())
    event = json.loads(got.read_bytes())
    assert (event["id"], event["type"]) == (an_event().id, EventKind.BATCH_DONE)
    assert event["data"]["why"] == "Ķekavas ūdens"
    assert "hunter2" not in environment.read_text()
    assert "PATH" in environment.read_text()


async def test_arguments_reach_it_as_they_are_for_there_is_no_shell(tmp_path: Path) -> None:
    odd = "$(touch /tmp/x); `id` & Ķēde"
    await python("import sys; open(sys.argv[1], 'w').write(sys.argv[2])", tmp_path / "got", odd).send(an_event())
    assert (tmp_path / "got").read_text() == odd


async def test_what_it_prints_stands_in_the_log_bounded_and_harmless() -> None:
    with capture_logs() as log:
        await python(r"import sys; print('x' * 100_000); sys.stderr.write('\x1b[31m beigas')").send(an_event())
    (line,) = log
    assert len(line["output"]) < 5000
    assert line["output"].endswith(r"\x1b[31m beigas")
    assert (line["hook"], line["code"]) == ("archive", 0)


async def test_a_program_that_reads_nothing_is_not_at_fault() -> None:
    await a_hook("true").send(an_event())


async def test_an_exit_code_says_that_it_was_not_told() -> None:
    with pytest.raises(NotTold, match="exit code 3"):
        await python("raise SystemExit(3)").send(an_event())


async def test_a_program_that_is_not_there_is_a_sentence() -> None:
    with pytest.raises(Unreachable, match="cannot be run: No such file"):
        await a_hook("/nowhere/archive").send(an_event())


START_CHILD = 'sleep 600 & echo $! > "$1.tmp"; mv "$1.tmp" "$1"; wait'


def is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def test_its_time_is_limited_and_what_it_started_ends_with_it(tmp_path: Path) -> None:
    noted = tmp_path / "child"
    with pytest.raises(NotTold, match="did not end within"):
        await a_hook("sh", "-c", START_CHILD, "sh", noted, within=2).send(an_event())
    child = int(noted.read_text())
    await until(lambda: not is_running(child))


async def test_when_we_have_to_end_it_ends_too(tmp_path: Path) -> None:
    noted = tmp_path / "child"
    sending = asyncio.create_task(a_hook("sh", "-c", START_CHILD, "sh", noted).send(an_event()))
    await until(noted.exists)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    await until(lambda: not is_running(int(noted.read_text())))


async def test_a_program_that_fails_is_run_again_with_the_same_event_until_it_does_its_work(tmp_path: Path) -> None:
    box = NoticeBox(tmp_path / "hook-archive")
    box.add([an_event()])
    now = [NOON]
    hook = python(SAVE_WHEN_READY, tmp_path / "ready", tmp_path / "got")
    target = Target(Channel.HOOK, "archive", frozenset(), frozenset(EventKind))
    courier = Courier(target, box, hook.send, now=lambda: now[0], count=lambda _, __: None)
    await courier.deliver()
    assert [notice.failure for notice in box.untold()] == ["the command ended with exit code 1"]
    (tmp_path / "ready").touch()
    now[0] += timedelta(seconds=6)
    await courier.deliver()
    assert json.loads((tmp_path / "got").read_bytes())["id"] == an_event().id
    assert (box.untold(), list(box.dead())) == ((), [])
