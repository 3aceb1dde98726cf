"""Group commit: those who change the same folders at the same time pay for one sync of each folder.

Syncing a folder costs as much as all that was changed in it, so a hundred documents share what one would pay.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from worker.storage.durable import sync_file, sync_folder

Work = TypeVar("Work")

Step = Callable[[Work], Iterable[Path]]
"""Does its part of one piece of work; gives the folders, and files, that must be durable before the next step."""

GROUP = 32
"""Pieces of work that one hop into a thread takes along."""


def commit_group(group: Sequence[Work], steps: Sequence[Step[Work]]) -> list[Exception | None]:
    """Take each step for all of the group before the next one begins, and sync each folder once in between. Blocks.

    Gives, in the group's order, the error that ended a piece of work, None where it was done. One error ends only
    the work that met it: a step that raised it, or whose folder could not be synced.
    """
    failures: dict[int, Exception] = {}
    for step in steps:
        changed: dict[int, tuple[Path, ...]] = {}
        for number, work in enumerate(group):
            if number in failures:
                continue
            try:
                changed[number] = tuple(step(work))
            except Exception as error:  # noqa: BLE001  it is handed to whoever asked for this piece of work
                failures[number] = error
        failed = sync_folders({folder for folders in changed.values() for folder in folders})
        failures |= {
            number: failed[folder] for number, folders in changed.items() for folder in folders if folder in failed
        }
    return [failures.get(number) for number in range(len(group))]


def sync_folders(folders: Iterable[Path]) -> Mapping[Path, OSError]:
    """Make the names in each folder durable, or a file's content; gives the errors of those that would not."""
    errors: dict[Path, OSError] = {}
    for folder in folders:
        try:
            sync_folder(folder) if folder.is_dir() else sync_file(folder)
        except OSError as error:
            errors[folder] = error
    return errors


class GroupCommit(Generic[Work]):
    """Commits the work of concurrent callers in groups: who asks while one is under way goes with the next."""

    def __init__(self, *steps: Step[Work]) -> None:
        self._steps = steps
        self._waiting: list[tuple[Work, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def commit(self, work: Work) -> None:
        """Have every step taken for the work; raises what a step raised, and OSError where a folder was not synced."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, done))
        if self._task is None:
            self._task = asyncio.create_task(self._commit_waiting())
        await done

    async def _commit_waiting(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
                await self._commit_group(group)
        finally:
            self._task = None

    async def _commit_group(self, group: Sequence[tuple[Work, asyncio.Future[None]]]) -> None:
        try:
            errors = await asyncio.to_thread(commit_group, [work for work, _ in group], self._steps)
            for (_, done), error in zip(group, errors, strict=True):
                # A caller who was cancelled hears nothing; the work is done all the same.
                if not done.done():
                    done.set_exception(error) if error else done.set_result(None)
        finally:
            # Whoever has no answer by now, because the loop is ending, shall not wait for one.
            for _, done in group:
                done.cancel()
