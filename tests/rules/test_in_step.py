"""Work on disk that is done step by step together."""

import asyncio
from pathlib import Path

import pytest

from worker.storage.group_commit import GROUP, Steps, Together, in_step


def work(number: int, done: list[tuple[int, int]], folder: Path) -> Steps[int]:
    for step in (1, 2):
        done.append((step, number))
        yield (folder,)
    return number


def test_nobody_begins_a_step_before_everybody_has_ended_the_one_before(tmp_path: Path) -> None:
    done: list[tuple[int, int]] = []
    assert in_step(work(number, done, tmp_path) for number in range(3)) == [0, 1, 2]
    assert done == [(1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)]


def test_a_folder_that_cannot_be_synced_stops_only_those_who_need_it(tmp_path: Path) -> None:
    done: list[tuple[int, int]] = []
    lost, kept = in_step([work(0, done, tmp_path / "missing"), work(1, done, tmp_path)])
    assert (type(lost), kept) == (FileNotFoundError, 1)
    assert (2, 0) not in done


async def test_more_callers_than_one_group_holds_are_all_answered(tmp_path: Path) -> None:
    together: Together[int, int] = Together(lambda number: work(number, [], tmp_path))
    numbers = list(range(2 * GROUP + 1))
    assert await asyncio.gather(*map(together.ask, numbers)) == numbers


async def test_an_error_reaches_only_the_caller_whose_work_it_was(tmp_path: Path) -> None:
    together: Together[Path, int] = Together(lambda folder: work(1, [], folder))
    lost, kept = await asyncio.gather(
        together.ask(tmp_path / "missing"), together.ask(tmp_path), return_exceptions=True
    )
    assert (type(lost), kept) == (FileNotFoundError, 1)


async def test_a_caller_who_leaves_takes_nobody_along(tmp_path: Path) -> None:
    together: Together[int, int] = Together(lambda number: work(number, [], tmp_path))
    leaving, staying = (asyncio.create_task(together.ask(number)) for number in (1, 2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == 2
    with pytest.raises(asyncio.CancelledError):
        await leaving
