"""Whether the outbox holds what the ledger says was delivered: each file under its name, and byte for byte the same.

Consumers take files away, so what is missing is told and counts for nothing by itself. What must not be is a file that
was edited, a sidecar that says something else, and a file that nobody delivered: a consumer would trust all of them.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from jobs.model.names import BatchId, DocumentId, RouteName
from jobs.model.records import Delivery
from worker.storage.outbox_files import OutboxFiles
from worker.storage.reach import TellDone, tell_nobody

_SIDECAR, _REPORT = ".json", ".validation.json"
_AT_ONCE = 64
"""Files that are hashed between two looks at how far it is."""


class Trouble(StrEnum):
    """What can be wrong with a file in the outbox."""

    EDITED = "edited"
    SIDECAR_EDITED = "sidecar-edited"
    UNKNOWN = "unknown"
    UNRECORDED = "unrecorded"
    """We delivered it, as it stands there, and the ledger does not know any more: after a restore, or a repair."""
    MOVED = "moved"
    MISSING = "missing"


BAD = frozenset({Trouble.EDITED, Trouble.SIDECAR_EDITED, Trouble.UNKNOWN})
"""What nobody who only collects files does."""


@dataclass(frozen=True, slots=True)
class DeliveredFile:
    """A sealed file as the ledger knows it."""

    batch: BatchId
    route: RouteName
    delivery: Delivery

    @property
    def path(self) -> str:
        """Where it was put, below the outbox."""
        return f"{self.route}/{self.delivery.name}"


@dataclass(frozen=True, slots=True)
class OutboxFinding:
    """One file that is not as it was delivered; `file` is None where the ledger knows of none."""

    trouble: Trouble
    path: str
    detail: str
    file: DeliveredFile | None = None


@dataclass(frozen=True, slots=True)
class OutboxReport:
    """How many files stand there as they were delivered, and what is to be told of the others."""

    intact: int
    findings: tuple[OutboxFinding, ...]

    def is_good(self, *, strict: bool) -> bool:
        """Whether nothing was edited or planted and, when it is `strict`, nothing moved or missing either."""
        return not any(strict or finding.trouble in BAD for finding in self.findings)


@dataclass
class OutboxAudit:
    """One comparison of an outbox with the ledger. Documents `under_way` may stand there before a record says so.

    `remembered` are deliveries that the outbox proves and the ledger does not know, `dropped` the batches of which that
    is so by policy; `notes` tell of duplicates.
    """

    outbox: OutboxFiles
    delivered: Sequence[DeliveredFile]
    under_way: frozenset[DocumentId] = frozenset()
    remembered: Sequence[DeliveredFile] = ()
    dropped: frozenset[BatchId] = frozenset()
    notes: frozenset[str] = frozenset()
    progress: TellDone = tell_nobody
    _sizes: Mapping[str, int] = field(default_factory=dict, init=False)
    _hashes: dict[str, str] = field(default_factory=dict, init=False)
    _accounted: set[str] = field(default_factory=set, init=False)
    _intact: int = field(default=0, init=False)

    def compare(self) -> OutboxReport:
        """Read every file that can be one of the ledger's. Blocks. Raises OSError where the outbox is out of reach."""
        self._sizes = self.outbox.sizes()
        expected: defaultdict[str, list[DeliveredFile]] = defaultdict(list)
        for file in self.delivered:
            expected[file.path].append(file)
            self._accounted |= {file.path, file.path + _SIDECAR, file.path + _REPORT}
        findings: list[OutboxFinding] = []
        missing: list[DeliveredFile] = []
        self._hash_all([path for path in expected if path in self._sizes])
        for path, files in expected.items():
            if path in self._sizes:
                findings += self._compare_one(path, files, missing)
            else:
                missing += files
        self._accounted |= self.notes
        strangers = {path: size for path, size in self._sizes.items() if path not in self._accounted}
        findings += self._find_moved(missing, strangers)
        findings += self._find_unrecorded(strangers)
        findings += [
            OutboxFinding(Trouble.UNKNOWN, path, "the ledger knows of no delivery of it")
            for path in sorted(strangers)
            if path not in self._accounted and not self._is_under_way(path)
        ]
        return OutboxReport(self._intact, tuple(findings))

    def _compare_one(
        self, path: str, files: Sequence[DeliveredFile], missing: list[DeliveredFile]
    ) -> Iterator[OutboxFinding]:
        """A name that was collected is free again, so several deliveries may have had it: at most one stands there."""
        found = self._hash(path)
        here = next((file for file in reversed(files) if file.delivery.sha256.hex == found), None)
        if here is None:
            detail = f"SHA-256 is {found or 'not to be had'}, and was {files[-1].delivery.sha256.hex}"
            yield OutboxFinding(Trouble.EDITED, path, detail, files[-1])
        else:
            self._intact += 1
            yield from self._compare_sidecar(here)
        missing += [file for file in files if file is not (here or files[-1])]

    def _compare_sidecar(self, file: DeliveredFile) -> Iterator[OutboxFinding]:
        path = file.path + _SIDECAR
        if path not in self._sizes:
            return
        sidecar = self.outbox.read_sidecar(path)
        if sidecar is None or (sidecar.batch, sidecar.delivery) != (file.batch, file.delivery):
            yield OutboxFinding(Trouble.SIDECAR_EDITED, path, "it does not say what the ledger says", file)

    def _find_moved(self, missing: Sequence[DeliveredFile], strangers: Mapping[str, int]) -> Iterator[OutboxFinding]:
        by_size: defaultdict[int, list[str]] = defaultdict(list)
        for path, size in strangers.items():
            by_size[size].append(path)
        for file in missing:
            digest = file.delivery.sha256.hex
            place = next((path for path in by_size[file.delivery.size] if self._hash(path) == digest), None)
            if place is None:
                yield OutboxFinding(Trouble.MISSING, file.path, "collected or deleted", file)
            else:
                self._accounted |= {place, place + _SIDECAR, place + _REPORT}
                yield OutboxFinding(Trouble.MOVED, file.path, f"stands at {place}", file)

    def _find_unrecorded(self, strangers: Mapping[str, int]) -> Iterator[OutboxFinding]:
        for file in self.remembered:
            if file.path in strangers and self._hash(file.path) == file.delivery.sha256.hex:
                self._accounted |= {file.path, file.path + _SIDECAR, file.path + _REPORT}
                yield from self._compare_sidecar(file)
                if file.batch in self.dropped:
                    self._intact += 1
                else:
                    detail = f"was delivered with {file.batch}, of which the ledger holds no such record any more"
                    yield OutboxFinding(Trouble.UNRECORDED, file.path, detail, file)

    def _is_under_way(self, path: str) -> bool:
        places = (path, path + _SIDECAR, path.removesuffix(_REPORT) + _SIDECAR)
        sidecars = (self.outbox.read_sidecar(place) for place in places)
        return any(sidecar is not None and sidecar.document in self.under_way for sidecar in sidecars)

    def _hash_all(self, paths: Sequence[str]) -> None:
        for done in range(0, len(paths), _AT_ONCE):
            some = paths[done : done + _AT_ONCE]
            self._hashes.update(zip(some, self.outbox.hash(some), strict=True))
            self.progress(done + len(some), len(paths))

    def _hash(self, path: str) -> str:
        """SHA-256 in hexadecimal; empty where it cannot be read."""
        if path not in self._hashes:
            (self._hashes[path],) = self.outbox.hash([path])
        return self._hashes[path]
