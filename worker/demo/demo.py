"""The rehearsal: files into the inbox, one person through the real pages, sealed files out, everything counted."""

import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.settings import Settings
from jobs.model.documents import Profile, SealFormat, is_container
from jobs.model.records import Delivered, Delivery
from worker.app.on_disk import OnDisk
from worker.app.running import EVERYTHING, running
from worker.app.serving import listen
from worker.audit import audit
from worker.clock import utc_now
from worker.demo.course import Course, Earlier, Tell
from worker.demo.invoices import write_invoices
from worker.demo.person import a_person
from worker.demo.plan import ROUTE, Sealing, write_plan
from worker.demo.practice_vendor import PracticeVendor, practice_vendor
from worker.demo.rehearsal import Rehearsal
from worker.demo.result import DemoResult
from worker.verification.anchors import load_anchors

_COMPANIONS = frozenset({"LICENSE", "LICENCE", "COPYING", "NOTICE", "README"})
"""Files that explain a collection of documents and are none themselves."""


@dataclass(frozen=True, slots=True)
class Demo:
    """What is rehearsed: every file of `source`, or `documents` sample invoices when there is none.

    Where containers are sealed, folders of `source` that are named like one are documents too.
    """

    folder: Path
    documents: int
    source: Path | None
    key: str
    profile: Profile
    file_max_length: int | None = None
    weather: str | None = None
    pdf_writer: str | None = None

    def files(self) -> list[Path]:
        """The files that will be dropped into the inbox."""
        if self.source is None:
            return write_invoices(self.folder / "invoices", self.documents)
        return sorted(path for path in self.source.iterdir() if self._is_document(path) and not _is_companion(path))

    def _is_document(self, path: Path) -> bool:
        becomes_one = self.profile.format is SealFormat.EDOC and is_container(path.name)
        return path.is_file() or (path.is_dir() and becomes_one)

    @property
    def vendor_options(self) -> list[str]:
        """How the practice vendor is started."""
        limit = [] if self.file_max_length is None else ["--file-max-length", str(self.file_max_length)]
        weather = [] if self.weather is None else ["--weather", self.weather]
        hand = [] if self.pdf_writer is None else ["--variant", f"pdf_writer={self.pdf_writer}"]
        return ["--key", self.key, *limit, *weather, *hand]


def _is_companion(path: Path) -> bool:
    return path.name.startswith(".") or path.stem.upper() in _COMPANIONS


async def rehearse(demo: Demo, tell: Tell) -> DemoResult:
    """Run the rehearsal. Raises DemoStuck, LostOnPage, PracticeVendorError and what `running` raises."""
    demo.folder.mkdir(parents=True, exist_ok=True)
    files = demo.files()
    listener = listen("127.0.0.1", 0)
    desk = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with practice_vendor(demo.folder / "vendor", f"{desk}/callback", *demo.vendor_options) as vendor:
        persona, seal = vendor.holder_of(demo.key)
        settings = write_plan(demo.folder, vendor, Sealing(persona, seal.label, demo.profile), desk)
        earlier = await Earlier.found(OnDisk.of(settings))
        async with running(settings, EVERYTHING, listener), a_person() as person:
            rehearsal = Rehearsal(person, persona, desk)
            await rehearsal.sign_in()
            await rehearsal.enrol()
            begun = time.perf_counter()
            await Course(OnDisk.of(settings), earlier, rehearsal, ROUTE, tell).follow(files, settings.folders.inbox)
            seconds = time.perf_counter() - begun
        return await _result(settings, vendor, earlier, len(files), seconds)


async def _result(
    settings: Settings, vendor: PracticeVendor, earlier: Earlier, documents: int, seconds: float
) -> DemoResult:
    disk = OnDisk.of(settings)
    deliveries = await _deliveries(disk, earlier)
    counters = await vendor.counters()
    return DemoResult(
        documents=documents,
        sealed=len(deliveries),
        quarantined=len(await earlier.quarantined_since(disk)),
        authorizations=counters["authorizations"],
        signature_calls=counters["signature_calls"],
        seconds=seconds,
        outbox=settings.folders.outbox / ROUTE,
        trust_anchor=vendor.root_certificate,
        problems=tuple([problem async for problem in _problems(settings, deliveries)]),
    )


async def _deliveries(disk: OnDisk, earlier: Earlier) -> list[Delivery]:
    histories = [await disk.ledger.read(batch) for batch in await earlier.batches_since(disk)]
    delivered = [record for history in histories for record in history.records if isinstance(record, Delivered)]
    return [outcome for record in delivered for outcome in record.outcomes if isinstance(outcome, Delivery)]


async def _problems(settings: Settings, deliveries: Sequence[Delivery]) -> AsyncIterator[str]:
    """Verify what lies in the outbox once more, by the independent way of `zimogs verify`."""
    anchors = load_anchors(settings.trust.anchors)
    for delivery in deliveries:
        report = await audit(settings.folders.outbox / ROUTE / delivery.name, anchors, utc_now())
        faults = (*report.problems, *(fault for signature in report.signatures for fault in signature.problems))
        if not report.ok:
            yield f"{delivery.name} does not verify: {'; '.join(faults)}"
