"""What the practice vendor itself costs: it must not be what a benchmark of somebody's client measures."""

import ctypes
import os
import tempfile
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TypeVar

import aiohttp
import pikepdf
from rich.table import Table

from jobs.model.documents import Profile
from tests.bench.cost import Cost
from tests.bench.floor import Floor
from tests.bench.ours import enrolled
from worker.demo.invoices import write_invoices
from worker.demo.plan import Sealing, write_plan
from worker.demo.practice_vendor import PracticeVendor, practice_vendor

KEYS = ("p-256", "rsa-2048", "rsa-3072")
WRITERS = ("rewriting", "table", "stream", "hybrid")
DESK = "http://127.0.0.1:9"
"""Registered, and never called."""
_ATTACHED = 25_000  # bytes, which make an invoice one of 50 kB

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Passage:
    """What one round cost the vendor's process, part by part; `sealing` is CalculateDigest and finalizeSigning."""

    upload: Cost
    sealing: Cost
    download: Cost


class Meter:
    """Measures what the vendor's process spends, for each document, while somebody waits for it."""

    def __init__(self, pid: int, documents: int) -> None:
        """Watch this process. Raises OSError where its clock cannot be read."""
        clock = ctypes.c_int()
        error = ctypes.CDLL(None).clock_getcpuclockid(pid, ctypes.byref(clock))
        if error:
            raise OSError(error, os.strerror(error))
        self._clock, self._factor = clock.value, 1000 / documents

    async def measured(self, work: Awaitable[T]) -> tuple[T, Cost]:
        """Await the work; give what it gave, and what it cost."""
        cpu, wall = time.clock_gettime(self._clock), time.perf_counter()
        result = await work
        cpu, wall = time.clock_gettime(self._clock) - cpu, time.perf_counter() - wall
        return result, Cost(cpu * self._factor, wall * self._factor)


async def bench_vendor(documents: int, rounds: int, keys: Sequence[str] = KEYS) -> dict[str, list[Passage]]:
    """Seal `documents` PDFs of 50 kB a round, `rounds` times after one that warms up.

    With each key as usual, and then with the first key as each of the other libraries would write.
    """
    with tempfile.TemporaryDirectory(prefix="zimogs-bench-vendor-") as name:
        folder = Path(name)
        samples = [_enlarged(path) for path in write_invoices(folder / "samples", documents)]
        async with (
            practice_vendor(folder / "vendor", f"{DESK}/callback", "--auto-approve", "anna") as vendor,
            aiohttp.ClientSession() as http,
        ):
            course = _Course(Meter(vendor.pid, documents), samples, rounds)
            passages = {key: await course.run(await _floor(vendor, folder, key, http)) for key in keys}
            for writer in WRITERS:
                await http.put(f"{vendor.platform_url}/sandbox/variants", json={"pdf_writer": writer})
                passages[f"{keys[0]}, {writer}"] = await course.run(await _floor(vendor, folder, keys[0], http))
            return passages


def _enlarged(path: Path) -> Path:
    """Attach a file to the invoice, of bytes that no program can compress."""
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.attachments["rēķins.bin"] = Random(path.name).randbytes(_ATTACHED)  # noqa: S311 - sample content
        pdf.save(path)
    return path


async def _floor(vendor: PracticeVendor, folder: Path, key: str, http: aiohttp.ClientSession) -> Floor:
    persona, seal = vendor.holder_of(key)
    settings = write_plan(folder, vendor, Sealing(persona, seal.label, Profile()), DESK)
    return Floor(http, vendor, await enrolled(settings, http), f"{DESK}/callback")


@dataclass(frozen=True, slots=True)
class _Course:
    """The same rounds for every key."""

    meter: Meter
    samples: list[Path]
    rounds: int

    async def run(self, floor: Floor) -> list[Passage]:
        return [await self._passage(floor) for _ in range(self.rounds + 1)][1:]

    async def _passage(self, floor: Floor) -> Passage:
        opened, upload = await self.meter.measured(floor.upload(self.samples))
        digests, calculate = await self.meter.measured(floor.calculate(opened))
        values = await floor.sign(digests)
        _, finalize = await self.meter.measured(floor.finalize(opened, values))
        with tempfile.TemporaryDirectory(prefix="zimogs-bench-target-") as target:
            _, download = await self.meter.measured(floor.fetch(opened, Path(target)))
        return Passage(upload, calculate + finalize, download)


def vendor_table(results: dict[str, list[Passage]], documents: int) -> Table:
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
            Cost.median([getattr(one, part) for one in passages]) for part in ("upload", "sealing", "download")
        )
        numbers = (f"{value:.2f}" for value in (sealing.wall, upload.cpu, download.cpu))
        table.add_row(key, f"{sealing.cpu:.2f}", f"{1000 / sealing.cpu:.0f}", *numbers)
    return table
