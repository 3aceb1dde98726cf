"""The rehearsal: files into the inbox, one person through the real pages, sealed files out, everything counted."""

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from config.settings import Settings
from jobs.model.documents import MOST_DOCUMENTS, Profile, SealFormat, is_container
from jobs.model.records import Delivered, Delivery, Outcome
from worker.anchors import load_anchors
from worker.app.on_disk import OnDisk
from worker.app.running import EVERYTHING, running
from worker.app.serving import listen
from worker.audit import audit
from worker.clock import utc_now
from worker.demo.driver import Baseline, Driver, ShowProgress
from worker.demo.invoices import write_invoices
from worker.demo.person import PracticePerson, open_browser
from worker.demo.plan import ROUTE, Sealing, write_plan
from worker.demo.practice_vendor import PracticeVendor, practice_vendor

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
    variants: tuple[str, ...] = ()

    def files(self) -> list[Path]:
        """The files that will be dropped into the inbox."""
        if self.source is None:
            return write_invoices(self.folder / "invoices", self.documents)
        return sorted(path for path in self.source.iterdir() if self._is_document(path))

    def _is_document(self, path: Path) -> bool:
        if path.name.startswith(".") or path.stem.upper() in _COMPANIONS:
            return False
        becomes_one = self.profile.format is SealFormat.EDOC and is_container(path.name)
        return path.is_file() or (path.is_dir() and becomes_one)

    @property
    def vendor_options(self) -> list[str]:
        """How the practice vendor is started."""
        limit = [] if self.file_max_length is None else ["--file-max-length", str(self.file_max_length)]
        weather = [] if self.weather is None else ["--weather", self.weather]
        hand = () if self.pdf_writer is None else (f"pdf_writer={self.pdf_writer}",)
        variants = [word for variant in (*hand, *self.variants) for word in ("--variant", variant)]
        return ["--key", self.key, *limit, *weather, *variants]


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What a rehearsal came to. `authorizations` and `signature_calls` are the practice vendor's own counts.

    `seconds` run from the first file in the inbox to the last one delivered, the person's clicks included.
    """

    documents: int
    sealed: int
    quarantined: int
    authorizations: int
    signature_calls: int
    seconds: float
    outbox: Path
    trust_anchor: Path
    problems: tuple[str, ...] = ()
    learned: Mapping[str, int] = field(default_factory=dict)
    """What was learned of how much the vendor takes at once, by kind."""

    @property
    def documents_per_second(self) -> float:
        """Delivered documents for each second."""
        return self.sealed / self.seconds if self.seconds else 0.0

    def is_success(self, expected_quarantine: int) -> bool:
        """Whether every document was sealed and verified, but for exactly as many quarantined as expected."""
        is_complete = self.sealed + self.quarantined == self.documents
        return is_complete and self.quarantined == expected_quarantine and not self.problems

    def as_line(self) -> str:
        """The facts as one line of JSON."""
        facts = asdict(self) | {
            "seconds": round(self.seconds, 3),
            "documents_per_second": round(self.documents_per_second, 2),
            "outbox": str(self.outbox),
            "trust_anchor": str(self.trust_anchor),
        }
        return json.dumps(facts, ensure_ascii=False)


async def rehearse(demo: Demo, show_progress: ShowProgress) -> DemoResult:
    """Run the rehearsal. Raises DemoStuck, LostOnPage, PracticeVendorError and what `running` raises."""
    demo.folder.mkdir(parents=True, exist_ok=True)
    files = demo.files()
    listener = listen("127.0.0.1", 0)
    desk = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with practice_vendor(demo.folder / "vendor", f"{desk}/callback", *demo.vendor_options) as vendor:
        persona, seal = vendor.holder_of(demo.key)
        settings = write_plan(demo.folder, vendor, Sealing(persona, seal.label, demo.profile, MOST_DOCUMENTS), desk)
        disk = OnDisk.of(settings)
        baseline = await Baseline.read(disk)
        async with running(settings, EVERYTHING, listener), open_browser() as browser:
            person = PracticePerson(browser, persona, desk)
            await person.sign_in()
            await person.enrol()
            begun = time.perf_counter()
            await Driver(disk, baseline, person, ROUTE, show_progress).drive(files, settings.folders.inbox)
            seconds = time.perf_counter() - begun
        return await _count_up(settings, vendor, baseline, (len(files), seconds), show_progress)


async def _count_up(
    settings: Settings,
    vendor: PracticeVendor,
    baseline: Baseline,
    rehearsed: tuple[int, float],
    show_progress: ShowProgress,
) -> DemoResult:
    """Look at everything once more; `rehearsed` is how many documents were dropped, and the seconds that it took."""
    documents, seconds = rehearsed
    disk, outbox = OnDisk.of(settings), settings.folders.outbox / ROUTE
    histories = [await disk.ledger.read(batch) for batch in await baseline.new_batches(disk)]
    delivered = [record for history in histories for record in history.records if isinstance(record, Delivered)]
    outcomes = [outcome for record in delivered for outcome in record.outcomes]
    deliveries = [outcome for outcome in outcomes if isinstance(outcome, Delivery)]
    anchors, problems = load_anchors(settings.trust.anchors), []
    for number, delivery in enumerate(deliveries):
        show_progress("Checking", number, len(deliveries))
        # Once more, by the independent way of `zimogs verify`.
        report = await audit(outbox / delivery.name, anchors, utc_now())
        if not report.ok:
            faults = "; ".join(problem.sentence for problem in report.decisive_problems)
            problems.append(f"{delivery.name} does not verify: {faults}")
    counters = await vendor.counters()
    return DemoResult(
        documents=documents,
        sealed=len(deliveries),
        quarantined=len(await baseline.new_in_quarantine(disk)),
        authorizations=counters["authorizations"],
        signature_calls=counters["signature_calls"],
        seconds=seconds,
        outbox=outbox,
        trust_anchor=vendor.root_certificate,
        problems=(*problems, *_count_ends(outcomes, documents)),
        learned={limit.kind.value: limit.most for limit in (await disk.limits.known()).met},
    )


def _count_ends(outcomes: Sequence[Outcome], documents: int) -> Iterator[str]:
    """What is wrong with the number of ends that documents came to in batches: each has one."""
    ends = Counter(outcome.document for outcome in outcomes)
    if doubled := [document for document, count in ends.items() if count > 1]:
        yield f"{len(doubled)} documents came to more than one end, such as {doubled[0]}"
    if len(ends) > documents:
        yield f"{len(ends)} documents came to an end, and {documents} were dropped"
