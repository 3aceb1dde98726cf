"""Which stage the processor works for: a stopwatch that goes with tasks and threads, and is no profiler.

Each step of a task and each call in a thread counts for the stage it is in, found by a context variable, which tasks
and `asyncio.to_thread` take along; a stage within a stage counts for itself alone. What runs outside of tasks (sockets,
parsers, timers) belongs to no stage.
"""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from functools import wraps
from inspect import iscoroutinefunction
from types import TracebackType
from typing import Any

REST = "rest"
"""What no stage accounts for."""


class Stopwatch:
    """Seconds of processor time by stage, over all threads of the process."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.seconds: Counter[str] = Counter()
        self._stage: ContextVar[str] = ContextVar("stage", default=REST)
        self._here = threading.local()
        self._adding = threading.Lock()

    def watch(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, whose time counts for the stage; one that is awaited is still awaited."""
        if iscoroutinefunction(function):

            @wraps(function)
            async def watch_awaiting(*args: Any, **kwargs: Any) -> Any:
                before = self._enter(stage)
                try:
                    return await function(*args, **kwargs)
                finally:
                    self._enter(before)

            return watch_awaiting

        @wraps(function)
        def watch_calling(*args: Any, **kwargs: Any) -> Any:
            before = self._enter(stage)
            try:
                return function(*args, **kwargs)
            finally:
                self._enter(before)

        return watch_calling

    def install(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have it go with every task of the loop and every thread pool of the process."""
        loop.set_task_factory(lambda loop, coroutine, **more: asyncio.Task(_Timed(coroutine, self), loop=loop, **more))
        submit, stopwatch = ThreadPoolExecutor.submit, self

        def submit_timed(pool: ThreadPoolExecutor, function: Callable[..., Any], *args: Any, **kw: Any) -> Future[Any]:
            stage = stopwatch._stage.get()

            def run_timed() -> Any:
                stopwatch._stage.set(stage)
                stopwatch.begin()
                try:
                    return function(*args, **kw)
                finally:
                    stopwatch.end()

            return submit(pool, run_timed)

        ThreadPoolExecutor.submit = submit_timed  # type: ignore[method-assign, assignment]

    def begin(self) -> None:
        """Something goes on in this thread."""
        self._here.since = time.thread_time()

    def end(self) -> None:
        """It pauses, or is over."""
        self._count()
        self._here.since = None

    def _enter(self, stage: str) -> str:
        self._count()
        before = self._stage.get()
        self._stage.set(stage)
        return before

    def _count(self) -> None:
        since, now = getattr(self._here, "since", None), time.thread_time()
        if since is not None:
            with self._adding:
                self.seconds[self._stage.get()] += now - since
            self._here.since = now


class _Timed(Coroutine[Any, Any, Any]):
    """A coroutine whose every step is timed."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], stopwatch: Stopwatch) -> None:
        self._coroutine, self._stopwatch = coroutine, stopwatch

    def send(self, value: Any) -> Any:
        self._stopwatch.begin()
        try:
            return self._coroutine.send(value)
        finally:
            self._stopwatch.end()

    def throw(self, kind: Any, value: Any = None, traceback: TracebackType | None = None) -> Any:
        self._stopwatch.begin()
        try:
            return self._coroutine.throw(kind if value is None else value)
        finally:
            self._stopwatch.end()

    def close(self) -> None:
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._coroutine.__await__()
