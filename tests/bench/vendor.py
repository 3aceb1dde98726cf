"""`python -m tests.bench.vendor`: what the practice vendor itself costs, which no figure of a client may contain."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Annotated, TypeVar

import aiohttp
import typer
from rich.console import Console
from rich.table import Table

from jobs.model.documents import Profile
from tests.bench.case import Case
from tests.bench.enrolling import case_of, enrol_seal
from tests.bench.lean import lean
from tests.bench.passage import IN_FLIGHT, Passage
from tests.bench.readings import cpu_seconds
from tests.bench.samples import write_samples
from worker.demo.plan import Sealing, write_plan
from worker.demo.practice_vendor import PracticeVendor, practice_vendor

KEYS = ("p-256", "rsa-2048", "rsa-3072")
WRITERS = ("rewriting", "table", "stream", "hybrid")
DESK = "http://127.0.0.1:9"
"""Registered, and never called."""
_SIZE = 50_000  # bytes of a document

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PartCost:
    """Milliseconds for each document: processor time of the process that is measured, and time on the wall."""

    cpu: float
    wall: float

    def __add__(self, other: "PartCost") -> "PartCost":
        """Both, one after the other."""
        return PartCost(self.cpu + other.cpu, self.wall + other.wall)

    @classmethod
    def median(cls, costs: Sequence["PartCost"]) -> "PartCost":
        """The middle of each."""
        return cls(median(one.cpu for one in costs), median(one.wall for one in costs))


@dataclass(frozen=True, slots=True)
class RoundCosts:
    """What one round cost the vendor's process, part by part; `sealing` is CalculateDigest and finalizeSigning."""

    upload: PartCost
    sealing: PartCost
    download: PartCost


@dataclass(frozen=True, slots=True)
class VendorMeter:
    """Measures what the vendor's process spends, for each document, while somebody waits for it."""

    pid: int
    documents: int

    async def measure(self, work: Awaitable[T]) -> tuple[T, PartCost]:
        """Await the work; give what it gave, and what it cost."""
        cpu, wall, factor = cpu_seconds(self.pid), time.perf_counter(), 1000 / self.documents
        result = await work
        return result, PartCost((cpu_seconds(self.pid) - cpu) * factor, (time.perf_counter() - wall) * factor)


async def bench_vendor(documents: int, rounds: int, keys: Sequence[str] = KEYS) -> dict[str, list[RoundCosts]]:
    """Seal `documents` PDFs of 50 kB a round, `rounds` times after one that warms up.

    With each key as usual, and then with the first key as each of the other libraries would write.
    """
    with tempfile.TemporaryDirectory(prefix="zimogs-bench-vendor-") as name:
        folder = Path(name)
        samples = write_samples(folder / "samples", documents, _SIZE, "rēķins")
        async with (
            practice_vendor(folder / "vendor", f"{DESK}/callback", "--auto-approve", "anna") as vendor,
            lean(vendor.platform_url, IN_FLIGHT) as transport,
            aiohttp.ClientSession() as http,
        ):
            measurement = _Measurement(VendorMeter(vendor.pid, documents), samples, rounds)
            cases = {key: await _case(vendor, folder, key) for key in keys}
            passages = {key: await measurement.run(Passage(case, transport)) for key, case in cases.items()}
            for writer in WRITERS:
                await http.put(f"{vendor.platform_url}/sandbox/variants", json={"pdf_writer": writer})
                found = await measurement.run(Passage(cases[keys[0]], transport))
                passages[f"{keys[0]}, {writer}"] = found
            return passages


async def _case(vendor: PracticeVendor, folder: Path, key: str) -> Case:
    persona, seal = vendor.holder_of(key)
    settings = write_plan(folder, vendor, Sealing(persona, seal.label, Profile()), DESK)
    return case_of(settings, await enrol_seal(settings))


@dataclass(frozen=True, slots=True)
class _Measurement:
    """The same rounds for every key."""

    meter: VendorMeter
    samples: list[Path]
    rounds: int

    async def run(self, client: Passage) -> list[RoundCosts]:
        return [await self._passage(client) for _ in range(self.rounds + 1)][1:]

    async def _passage(self, client: Passage) -> RoundCosts:
        opened, upload = await self.meter.measure(client.upload(self.samples))
        digests, calculate = await self.meter.measure(client.calculate(opened))
        values = await client.sign(digests)
        _, finalize = await self.meter.measure(client.finalize(opened, values))
        with tempfile.TemporaryDirectory(prefix="zimogs-bench-target-") as target:
            _, download = await self.meter.measure(
                client.fetch(opened, [Path(target) / file.name for file in self.samples])
            )
        return RoundCosts(upload, calculate + finalize, download)


def vendor_table(results: dict[str, list[RoundCosts]], documents: int) -> Table:
    """Show the median of each part, and how many documents a core seals in a second."""
    titles = (
        "key, and whose hand",
        "calculate + finalize, CPU ms",
        "a core seals/s",
        "wall ms",
        "upload, CPU ms",
        "download, CPU ms",
    )
    table = Table(*titles, title=f"The practice vendor, for each of {documents} PDFs of 50 kB")
    for key, passages in results.items():
        upload, sealing, download = (
            PartCost.median([getattr(one, part) for one in passages]) for part in ("upload", "sealing", "download")
        )
        numbers = (f"{value:.2f}" for value in (sealing.wall, upload.cpu, download.cpu))
        table.add_row(key, f"{sealing.cpu:.2f}", f"{1000 / sealing.cpu:.0f}", *numbers)
    return table


def main(
    documents: Annotated[int, typer.Option(help="Documents in each round.")] = 100,
    rounds: Annotated[int, typer.Option(help="Rounds that count; one more warms up.")] = 3,
) -> None:
    """Measure what each kind of key, and each library that may write PDFs, costs the practice vendor."""
    Console().print(vendor_table(asyncio.run(bench_vendor(documents, rounds)), documents))


if __name__ == "__main__":
    typer.run(main)
