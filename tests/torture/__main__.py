"""`make torture`: zimogs is killed at every place, starved and lied to; in the end every document is counted."""

import argparse
import asyncio
import re
import secrets
import signal
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tests.torture.account import HEADING, Account
from tests.torture.clock import compile_clock
from tests.torture.course import Course
from tests.torture.lanes import Lane, draw_lanes, draw_lanes_in_bucket
from tests.torture.victim import open_nursery

_S3 = "s3"
_AT_ONCE = 8
"""Lanes side by side: most of each is waiting, and with more of them two cores let Redis and desks wait for seconds."""


async def torture(folder: Path, lanes: Sequence[Lane], account: Account, again: str, *, is_in_bucket: bool) -> None:
    """Make the trials of all lanes: those that must be alone one by one, the others side by side behind them."""
    nursery, turns = open_nursery(compile_clock(folder)), asyncio.Semaphore(_AT_ONCE)

    async def go_down(number: int, lane: Lane) -> None:
        async with turns:
            await Course(lane, folder / f"{number}", nursery, account, again, is_in_bucket).run()

    for number, lane in enumerate(lanes):
        if lane.is_alone:
            await go_down(number, lane)
    async with asyncio.TaskGroup() as group:
        for number, lane in enumerate(lanes):
            if not lane.is_alone:
                group.create_task(go_down(number, lane))


def _choose(lanes: Iterable[Lane], only: str) -> Iterator[Lane]:
    """Those trials in whose name, behind that of their lane, the regular expression is found."""
    for lane in lanes:
        trials = {name: each for name, each in lane.trials.items() if re.search(only, f"{lane.name}: {name}")}
        if trials:
            yield replace(lane, trials=trials)


def main() -> int:
    """Read the options and run."""
    parser = argparse.ArgumentParser(prog="make torture", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="repeats an earlier run's choices")
    parser.add_argument("--rounds", type=int, default=1, help="how often each fault is tried with each kind of seal")
    parser.add_argument("--storage", choices=("folders", _S3), default="folders", help="what everything stands in")
    parser.add_argument("--only", default="", help="only the trials in whose name this regular expression is found")
    parser.add_argument("--folder", type=Path, help="where everything lies afterwards; a temporary folder otherwise")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="torture-"))
    folder.mkdir(parents=True, exist_ok=True)
    # Told to end, we still end what was started and unmount what was mounted.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    print(f"seed {options.seed}, folder {folder}\n{HEADING}")
    is_in_bucket = options.storage == _S3
    draw = draw_lanes_in_bucket if is_in_bucket else draw_lanes
    lanes = tuple(_choose(draw(options.seed, options.rounds), options.only))
    account, is_over = Account({lane.name: len(lane.trials) for lane in lanes}), False
    again = f"--storage {options.storage} --seed {options.seed} --rounds {options.rounds}"
    try:
        asyncio.run(torture(folder, lanes, account, again, is_in_bucket=is_in_bucket))
        is_over = True
    except KeyboardInterrupt:
        print("stopped before its end")
    print(account.sum_up())
    return 0 if is_over and account.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
