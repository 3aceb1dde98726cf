"""What further machines bring: `python -m tests.bench.machines [--write]` seals batches by 1, 2 and 4 workers.

Every process is a machine of its own, with one bucket and one queue in common. Each worker is held to few calls at
once, and the vendor answers as slowly as the real one does, so that nearly all of the time is waiting. What is measured
is the way from the approval of all batches to the last sealed file: workers are halted while a person approves.
"""

import argparse
import asyncio
import json
import os
import signal
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from jobs.model.documents import Profile
from jobs.model.lifecycle import State
from tests.bench.readings import cpu_of_others, cpu_seconds
from tests.support.object_storage import bucket_server
from tests.torture.house import TOGETHER, House, a_house
from tests.torture.victim import open_nursery

_TABLE = Path(__file__).with_name("MACHINES.md")
_WORKERS = (1, 2, 4)
_BATCHES = 48
"""Far more than the 18 stories that one worker takes from the queue at once: fewer would all be the first one's."""
_SLOTS = 1
"""Calls that a worker has under way at once."""
_LATENCY = (150, 30)
"""Mean and deviation of each answer of the vendor, in milliseconds."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Seconds that so many workers needed, and the processor's share of them."""

    workers: int
    seconds: float
    cpu: float


async def measure(folder: Path, workers: int) -> Reading:
    """Have all batches sealed by so many workers."""
    names = ("watch", "desk", *(f"worker {number}" for number in range(1, workers + 1)))
    with bucket_server() as server:
        async with a_house(folder, Profile(), open_nursery({}), names, server=server) as house:
            _hold_to_few_calls(folder)
            await house.begin()
            documents = await house.drop("document", _BATCHES * TOGETHER)
            await house.wait_for(lambda: _are_asking(house))
            _signal_workers(house, signal.SIGSTOP)
            for history in await house.open_batches():
                await house.person.approve(history.batch)
            rule = {"distribution": "normal", "mean": _LATENCY[0] / 1000}
            await house.set_weather(json.dumps({"latency": [rule | {"deviation": _LATENCY[1] / 1000}]}))
            cpu, began = _cpu_of(house), time.monotonic()
            _signal_workers(house, signal.SIGCONT)
            await house.wait_for(lambda: _are_sealed(house, documents))
            return Reading(workers, time.monotonic() - began, _cpu_of(house) - cpu)


def _hold_to_few_calls(folder: Path) -> None:
    bounds = f"concurrency = {_SLOTS}\nleast_concurrency = {_SLOTS}\nmost_concurrency = {_SLOTS}"
    for config in folder.glob("*/zimogs.toml"):
        config.write_text(config.read_text().replace("[eparaksts]", f"[eparaksts]\n{bounds}"))


async def _are_asking(house: House) -> bool:
    states = [history.state for history in await house.open_batches()]
    return states.count(State.PREPARED) == _BATCHES


async def _are_sealed(house: House, documents: list[str]) -> bool:
    return all((await house.count.sealed(documents)).values())


def _signal_workers(house: House, which: signal.Signals) -> None:
    for name, process in house.processes.alive.items():
        if name.startswith("worker") and process.pid:
            os.kill(process.pid, which)


def _cpu_of(house: House) -> float:
    """Seconds of the processor that the machines have taken so far, with what they started."""
    return sum(cpu_seconds(each.pid) + cpu_of_others(each.pid) for each in house.processes.alive.values() if each.pid)


def draw_table(readings: list[Reading]) -> str:
    """The table, in Markdown."""
    rows = [
        f"| {each.workers} | {each.seconds:.1f} | {_BATCHES * TOGETHER / each.seconds:.2f} "
        f"| {readings[0].seconds / each.seconds:.2f} | {each.cpu:.1f} |"
        for each in readings
    ]
    return "\n".join(
        (
            "| workers | seconds | documents a second | times one worker | CPU of all processes, s |",
            "|---|---|---|---|---|",
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
the vendor takes {_LATENCY[0]} ms on average, and each worker has {_SLOTS} call under way at once.
"""

if __name__ == "__main__":
    main()
