"""What further machines bring: `python -m tests.bench.machines [--write]` seals batches by 1, 2 and 4 workers.

Every process is a machine of its own, with one bucket and one queue in common. Each worker is held to few calls at
once, and the vendor answers slowly, so that nearly all of the time is waiting. What is measured is the way from the
approval of all batches until the vendor has let go of the last document: workers are halted while a person approves.
"""

import argparse
import asyncio
import json
import os
import signal
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jobs.model.documents import Profile
from jobs.model.lifecycle import State
from tests.bench.readings import cpu_of_others
from tests.support.object_storage import bucket_server
from tests.torture.house import TOGETHER, House, a_house
from tests.torture.victim import open_nursery

_TABLE = Path(__file__).with_name("MACHINES.md")
_WORKERS = (1, 2, 4)
_BATCHES = 24
"""Three times what one worker delivers at once."""
_SLOTS = 1
"""Calls that a worker has under way at once."""
_LATENCY = 0.4
"""Seconds of each answer of the vendor. Storage, queue, vendor and workers share this machine's processors here: where
answers come about as quickly as these allow, a further worker could bring nothing."""
_COLUMNS = (
    "workers",
    "seconds",
    "documents a second",
    "times one worker",
    "slots in use",
    "batches by worker",
    "processors in use",
)
_OF_DOCUMENTS = ("list", "download", "close")
"""The vendor's calls behind an approval that wait for a slot."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What so many workers needed.

    `cpu` is seconds of the processors that all processes took, storage, queue and vendor among them; `busy` the share
    of its time in which a slot had a call under way; `batches` how many each worker delivered.
    """

    workers: int
    seconds: float
    cpu: float
    busy: float
    batches: Sequence[int]


async def measure(folder: Path, workers: int) -> Reading:
    """Have all batches sealed by so many workers."""
    names = tuple(f"worker {number}" for number in range(1, workers + 1))
    with bucket_server() as server:
        async with a_house(folder, Profile(), open_nursery({}), ("watch", "desk", *names), server=server) as house:
            _hold_to_few_calls(folder)
            await house.begin()
            documents = await house.drop("document", _BATCHES * TOGETHER)
            await house.wait_for(lambda: _are_asking(house))
            _signal_workers(house, signal.SIGSTOP)
            for history in await house.open_batches():
                await house.person.approve(history.batch)
            rule = {"distribution": "normal", "mean": _LATENCY, "deviation": _LATENCY / 10}
            await house.set_weather(json.dumps({"latency": [rule]}))
            calls, cpu, began = await _count_calls(house), cpu_of_others(os.getpid()), time.monotonic()
            _signal_workers(house, signal.SIGCONT)
            # Asked of the vendor, which that costs little: lists of the outbox would keep the storage busy.
            await house.wait_for(lambda: _are_closed(house, documents))
            seconds, cpu = time.monotonic() - began, cpu_of_others(os.getpid()) - cpu
            calls = await _count_calls(house) - calls
            await house.wait_for(lambda: _are_sealed(house, documents))
            busy = calls * _LATENCY / (seconds * workers * _SLOTS)
            return Reading(workers, seconds, cpu, busy, [_count_batches(folder, name) for name in names])


def _hold_to_few_calls(folder: Path) -> None:
    bounds = f"concurrency = {_SLOTS}\nleast_concurrency = {_SLOTS}\nmost_concurrency = {_SLOTS}"
    for config in folder.glob("*/zimogs.toml"):
        config.write_text(config.read_text().replace("[eparaksts]", f"[eparaksts]\n{bounds}"))


async def _are_asking(house: House) -> bool:
    states = [history.state for history in await house.open_batches()]
    return states.count(State.PREPARED) == _BATCHES


async def _count_calls(house: House) -> int:
    calls = (await house.counters())["calls"]
    return sum(int(calls.get(name, 0)) for name in _OF_DOCUMENTS)


async def _are_closed(house: House, documents: Sequence[str]) -> bool:
    return int((await house.counters())["calls"].get("close", 0)) >= len(documents)


async def _are_sealed(house: House, documents: Sequence[str]) -> bool:
    return all((await house.count.sealed(documents)).values())


def _signal_workers(house: House, which: signal.Signals) -> None:
    for name, process in house.processes.alive.items():
        if name.startswith("worker") and process.pid:
            os.kill(process.pid, which)


def _count_batches(folder: Path, worker: str) -> int:
    name = worker.replace(" ", "-")
    lines = (json.loads(line) for line in (folder / name / f"{name}.log").read_text().splitlines())
    return sum(line.get("event") == "batch" and line.get("state") == State.DELIVERED for line in lines)


def draw_table(readings: Sequence[Reading]) -> str:
    """The table, in Markdown."""
    cores = os.cpu_count() or 1
    rows = [
        f"| {each.workers} | {each.seconds:.1f} | {_BATCHES * TOGETHER / each.seconds:.2f} "
        f"| {readings[0].seconds / each.seconds:.2f} | {each.busy:.0%} | {', '.join(map(str, each.batches))} "
        f"| {each.cpu / each.seconds / cores:.0%} |"
        for each in readings
    ]
    return "\n".join(
        (
            f"| {' | '.join(_COLUMNS)} |",
            f"|{'---|' * len(_COLUMNS)}",
            *rows,
        )
    )


def main() -> None:
    """Measure, print the table, and write it where told to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"renew {_TABLE.name}")
    options = parser.parse_args()
    readings = []
    with tempfile.TemporaryDirectory(prefix="machines-") as folder:
        for workers in _WORKERS:
            place = Path(folder, str(workers))
            place.mkdir()
            readings.append(asyncio.run(measure(place, workers)))
            print(readings[-1], flush=True)
    print(table := draw_table(readings))
    if options.write:
        _TABLE.write_text(f"{_HEAD}\n{table}\n")


_HEAD = f"""# What further machines bring

Made by `python -m tests.bench.machines --write`: {_BATCHES} batches of {TOGETHER} documents (PDF, LT), approved
beforehand, sealed by 1, 2 and 4 workers that share one bucket and one queue, on {os.cpu_count()} cores. Each answer of
the vendor takes {_LATENCY * 1000:.0f} ms on average, and each worker has {_SLOTS} call under way at once. Counted is
the time until the vendor has let go of the last document. `slots in use` is the share of it in which a worker had its
call under way; `processors in use` the share of this machine that workers, storage, queue and vendor took together:
where that comes near 100 %, a further worker on the same machine brings nothing.
"""

if __name__ == "__main__":
    main()
