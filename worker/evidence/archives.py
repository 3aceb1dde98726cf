"""The archives of a ledger: each against its manifest, against the one before it, and every chain in it by itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from jobs.model.chain import ChainKey
from jobs.model.digest import Digest
from jobs.model.errors import BrokenArchive
from jobs.model.ledger_archive import ArchiveManifest, ArchiveStone, archive_number, archive_of, is_stone
from jobs.model.names import BatchId
from worker.evidence.chains import ExaminedChain, examine_entries
from worker.evidence.finding import Flaw, LedgerFinding
from worker.evidence.gaps import describe_gap, find_gaps
from worker.storage.archives.catalogue import Archives
from worker.storage.archives.drafting import hash_file
from worker.storage.archives.store import ArchiveFolder


@dataclass(frozen=True, slots=True)
class ExaminedArchives:
    """The chains that archives hold, or held before they were dropped; how many are there, and what stays of others."""

    chains: Mapping[BatchId, ExaminedChain]
    count: int
    stones: tuple[ArchiveStone, ...]


class ArchiveExamination:
    """Examines the archives beside a ledger, the oldest first; `tell` hears what is wrong."""

    def __init__(self, ledger: Path, key: ChainKey, tell: Callable[[LedgerFinding], None]) -> None:
        self._archives = Archives(ArchiveFolder.beside(ledger))
        self._key = key
        self._tell = tell
        self._before: Digest | None = None
        self._chains: dict[BatchId, ExaminedChain] = {}
        self._stones: list[ArchiveStone] = []

    def examine(self) -> ExaminedArchives:
        """Look at every one of them. Blocks. Raises OSError."""
        names = self._archives.names()
        for first, last in find_gaps(names):
            missing = describe_gap(f"archive {first}", f"archive {last}")
            self._complain(f"archive {first}", f"{missing}, and a later one is there")
        self._look_for_others(names)
        for number, name in names.items():
            if number - 1 not in names:
                self._before = None
            try:
                self._before = self._examine_stone(name) if is_stone(name) else self._examine_archive(name)
            except BrokenArchive as error:
                self._complain(name, f"{name}: {error}")
                self._before = None
        return ExaminedArchives(self._chains, len(names) - len(self._stones), tuple(self._stones))

    def _look_for_others(self, names: Mapping[int, str]) -> None:
        """Of two with one number one alone is read; an archive beside its own stone is as good as gone."""
        for other in sorted(self._archives.store.names()):
            if (number := archive_number(other)) and other not in {names[number], archive_of(names[number])}:
                self._complain(other, f"{other} stands beside {names[number]}, and one of them is not archive {number}")

    def _examine_stone(self, name: str) -> Digest:
        stone = self._archives.read_stone(name, self._key.secret)
        self._compare(name, stone.manifest)
        self._stones.append(stone)
        left = archive_of(name)
        if left in self._archives.store.names() and hash_file(self._archives, left)[0] != stone.sha256:
            self._complain(left, f"{left} is another file than the one that was dropped")
        for head in stone.manifest.heads:
            hashes = (*("",) * (head.records - 1), head.sha256)
            self._add(name, ExaminedChain(head.batch, hashes, is_marked=True, is_dropped=True))
        return stone.sha256

    def _examine_archive(self, name: str) -> Digest:
        digest, _ = hash_file(self._archives, name)
        manifest = self._archives.read_manifest(name, self._key.secret)
        self._compare(name, manifest)
        heads = {head.batch: head for head in manifest.heads}
        for batch, entries in self._archives.read_all(name):
            chain, head = examine_entries(batch, entries, self._key, self._tell), heads.pop(batch, None)
            if head is None or not chain.has_begun_as(head) or len(chain.hashes) != head.records:
                self._complain(name, f"{name} holds another {batch} than its manifest says")
            self._add(name, chain)
        for stranger in self._archives.find_strangers(name):
            self._complain(name, f"{name} holds {stranger!r}, which does not belong there, or more than once")
        for batch in heads:
            self._complain(name, f"{name} does not hold {batch}, which its manifest lists")
        return digest

    def _compare(self, name: str, manifest: ArchiveManifest) -> None:
        """Whether the manifest says what the file's own name, its summary and the archive before it say."""
        if self._archives.summary(name) != manifest.summary or self._archives.names().get(manifest.number) != name:
            self._complain(name, f"{name}: its manifest is that of another archive")
        # Of one that is damaged or missing that was told before.
        if self._before is not None and manifest.previous != self._before:
            self._complain(name, f"{name} was not made after the archive that stands before it")

    def _add(self, name: str, chain: ExaminedChain) -> None:
        if chain.batch in self._chains:
            self._complain(name, f"{name} holds {chain.batch}, and so does one before it")
        self._chains[chain.batch] = chain

    def _complain(self, where: str, sentence: str) -> None:
        self._tell(LedgerFinding(Flaw.ARCHIVE, where, sentence))
