"""The log is read by programs from its first line to its last: each line is one JSON object, whoever wrote it."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.support.waiting import PATIENCE
from tests.whole.rehearsal import zimogs

# Says something in every way that a program has, and ends by an error that nobody catches.
TALKER = """
import asyncio, gc, logging, threading, warnings
import structlog
from worker.app.logs import LogForm, begin_logging

begin_logging(form=LogForm.JSON)
structlog.get_logger("worker.talker").info("ours", document="Ķīna\\n.pdf")
logging.getLogger("aiohttp.server").error("a library's, %s", "with arguments")
warnings.warn("a warning")

def fail_in_a_thread():
    raise ValueError("a secret")

thread = threading.Thread(target=fail_in_a_thread)
thread.start()
thread.join()

class Broken:
    def __del__(self):
        raise ValueError("a secret")

Broken()
gc.collect()

async def forget():
    asyncio.get_running_loop().create_task(fail_in_a_task())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gc.collect()

async def fail_in_a_task():
    raise ValueError("a secret")

asyncio.run(forget())

def fail_at_the_end():
    raise ValueError("a secret")

fail_at_the_end()
"""


@pytest.fixture(scope="module")
def told() -> list[dict[str, Any]]:
    ended = subprocess.run(
        [sys.executable, "-c", TALKER], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    return [json.loads(line) for line in ended.stderr.splitlines()]


@pytest.mark.parametrize(
    "words",
    [
        "Ķīna", "a library's, with arguments", "a warning", "fail_in_a_thread\\n", "__del__\\n", "fail_in_a_task\\n",
        "fail_at_the_end\\n",
    ],
)  # fmt: skip
def test_everything_that_is_said_is_one_json_line(told: list[dict[str, Any]], words: str) -> None:
    assert len([line for line in told if words in json.dumps(line, ensure_ascii=False)]) == 1


def test_no_line_quotes_what_a_foreign_error_says(told: list[dict[str, Any]]) -> None:
    assert "a secret" not in json.dumps(told)


def test_every_line_says_when_and_how_bad(told: list[dict[str, Any]]) -> None:
    assert all({"event", "level", "timestamp"} <= line.keys() for line in told)


def test_settings_that_cannot_be_used_are_told_in_the_log() -> None:
    ended = zimogs("run", "--config", "none.toml")
    (line,) = map(json.loads, ended.complaints.splitlines())
    assert (ended.code, ended.output, line["level"]) == (2, "", "critical")
    assert "copy zimogs.example.toml" in line["error"]
