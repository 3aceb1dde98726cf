"""What a log tells of errors, whoever raised and whoever logged them: neither a code nor a person that they held."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest
import typer
from redis.exceptions import OutOfMemoryError, RedisError

from jobs.model.errors import Retryable
from jobs.model.standstill import WORDS, Cause
from tests.support.waiting import PATIENCE
from worker.cli.console import complaining
from worker.cli.handlers.failures import tell_failure
from worker.error_text import error_text

# Fills a Redis to the brim, approves, and has everybody who logs say what came of it.
FULL = """
import asyncio, gc, logging, sys
from datetime import UTC, datetime
from pathlib import Path
import structlog
from jobs.model.errors import Retryable
from jobs.model.seals import Authorization
from jobs.ports import Story
from worker.app.logs import begin_logging
from worker.desk.dialogs import RedisDialogs, Approving
from worker.queue.connecting import connected
from worker.queue.doorbell import ArqDoorbell
from worker.queue.embedded import embedded_valkey
from worker.storage.encryption import Cipher

begin_logging()
log = structlog.get_logger()
consent = Authorization.model_validate({
    "batch": "invoices-000001", "approver": "PNOLV-000123-00001", "summary": "s", "code": "one-time",
    "granted_at": datetime.now(UTC),
})

async def approve(redis):
    # As a library would that logs in clear: the command is quoted by the error.
    async with redis.pipeline() as pipe:
        pipe.set("arq:job:x", "one-time PNOLV-000123-00001")
        await pipe.execute()

async def main():
    async with embedded_valkey(Path(sys.argv[1])) as url, connected(url) as redis:
        await redis.config_set("maxmemory", 1)
        await redis.config_set("maxmemory-policy", "noeviction")
        bell = ArqDoorbell(redis, Cipher(bytes(32)))
        await bell.ring(Story.PREPARE, "invoices-000001")
        for step in (lambda: approve(redis), lambda: bell.enqueue_sealing(consent)):
            try:
                await step()
            except Exception as error:
                assert "OutOfMemory" in type(error).__name__
                log.exception("page broke")
                log.warning("ring lost", error=error)
                logging.getLogger("arq.worker").exception("%s failed, %s: %s", "seal", type(error).__name__, error)
        task = asyncio.get_running_loop().create_task(approve(redis))
        await asyncio.wait([task])
        del task
        gc.collect()
        try:
            try:
                await approve(redis)
            except Exception as error:
                raise ExceptionGroup("PNOLV-000123-00001", [error, Retryable("the vendor is away")]) from error
        except ExceptionGroup:
            log.exception("many things broke")

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("redis")
    ended = subprocess.run(
        [sys.executable, "-c", FULL, folder], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stderr


@pytest.mark.parametrize("secret", ["one-time", "000123", "SET arq"])
def test_a_full_redis_brings_neither_code_nor_person_into_the_log(told: str, secret: str) -> None:
    assert secret not in told


@pytest.mark.parametrize(
    "words", ["page broke", "ring lost", "seal failed", "never retrieved", "OutOfMemoryError", "in approve", "is away"]
)
def test_the_log_still_tells_what_broke_and_where(told: str, words: str) -> None:
    assert words in told


def test_our_own_sentences_and_the_systems_are_told() -> None:
    assert error_text(Retryable("503")) == "503"
    with pytest.raises(FileNotFoundError) as caught:
        Path("/nowhere/at/all").read_bytes()
    assert error_text(caught.value) == "No such file or directory: /nowhere/at/all"


@pytest.mark.parametrize("error", [ValueError("secret"), KeyError("secret"), asyncio.InvalidStateError("secret")])
def test_of_other_peoples_errors_the_kind_is_told(error: Exception) -> None:
    assert "secret" not in error_text(error)
    assert type(error).__name__ in error_text(error)


def test_a_command_that_redis_fails_says_what_it_means_and_quotes_nothing() -> None:
    said: list[str] = []

    def hear(message: str, code: int = 1) -> NoReturn:
        said.append(message)
        raise typer.Exit(code)

    full = OutOfMemoryError("Command # 1 (SET arq:job:x one-time PNOLV-000123-00001) of pipeline caused error: OOM")
    for error in (full, ExceptionGroup("unhandled", [full])):
        with pytest.raises(typer.Exit), complaining(RedisError, fail=hear, tell=tell_failure):
            raise error
    assert said[0] == said[1]
    assert "one-time" not in said[0]
    assert WORDS[Cause.REDIS_FULL].advice in said[0]
