"""The rehearsal: files into the inbox, one person through the real pages, sealed files out, everything counted."""

import asyncio
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.settings import Settings
from jobs.history import History
from jobs.lifecycle import State
from jobs.records import Delivered, Delivery
from worker.demo.invoices import write_invoices
from worker.demo.person import a_person
from worker.demo.plan import ROUTE, write_plan
from worker.demo.practice_vendor import PracticeVendor, practice_vendor
from worker.demo.rehearsal import Rehearsal
from worker.demo.result import DemoResult
from worker.on_disk import OnDisk
from worker.running import EVERYTHING, running
from worker.serving import bound

Tell = Callable[[str, int, int], None]
"""Told the stage, how much of it is done, and how much there is."""

_LOOK = 0.1  # seconds between two looks at the ledger
_LONGEST_SILENCE = 120  # seconds without any progress after which a rehearsal is given up


@dataclass(frozen=True, slots=True)
class Demo:
    """What is rehearsed: `source` is a folder whose files are sealed, None for `documents` sample invoices."""

    folder: Path
    documents: int
    source: Path | None
    key: str
    file_max_length: int | None = None

    def files(self) -> list[Path]:
        """The files that will be dropped into the inbox."""
        if self.source is None:
            return write_invoices(self.folder / "invoices", self.documents)
        return sorted(path for path in self.source.iterdir() if path.is_file() and not path.name.startswith("."))


class DemoStuck(Exception):
    """Nothing moved for two minutes; the message says where things stood."""


async def rehearse(demo: Demo, tell: Tell) -> DemoResult:
    """Run the rehearsal. Raises DemoStuck, LostOnPage, PracticeVendorError and what `running` raises."""
    demo.folder.mkdir(parents=True, exist_ok=True)
    listener = bound("127.0.0.1", 0)
    desk = f"http://127.0.0.1:{listener.getsockname()[1]}"
    options = ["--key", demo.key]
    if demo.file_max_length is not None:
        options += ["--file-max-length", str(demo.file_max_length)]
    async with practice_vendor(demo.folder / "vendor", f"{desk}/callback", *options) as vendor:
        persona, seal = vendor.holder_of(demo.key)
        settings = write_plan(demo.folder, vendor, persona, seal.label, desk)
        files = demo.files()
        async with running(settings, EVERYTHING, listener), a_person() as person:
            at_desk = Rehearsal(person, persona, desk, seal.label)
            await at_desk.sign_in()
            await at_desk.enrol()
            begun = time.perf_counter()
            await _Course(settings, at_desk, len(files), tell).follow(files)
            seconds = time.perf_counter() - begun
        return await _result(settings, vendor, len(files), seconds)
