"""How long calls of a port take, told by a stand-in that passes everything on."""

import inspect
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any


class Times:
    """Seconds of each call, by name."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, list[float]] = defaultdict(list)

    def timed(self, name: str, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """The same call, whose time is kept under this name."""

        @wraps(call)
        async def run(*arguments: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return await call(*arguments, **named)
            finally:
                self.seconds[name].append(time.perf_counter() - began)

        return run

    def of(self, subject: object, prefix: str) -> Any:
        """What stands in for the object; its calls' times are kept under the prefix and their names."""
        return _Timed(subject, prefix, self)


class _Timed:
    """Has the object's coroutine functions timed; all else is its own."""

    def __init__(self, subject: object, prefix: str, times: Times) -> None:
        self._subject = subject
        self._prefix = prefix
        self._times = times

    def __getattr__(self, name: str) -> Any:
        """Whatever the object has."""
        found = getattr(self._subject, name)
        return self._times.timed(f"{self._prefix}.{name}", found) if inspect.iscoroutinefunction(found) else found
