"""Each loop of a process is kept running by itself. Time passes only where a loop pauses."""

import asyncio

import pytest
from redis.exceptions import ResponseError
from structlog.testing import capture_logs

from worker.app.supervision import Run, Supervisor
from worker.metrics.loops import Loop


class Watched:
    """A supervisor, the restarts that it told of and the pauses that it made; cancelled after `patience` pauses."""

    def __init__(self, patience: int) -> None:
        self.time = 0.0
        self.pauses: list[float] = []
        self.restarts: list[Loop] = []
        self._patience = patience
        self.supervisor = Supervisor(self.restarts.append, clock=lambda: self.time, pause=self._pause)

    async def keep(self, run: Run) -> None:
        with pytest.raises(asyncio.CancelledError):
            await self.supervisor.keep(Loop.WATCH, run)

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.time += seconds
        if len(self.pauses) == self._patience:
            raise asyncio.CancelledError


async def fail() -> None:
    raise ZeroDivisionError("a file that nobody foresaw")


async def end() -> None:
    """A loop that should have gone on."""


@pytest.mark.parametrize("run", [fail, end])
async def test_a_loop_that_fails_or_ends_is_started_again_and_counted(run: Run) -> None:
    watched = Watched(3)
    await watched.keep(run)
    assert watched.restarts == [Loop.WATCH] * 3


async def test_each_restart_comes_later_than_the_one_before_up_to_a_minute() -> None:
    watched = Watched(8)
    await watched.keep(fail)
    assert watched.pauses == [1, 2, 4, 8, 16, 32, 60, 60]


async def test_no_line_about_a_loop_quotes_what_a_foreign_error_was_given() -> None:
    async def fill() -> None:
        raise ResponseError("Command # 1 (SET arq:job:x one-time) of pipeline caused error: OOM")

    with capture_logs() as logs:
        await Watched(1).keep(fill)
    assert [line["fault"] for line in logs if "fault" in line] == ["redis.exceptions.ResponseError"]


async def test_a_loop_that_ran_well_for_long_is_started_again_at_once() -> None:
    watched = Watched(4)

    async def fail_now_and_then() -> None:
        watched.time += 3600 if len(watched.pauses) == 2 else 0
        await fail()

    await watched.keep(fail_now_and_then)
    assert watched.pauses == [1, 2, 1, 2]


async def test_readiness_names_the_loop_that_is_down_until_it_has_run_well() -> None:
    watched = Watched(1)
    await watched.supervisor.check()
    await watched.keep(fail)
    with pytest.raises(RuntimeError, match=r"watch \(ZeroDivisionError\)"):
        await watched.supervisor.check()
    watched.time += 10
    await watched.supervisor.check()


async def test_the_loop_that_fails_takes_no_other_along() -> None:
    supervisor, went_on = Supervisor(lambda _: failed.set()), asyncio.Event()
    failed = asyncio.Event()

    async def go_on() -> None:
        await failed.wait()
        went_on.set()
        await asyncio.Event().wait()

    async with supervisor.keeping({Loop.WATCH: fail, Loop.SWEEP: go_on}), asyncio.timeout(60):
        await went_on.wait()
