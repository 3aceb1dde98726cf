"""`make torture`: zimogs is killed at every place, starved and lied to; in the end every document is counted."""

import argparse
import asyncio
import re
import secrets
import signal
import sys
import tempfile
import traceback
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count
from multiprocessing.context import ForkServerContext
from pathlib import Path

from tests.support.object_storage import bucket_server
from tests.torture.account import HEADING, Account
from tests.torture.clock import compile_clock
from tests.torture.faults import small_disks
from tests.torture.house import House, a_house
from tests.torture.lanes import Lane, Try, draw_lanes, draw_lanes_in_bucket
from tests.torture.processes import TWO_WORKERS
from tests.torture.trials import Trial
from tests.torture.victim import open_nursery

_S3 = "s3"


async def torture(folder: Path, lanes: Iterable[Lane], only: str, storage: str) -> Account:
    """Make all trials in whose name the regular expression `only` is found."""
    account, nursery = Account(), open_nursery(compile_clock(folder))
    async with asyncio.TaskGroup() as group:
        for number, lane in enumerate(lanes):
            trials = {name: each for name, each in lane.trials.items() if re.search(only, f"{lane.name}: {name}")}
            if trials:
                opened = _in_bucket if storage == _S3 else _in_folders
                house = opened(folder / f"{number}", lane, nursery)
                group.create_task(_go_down(lane, trials, f"{number}", house, account))
    return account


async def _go_down(
    lane: Lane, trials: Mapping[str, Try], stem: str, opened: AbstractAsyncContextManager[House], account: Account
) -> None:
    stems = (f"{stem}d{number:04}" for number in count(1))
    async with opened as house:
        for name, each in trials.items():
            try:
                account.add(await each(house, next(stems)))
            except Exception as error:  # noqa: BLE001  one trial that breaks must not end the others
                traceback.print_exc()
                account.add(Trial(f"{lane.name}: {name}", 0, None, f"{type(error).__name__}: {error}"))
        lost, doubled = await house.count.take()
        account.lost += lost
        account.doubled += doubled


@asynccontextmanager
async def _in_folders(folder: Path, lane: Lane, nursery: ForkServerContext) -> AsyncIterator[House]:
    await asyncio.to_thread(folder.mkdir)
    with small_disks(folder / "data", folder / "outbox"):
        eyes, crowd = lane.four_eyes, lane.crowded
        async with a_house(folder, lane.profile, nursery, lane.processes, four_eyes=eyes, crowded=crowd) as house:
            await house.begin()
            house.mourns = lane.processes is TWO_WORKERS
            yield house


@asynccontextmanager
async def _in_bucket(folder: Path, lane: Lane, nursery: ForkServerContext) -> AsyncIterator[House]:
    await asyncio.to_thread(folder.mkdir)
    # One for each house: where it is stopped, the others go on.
    with bucket_server() as server:
        names = lane.processes
        async with a_house(folder, lane.profile, nursery, names, crowded=lane.crowded, server=server) as house:
            await house.begin()
            house.mourns = names is TWO_WORKERS
            yield house


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
    try:
        draw = draw_lanes_in_bucket if options.storage == _S3 else draw_lanes
        lanes = draw(options.seed, options.rounds)
        account = asyncio.run(torture(folder, lanes, options.only, options.storage))
    except KeyboardInterrupt:
        print("stopped before its end")
        return 1
    print(account.sum_up())
    return 0 if account.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
