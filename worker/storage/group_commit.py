"""Many pieces of work on disk, done step by step together: what they changed in one folder is synced once.

Syncing a folder costs as much as all that was changed in it, so a hundred documents pay for one sync.
"""

import asyncio
from collections.abc import Callable, Generator, Iterable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from worker.storage.durable import sync_folder

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

Steps = Generator[Iterable[Path], None, Answer]
"""One piece of work: it yields the folders that must be durable before it goes on, and returns its answer."""

GROUP = 32
"""Pieces of work that one hop into a thread takes along."""


def in_step(works: Iterable[Steps[Answer]]) -> list[Answer | Exception]:
    """Do all of them; an error ends only the work that met it, and stands in the answer's place.

    Between two steps each folder that was yielded is synced, once. Blocks.
    """
    standing = dict(enumerate(works))
    answers: dict[int, Answer | Exception] = {}
    errors: dict[Path, Exception] = {}
    yielded: dict[int, tuple[Path, ...]] = {}
    while standing:
        for number, work in [*standing.items()]:
            try:
                yielded[number] = _step(work, yielded.get(number, ()), errors)
            except StopIteration as end:
                answers[number] = end.value
            except Exception as error:  # noqa: BLE001  it is handed to whoever asked
                answers[number] = error
        standing = {number: work for number, work in standing.items() if number not in answers}
        errors = _synced({folder for number in standing for folder in yielded[number]})
    return [answers[number] for number in sorted(answers)]


class Together(Generic[Asked, Answer]):
    """Concurrent callers share hops into a thread: who asks while one is under way goes with the next."""

    def __init__(self, work: Callable[[Asked], Steps[Answer]]) -> None:
        self._work = work
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._hops: asyncio.Task[None] | None = None

    async def ask(self, asked: Asked) -> Answer:
        """Have the work done; raises what it raises."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if self._hops is None:
            self._hops = asyncio.create_task(self._hop())
        return await answer

    async def _hop(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
                await self._go(group)
        finally:
            self._hops = None

    async def _go(self, group: Sequence[tuple[Asked, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await asyncio.to_thread(in_step, [self._work(asked) for asked, _ in group])
            _hand_out(answers, [future for _, future in group])
        finally:
            # Whoever has no answer by now, because the loop is ending, shall not wait for one.
            for _, future in group:
                future.cancel()


def _step(work: Steps[Answer], before: Sequence[Path], errors: dict[Path, Exception]) -> tuple[Path, ...]:
    failed = [errors[folder] for folder in before if folder in errors]
    return tuple(work.throw(failed[0]) if failed else next(work))


def _synced(folders: Iterable[Path]) -> dict[Path, Exception]:
    """Sync each one; gives the errors of those that would not."""
    errors: dict[Path, Exception] = {}
    for folder in folders:
        try:
            sync_folder(folder)
        except OSError as error:
            errors[folder] = error
    return errors


def _hand_out(answers: Sequence[Answer | Exception], futures: Sequence[asyncio.Future[Answer]]) -> None:
    for answer, future in zip(answers, futures, strict=True):
        # A caller who was cancelled hears nothing; what it asked for is done all the same.
        if future.done():
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
