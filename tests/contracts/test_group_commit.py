"""Work on real folders that is committed in groups."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest

from worker.storage.group_commit import GROUP, GroupCommit, commit_group


class Log:
    """Two steps that note who took them when."""

    def __init__(self) -> None:
        self.taken: list[tuple[int, Path]] = []

    def first(self, folder: Path) -> Iterable[Path]:
        self.taken.append((1, folder))
        return (folder.parent,)

    def second(self, folder: Path) -> Iterable[Path]:
        self.taken.append((2, folder))
        return (folder.parent,)


def test_nobody_begins_a_step_before_everybody_has_ended_the_one_before(tmp_path: Path) -> None:
    log, works = Log(), [tmp_path / name for name in "abc"]
    assert commit_group(works, [log.first, log.second]) == [None] * 3
    assert log.taken == [(step, work) for step in (1, 2) for work in works]


def test_a_folder_that_cannot_be_synced_stops_only_those_who_need_it(tmp_path: Path) -> None:
    log, lost, kept = Log(), tmp_path / "missing" / "a", tmp_path / "b"
    failure, none = commit_group([lost, kept], [log.first, log.second])
    assert (type(failure), none) == (FileNotFoundError, None)
    assert (2, kept) in log.taken
    assert (2, lost) not in log.taken


async def test_more_callers_than_one_group_holds_are_all_answered(tmp_path: Path) -> None:
    log, works = Log(), [tmp_path / str(number) for number in range(2 * GROUP + 1)]
    commits = GroupCommit(log.first, log.second)
    await asyncio.gather(*map(commits.commit, works))
    assert {work for step, work in log.taken if step == 2} == {*works}


async def test_an_error_reaches_only_the_caller_whose_work_it_was(tmp_path: Path) -> None:
    commits = GroupCommit(Log().first)
    lost, kept = await asyncio.gather(
        commits.commit(tmp_path / "missing" / "a"), commits.commit(tmp_path / "b"), return_exceptions=True
    )
    assert (type(lost), kept) == (FileNotFoundError, None)


async def test_a_caller_who_leaves_takes_nobody_along(tmp_path: Path) -> None:
    log = Log()
    commits = GroupCommit(log.first)
    leaving, staying = (asyncio.create_task(commits.commit(tmp_path / name)) for name in "ab")
    await asyncio.sleep(0)
    leaving.cancel()
    await staying
    assert (1, tmp_path / "b") in log.taken
    with pytest.raises(asyncio.CancelledError):
        await leaving
