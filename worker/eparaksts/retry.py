"""The one retry policy: bounded by count, by time, and by the life of whatever the call depends on."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from itertools import count
from typing import TypeVar

from tenacity import (
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    stop_any,
    wait_exponential_jitter,
)
from tenacity.asyncio import AsyncRetrying
from tenacity.stop import stop_base

from jobs.model.errors import Retryable
from worker.clock import utc_now
from worker.eparaksts.failures import TurnedAway
from worker.eparaksts.operations import TERMS, Operation, Repeat

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]
Attempt = Callable[[int], Awaitable[T]]

_backoff = wait_exponential_jitter(multiplier=0.5, max=8, jitter=0.5)


def count_nothing(_: Operation) -> None:
    """Count no retries."""


class RetryPolicy:
    """Repeats what the table of operations allows. `on_retry` is told before each pause; `sleep` makes the pause."""

    def __init__(
        self,
        *,
        attempts: int = 3,
        within: timedelta = timedelta(seconds=120),
        sleep: Sleep = asyncio.sleep,
        on_retry: Callable[[Operation], None] = count_nothing,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._attempts = attempts
        self._within = within
        self._sleep = sleep
        self._on_retry = on_retry
        self._now = now

    async def __call__(self, operation: Operation, attempt: Attempt[T], *, until: datetime | None = None) -> T:
        """Make the attempt (it takes its number, from 1) until it raises nothing that allows another, or patience ends.

        No attempt begins after `until`. Raises what the last attempt raised.
        """
        end = self._now() + self._within
        try:
            return await attempt(1)
        except Retryable as error:
            first = error
        repeated = TurnedAway if TERMS[operation].repeat is Repeat.NEVER else Retryable
        # tenacity costs a quarter of a call: it is asked only after a failure, and hears of that as if of its own try.
        numbers = count(1)

        async def make_attempt() -> T:
            number = next(numbers)
            if number == 1:
                raise first
            return await attempt(number)

        policy = AsyncRetrying(
            retry=retry_if_exception_type(repeated),
            stop=stop_any(stop_after_attempt(self._attempts), _StopBefore(min(until or end, end), self._now)),
            wait=_pause,
            sleep=self._sleep,
            before_sleep=lambda _: self._on_retry(operation),
            reraise=True,
        )
        return await policy(make_attempt)


class _StopBefore(stop_base):
    """Stops when the next attempt would begin at `until` or later."""

    def __init__(self, until: datetime, now: Callable[[], datetime]) -> None:
        self._until = until
        self._now = now

    def __call__(self, retry_state: RetryCallState) -> bool:
        return self._now() + timedelta(seconds=retry_state.upcoming_sleep) >= self._until


def _pause(state: RetryCallState) -> float:
    """Seconds until the next attempt: growing, jittered, and never less than the vendor asked for."""
    error = state.outcome.exception() if state.outcome else None
    least = error.after if isinstance(error, Retryable) else None
    return max(_backoff(state), least.total_seconds() if least else 0.0)
