"""A claimer is seen by the others while it lives, however many of its threads claim at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from worker.inbox.claimer import Claimer

THREADS = 8


def test_threads_that_claim_for_the_first_time_at_once_share_one_sign_of_life(tmp_path: Path) -> None:
    for number in range(20):
        claimer, together = Claimer(tmp_path / str(number)), Barrier(THREADS)

        def show(_: int, claimer: Claimer = claimer, together: Barrier = together) -> None:
            together.wait()
            claimer.show()

        with ThreadPoolExecutor(THREADS) as threads:
            list(threads.map(show, range(THREADS)))
        assert [path.name for path in (tmp_path / str(number)).iterdir()] == [claimer.name]
        assert Claimer(tmp_path / str(number)).is_elsewhere(claimer.name)
