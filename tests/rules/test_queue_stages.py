from worker.queue.stages import MOST_JOBS, choose


def jobs(story: str, count: int, first: int = 0) -> list[str]:
    return [f"{story}:invoices-{number:06}:due" for number in range(first, first + count)]


def begin(queued: list[str], running: list[str], elsewhere: frozenset[str] = frozenset()) -> list[str]:
    """What a worker begins that finds these queued: all that it chooses, unless another worker runs it."""
    begun: list[str] = []
    begun.extend(job for job in choose(queued, lambda: [*running, *begun]) if job not in elsewhere)
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
