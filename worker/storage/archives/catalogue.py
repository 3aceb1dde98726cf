"""Finding batches in archives: by the summary of each, which is read once, and the directory of the one that is read.

What is asked costs as much as the archives that may hold the batch, and not as all there ever were.
"""

import threading
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from jobs.model.chain import ChainHead
from jobs.model.errors import BrokenArchive
from jobs.model.frozen import Frozen
from jobs.model.ledger_archive import (
    ArchiveManifest,
    ArchiveStone,
    ArchiveSummary,
    archive_name,
    archive_number,
    decode_signed,
    is_stone,
    place_of,
    stone_name,
)
from jobs.model.mac import remove_mac
from jobs.model.names import BatchId, RouteName
from worker.storage.archives.file_format import MANIFEST, MOST_OF_DIRECTORY, UNREADABLE, Directory, read_summary
from worker.storage.archives.store import ArchiveStore
from worker.storage.chains import OURS

_REMEMBERED = 4
"""Archives whose directories are kept in memory."""


class _StoneSummary(Frozen, extra="ignore"):
    summary: ArchiveSummary


class Archives:
    """What one process knows of the archives in a store. Every method blocks; threads may share it."""

    def __init__(self, store: ArchiveStore) -> None:
        self.store = store
        self._lock = threading.RLock()
        self._listed: frozenset[str] = frozenset()
        self._names: dict[int, str] = {}
        self._summaries: dict[str, ArchiveSummary] = {}
        self._directories: OrderedDict[str, Directory] = OrderedDict()

    def names(self) -> dict[int, str]:
        """The name of each archive by number, or that of its stone where it was dropped; the oldest first.

        The same object as before where nothing has changed.
        """
        with self._lock:
            listed = self.store.names()
            if listed != self._listed:
                self._listed = listed
                numbers = ((archive_number(name), name) for name in listed)
                # A stone is written before its archive goes: where both are there, the archive is as good as gone.
                found = sorted((number, is_stone(name), name) for number, name in numbers if number)
                self._names = {number: name for number, _, name in found}
            return self._names

    def find_entries(self, batch: BatchId) -> tuple[bytes, ...] | None:
        """The entries of a batch, None where no archive holds it. Raises BrokenArchive, and OSError."""
        names = self.names()
        try:
            return self._find_entries(batch)
        except BrokenArchive:
            if self.names() is names:
                raise
            # It was dropped while it was looked into.
            return self._find_entries(batch)

    def read_all(self, name: str) -> Iterator[tuple[BatchId, tuple[bytes, ...]]]:
        """Every batch of one archive with its entries, one after the other. Raises as above."""
        with self._reading(name) as (file, directory):
            for batch in directory.batches:
                yield batch, directory.read_batch(file, batch)

    def find_strangers(self, name: str) -> tuple[str, ...]:
        """What lies in an archive that does not belong there, or more than once. Raises as above."""
        with self._reading(name) as (_, directory):
            return directory.strangers

    def find_stone(self, batch: BatchId, secret: bytes | None) -> ArchiveStone | None:
        """What stays of the archive in which the batch was dropped, None for any other. Raises as `read_stone`."""
        for name in self._find_likely(batch):
            if is_stone(name):
                stone = self.read_stone(name, secret)
                if any(head.batch == batch for head in stone.manifest.heads):
                    return stone
        return None

    def latest(self, route: RouteName) -> int:
        """The highest number of the route in all archives there ever were, 0 where there is none. Raises as above."""
        names = self.names()
        return self.summary(names[max(names)]).latest.get(route, 0) if names else 0

    def batches(self) -> Iterator[BatchId]:
        """Every batch of every archive that is there, the oldest archive first. Raises as above."""
        for name in list(self.names().values()):
            if not is_stone(name):
                with self._reading(name) as (_, directory):
                    found = directory.batches
                yield from found

    def summary(self, name: str) -> ArchiveSummary:
        """The summary of the archive or the stone of that name. Raises as above."""
        with self._lock:
            if name not in self._summaries:
                self._summaries[name] = self._read_summary(name)
            return self._summaries[name]

    def read_manifest(self, name: str, secret: bytes | None) -> ArchiveManifest:
        """The manifest of an archive that is there; its MAC is looked at where the key is known. Raises as above."""
        with self._reading(name) as (file, directory):
            content = directory.read(file, MANIFEST)
        return decode_signed(ArchiveManifest, content, secret)

    def read_stone(self, name: str, secret: bytes | None) -> ArchiveStone:
        """What stays of an archive that was dropped, likewise. Raises as above."""
        with self.opened(name) as file:
            return decode_signed(ArchiveStone, file.read(MOST_OF_DIRECTORY), secret)

    def is_whole(self, name: str, secret: bytes) -> bool:
        """Whether an archive holds what its manifest says, or a stone is one, and the key vouches for it. As above."""
        try:
            if is_stone(name):
                return self.read_stone(name, secret).summary == self.summary(name)
            manifest, found = self.read_manifest(name, secret), self.read_all(name)
            heads = {ChainHead.of(batch, len(entries), b"".join(entries[-1:])) for batch, entries in found}
            return manifest.summary == self.summary(name) and heads == {*manifest.heads}
        except BrokenArchive:
            return False

    @contextmanager
    def opened(self, name: str) -> Iterator[BinaryIO]:
        """One of them, opened. Raises BrokenArchive where it cannot be read; OSError where that is our own."""
        try:
            with self.store.open(name) as file:
                yield file
        except UNREADABLE as error:
            raise BrokenArchive(f"{name} cannot be read: {error}; restore it from the backup") from error
        except OSError as error:
            if error.errno in OURS:
                raise
            why = error.strerror or error
            raise BrokenArchive(f"{name} cannot be read: {why}; see to it, or restore it") from error

    def _find_entries(self, batch: BatchId) -> tuple[bytes, ...] | None:
        for name in self._find_likely(batch):
            if not is_stone(name):
                with self._reading(name) as (file, directory):
                    if directory.has_batch(batch):
                        return directory.read_batch(file, batch)
        return None

    def _find_likely(self, batch: BatchId) -> Iterator[str]:
        """The names of those that may hold the batch, the likeliest first. Raises BrokenArchive.

        That is the first which reaches its number, found by halving; where it was settled later than others, the
        summaries of all are read, the newest first.
        """
        names, (first, is_likely) = self.names(), self._find_first(batch)
        if is_likely:
            yield first
        broken = None
        for name in reversed(names.values()):
            try:
                if name != first and self.summary(name).may_hold(batch):
                    is_likely = True
                    yield name
            except BrokenArchive as error:
                broken = error
        if broken is not None and not is_likely:
            raise broken

    def _find_first(self, batch: BatchId) -> tuple[str, bool]:
        """The first archive that reaches the batch's number, and whether it may hold it; none where one is broken."""
        names, (route, number) = [*self.names().values()], place_of(batch)
        try:
            place = bisect_left(names, number, key=lambda name: self.summary(name).latest.get(route, 0))
        except BrokenArchive:
            return "", False
        return (names[place], self.summary(names[place]).may_hold(batch)) if place < len(names) else ("", False)

    def _read_summary(self, name: str) -> ArchiveSummary:
        with self.opened(name) as file:
            if is_stone(name):
                summary = _StoneSummary.model_validate_json(remove_mac(file.read(MOST_OF_DIRECTORY))).summary
            else:
                summary = read_summary(file)
        own = archive_name(summary.number, summary.month)
        if name not in {own, stone_name(own)}:
            # Batches would not be found, and numbers be given again, where the newest is another one.
            raise BrokenArchive(f"{name} holds {own}: give it its name back, or restore both")
        return summary

    @contextmanager
    def _reading(self, name: str) -> Iterator[tuple[BinaryIO, Directory]]:
        """The archive, opened, and its directory. Raises as `opened`."""
        with self.opened(name) as file:
            try:
                yield file, self._directory(name, file)
            except UNREADABLE:
                self._directories.pop(name, None)
                raise

    def _directory(self, name: str, file: BinaryIO) -> Directory:
        with self._lock:
            if name not in self._directories:
                self._directories[name] = Directory(file)
            self._directories.move_to_end(name)
            while len(self._directories) > _REMEMBERED:
                self._directories.popitem(last=False)
            return self._directories[name]
