import pytest

from worker.queue.stages import MOST_JOBS, choose, find_shares


def jobs(story: str, count: int, first: int = 0) -> list[str]:
    return [f"{story}:invoices-{number:06}:due" for number in range(first, first + count)]


def begin(
    queued: list[str], running: list[str], elsewhere: frozenset[str] = frozenset(), workers: int = 1
) -> list[str]:
    """What one of so many workers begins that finds these queued: all that it chooses, unless another runs it."""
    begun: list[str] = []
    shares = find_shares([*queued, *running], workers)
    begun.extend(job for job in choose(queued, lambda: [*running, *begun], shares) if job not in elsewhere)
    return begun


def test_a_delivery_does_not_wait_behind_preparations_that_came_before_it() -> None:
    begun = begin([*jobs("prepare", 1000), *jobs("deliver", 2)], [])
    assert begun == [*jobs("deliver", 2), *jobs("prepare", 6)]


def test_preparations_that_run_count() -> None:
    assert begin(jobs("prepare", 10, first=5), jobs("prepare", 5)) == jobs("prepare", 1, first=5)


def test_there_is_room_for_the_other_stages_however_many_batches_wait_in_one() -> None:
    full = begin([*jobs("deliver", 1000), *jobs("prepare", 1000), *jobs("recover", 1000)], [])
    assert len(full) < MOST_JOBS
    assert begin(jobs("gather", 1), full) == jobs("gather", 1)
    assert begin(jobs("recover", 1), [*jobs("deliver", 8), *jobs("prepare", 6)]) == jobs("recover", 1)


def test_what_another_worker_runs_takes_no_place_from_what_waits_behind_it() -> None:
    queued = jobs("deliver", 20)
    assert begin(queued, [], elsewhere=frozenset(queued[:8])) == queued[8:16]


def test_seals_are_bounded_by_the_queue_alone() -> None:
    assert len(begin(jobs("seal", 50), [])) == MOST_JOBS


def test_a_worker_that_is_alone_takes_all_that_it_may() -> None:
    assert begin(jobs("deliver", 5), []) == jobs("deliver", 5)
    assert begin(jobs("deliver", 50), []) == jobs("deliver", 8)


def test_the_first_of_two_to_look_leaves_half_of_the_last_batches_and_takes_the_oldest() -> None:
    queued = jobs("deliver", 6)
    first = begin(queued, [], workers=2)
    assert first == queued[:3]
    assert begin(queued, [], elsewhere=frozenset(first), workers=2) == queued[3:]


def test_each_stage_is_shared_by_itself() -> None:
    queued = [*jobs("prepare", 4), *jobs("deliver", 2)]
    assert begin(queued, [], workers=2) == [*jobs("deliver", 1), *jobs("prepare", 2)]


def test_what_is_short_is_not_shared() -> None:
    assert begin(jobs("gather", 4), [], workers=4) == jobs("gather", 4)


@pytest.mark.parametrize("workers", [2, 4, 50])
def test_a_worker_that_hangs_holds_nothing_back_for_ever(workers: int) -> None:
    # All others hang, and have begun nothing; what this one has run is no longer queued.
    queued, looks = jobs("deliver", 20), []
    while queued:
        looks.append(begun := begin(queued, [], workers=workers))
        queued = queued[len(begun) :]
    assert [job for begun in looks for job in begun] == jobs("deliver", 20)
