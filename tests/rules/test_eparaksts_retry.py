"""The one retry policy: how often, how long, and what never."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from jobs.model.errors import Permanent, Retryable, SealingError, Uncertain
from worker.eparaksts.failures import TurnedAway
from worker.eparaksts.operations import TERMS, Operation, Repeat
from worker.eparaksts.retry import RetryPolicy

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Trial:
    """A vendor that fails as told and then succeeds, and a clock that only pauses move."""

    def __init__(self, failures: Sequence[SealingError], **bounds: int | timedelta) -> None:
        self.failures = list(failures)
        self.attempts: list[int] = []
        self.pauses: list[float] = []
        self.retried: list[Operation] = []
        self.time = NOON
        self.retry = RetryPolicy(
            sleep=self.sleep,
            on_retry=self.retried.append,
            now=lambda: self.time,
            **bounds,  # type: ignore[arg-type]
        )

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.time += timedelta(seconds=seconds)

    async def attempt(self, number: int) -> str:
        self.attempts.append(number)
        if self.failures:
            raise self.failures.pop(0)
        return "done"

    async def run(self, operation: Operation = Operation.LIST, until: datetime | None = None) -> str:
        return await self.retry(operation, self.attempt, until=until)


async def test_a_success_is_not_repeated() -> None:
    trial = Trial([])
    assert await trial.run() == "done"
    assert (trial.attempts, trial.pauses, trial.retried) == ([1], [], [])


async def test_attempts_are_numbered_and_each_retry_is_observed() -> None:
    trial = Trial([Retryable("a"), Retryable("b")])
    assert await trial.run() == "done"
    assert trial.attempts == [1, 2, 3]
    assert trial.retried == [Operation.LIST, Operation.LIST]


async def test_the_last_error_is_raised_when_patience_ends() -> None:
    trial = Trial([Retryable(str(number)) for number in range(1, 10)])
    with pytest.raises(Retryable, match="3"):
        await trial.run()
    assert trial.attempts == [1, 2, 3]


async def test_one_attempt_is_one_attempt() -> None:
    trial = Trial([Retryable("a")], attempts=1)
    with pytest.raises(Retryable, match="a"):
        await trial.run()
    assert (trial.attempts, trial.pauses) == ([1], [])


@pytest.mark.parametrize("error", [Uncertain("x"), Permanent("x")])
async def test_only_retryable_is_repeated(error: SealingError) -> None:
    trial = Trial([error])
    with pytest.raises(type(error)):
        await trial.run()
    assert trial.attempts == [1]


@pytest.mark.parametrize("error", [Uncertain("x"), Permanent("x")])
async def test_another_failure_ends_the_repetition(error: SealingError) -> None:
    trial = Trial([Retryable("a"), error])
    with pytest.raises(type(error)):
        await trial.run()
    assert trial.attempts == [1, 2]


@pytest.mark.parametrize("operation", [op for op, terms in TERMS.items() if terms.repeat is Repeat.NEVER])
async def test_what_must_not_be_repeated_is_not_even_when_nothing_happened(operation: Operation) -> None:
    trial = Trial([Retryable("never reached")])
    with pytest.raises(Retryable):
        await trial.run(operation)
    assert trial.attempts == [1]


@pytest.mark.parametrize("operation", [op for op, terms in TERMS.items() if terms.repeat is Repeat.NEVER])
async def test_what_the_vendor_turned_away_is_repeated_after_the_pause_it_asks_for_also_where_nothing_else_is(
    operation: Operation,
) -> None:
    trial = Trial([TurnedAway("429", after=timedelta(seconds=7))])
    assert await trial.run(operation) == "done"
    assert trial.pauses == [7]
    trial = Trial([TurnedAway("429", after=timedelta(seconds=1)), Retryable("never reached")])
    with pytest.raises(Retryable, match="never reached"):
        await trial.run(operation)
    assert trial.attempts == [1, 2]


async def test_pauses_grow() -> None:
    trial = Trial([Retryable("a")] * 4, attempts=5)
    await trial.run()
    assert all(0.5 * 2**n <= pause <= 0.5 * 2**n + 0.5 for n, pause in enumerate(trial.pauses))


async def test_the_pause_is_never_shorter_than_the_vendor_asks_for() -> None:
    trial = Trial([Retryable("busy", after=timedelta(seconds=30))])
    await trial.run()
    assert trial.pauses == [30]


async def test_no_attempt_begins_after_the_total_time() -> None:
    trial = Trial([Retryable("busy", after=timedelta(seconds=50))] * 9, attempts=9, within=timedelta(seconds=120))
    with pytest.raises(Retryable):
        await trial.run()
    assert trial.pauses == [50, 50]


async def test_no_attempt_begins_after_the_deadline() -> None:
    trial = Trial([Retryable("busy", after=timedelta(seconds=20))] * 9, attempts=9)
    with pytest.raises(Retryable):
        await trial.run(until=NOON + timedelta(seconds=30))
    assert trial.pauses == [20]
