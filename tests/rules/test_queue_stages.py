from worker.queue.stages import MOST_JOBS, choose


def jobs(story: str, count: int, first: int = 0) -> list[str]:
    return [f"{story}:invoices-{number:06}:due" for number in range(first, first + count)]


def test_a_delivery_does_not_wait_behind_preparations_that_came_before_it() -> None:
    chosen = choose([*jobs("prepare", 1000), *jobs("deliver", 2)], [])
    assert chosen == [*jobs("deliver", 2), *jobs("prepare", 6)]


def test_preparations_that_run_count() -> None:
    assert choose(jobs("prepare", 10, first=5), jobs("prepare", 5)) == jobs("prepare", 1, first=5)


def test_there_is_room_for_the_other_stages_however_many_batches_wait_in_one() -> None:
    full = choose([*jobs("deliver", 1000), *jobs("prepare", 1000)], [])
    assert len(full) < MOST_JOBS
    assert choose([*jobs("gather", 1), *jobs("recover", 1)], full) == [*jobs("gather", 1), *jobs("recover", 1)]


def test_seals_are_bounded_by_the_queue_alone() -> None:
    assert len(choose(jobs("seal", 50), [])) == MOST_JOBS
