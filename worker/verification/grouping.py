"""Many questions at a time: concurrent callers share one visit to a thread, and one line to another process."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")

LARGEST_GROUP = 32
LINGER = 0.01
"""Seconds that a small group waits for company: what is downloaded side by side arrives within them."""


class Grouping(Generic[Q, A]):
    """Has questions of concurrent callers answered in groups, `at_once` of them side by side.

    `answer` blocks, and gives for each question, in their order, its answer or the error that its caller hears.
    """

    def __init__(
        self,
        answer: Callable[[Sequence[Q]], Sequence[A | Exception]],
        thread: Executor | None,
        *,
        at_once: int = 1,
    ) -> None:
        self._answer = answer
        self._thread = thread
        self._at_once = at_once
        self._waiting: list[tuple[Q, asyncio.Future[A]]] = []
        self._tasks: set[asyncio.Task[None] | None] = set()

    async def ask(self, question: Q) -> A:
        """Have it answered together with those of others; raises what `answer` gave, or raised for the whole group."""
        heard: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, heard))
        if len(self._tasks) < self._at_once:
            self._tasks.add(asyncio.create_task(self._answer_waiting()))
        return await heard

    async def _answer_waiting(self) -> None:
        try:
            await self._answer_groups()
        finally:
            # At once, and in no callback: whoever asks next must not count on a task that has ended.
            self._tasks.discard(asyncio.current_task())

    async def _answer_groups(self) -> None:
        while self._waiting:
            if len(self._waiting) < LARGEST_GROUP:
                await asyncio.sleep(LINGER)
            group, self._waiting = self._waiting[:LARGEST_GROUP], self._waiting[LARGEST_GROUP:]
            if group:
                await self._answer_group(group)

    async def _answer_group(self, group: Sequence[tuple[Q, asyncio.Future[A]]]) -> None:
        try:
            answers = await self._answer_together([question for question, _ in group])
            for (_, heard), answer in zip(group, answers, strict=True):
                # A caller who was cancelled hears nothing.
                if not heard.done():
                    heard.set_exception(answer) if isinstance(answer, Exception) else heard.set_result(answer)
        finally:
            # Whoever has no answer by now, because the loop is ending, shall not wait for one.
            for _, heard in group:
                heard.cancel()

    async def _answer_together(self, questions: Sequence[Q]) -> Sequence[A | Exception]:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._answer, questions)
        except Exception as error:  # noqa: BLE001  whoever asked hears it
            return [error] * len(questions)
