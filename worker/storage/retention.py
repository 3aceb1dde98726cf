"""What is kept for a limited time, where the settings say so: originals, evidence, and archives of the ledger.

Without a policy nothing is ever dropped. What is dropped is told in the log, one line for each.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import structlog

from jobs.model.errors import WrongClock
from jobs.model.names import is_batch_id
from worker.storage.archives.catalogue import Archives
from worker.storage.archives.compaction import held
from worker.storage.archives.dropping import ExpiredArchive, drop_archive, find_expired_archives, finish_dropping
from worker.storage.archives.store import ArchiveFolder
from worker.storage.chains import CLOSED
from worker.storage.checkpoints import Checkpoints
from worker.storage.durable import sync_folder
from worker.storage.layout import Layout
from worker.storage.ledger_key import CHECKPOINTS, open_secret

log = structlog.get_logger()

_UNLIKELY = timedelta(days=60)
"""Without a checkpoint: a house that works has one every day."""
_EVIDENCE = (".unverified", ".sealed")
"""How the names of sealed files end that were not delivered."""


class Kind(StrEnum):
    """What has a policy of its own. Values are for programs, and the names of the settings."""

    ORIGINALS = "originals"
    """Of delivered documents, in `data/originals`."""
    EVIDENCE = "evidence"
    """Sealed files that were not delivered, of documents that are no longer in quarantine."""
    ARCHIVES = "archives"
    """Of the ledger."""


@dataclass(frozen=True, slots=True)
class Expired:
    """One thing that is to go: its name, since when it is kept, and its size in bytes."""

    kind: Kind
    name: str
    since: datetime
    size: int
    batches: int = 0
    archive: ExpiredArchive | None = None


@dataclass(frozen=True, slots=True)
class Retention:
    """For how long each kind is kept; what is missing, for ever. Every method blocks."""

    layout: Layout
    keep: Mapping[Kind, timedelta]

    def look(self, now: datetime) -> Iterator[Expired]:
        """What is to go now; changes nothing. Raises as `drop`."""
        self._require_likely(now)
        if (keep := self.keep.get(Kind.ORIGINALS)) is not None:
            yield from self._find_originals(now - keep)
        if (keep := self.keep.get(Kind.EVIDENCE)) is not None:
            yield from self._find_evidence(now - keep)
        if (keep := self.keep.get(Kind.ARCHIVES)) is not None:
            for one in find_expired_archives(self._archives(), keep, now):
                yield Expired(Kind.ARCHIVES, one.name, one.ended_at, one.size, one.batches, one)

    def drop(self, now: datetime) -> list[Expired] | None:
        """Drop it; gives what went, None where somebody else is at it.

        Raises WrongClock where the time cannot be believed, BrokenLedger, and OSError.
        """
        with held(archives := self._archives()) as is_ours:
            if not is_ours:
                return None
            finish_dropping(archives, open_secret(self._ledger))
            gone = []
            for one in self.look(now):
                if one.archive is not None:
                    policy = f"retention.archives keeps {self.keep[Kind.ARCHIVES].days} days"
                    drop_archive(archives, one.archive, policy, now, open_secret(self._ledger))
                else:
                    _remove(self._folder(one.kind) / one.name)
                log.info("dropped by policy", kind=one.kind, name=one.name, since=one.since.isoformat(), bytes=one.size)
                gone.append(one)
            return gone

    def _require_likely(self, now: datetime) -> None:
        """Nothing goes by a clock that may be years ahead: the newest checkpoint tells when this house last worked."""
        newest = Checkpoints(self.layout.root / CHECKPOINTS).latest(open_secret(self._ledger))
        if self.keep and now - newest.at > _UNLIKELY:
            raise WrongClock(
                f"The clock says {now:%Y-%m-%d}, and the newest checkpoint of the ledger is of {newest.at:%Y-%m-%d}: "
                "nothing is dropped. If the clock is right, something will be once the next batch is in a checkpoint."
            )

    @property
    def _ledger(self) -> Path:
        return self.layout.root / "ledger"

    def _archives(self) -> Archives:
        return Archives(ArchiveFolder.beside(self._ledger))

    def _folder(self, kind: Kind) -> Path:
        return self.layout.root / "originals" if kind is Kind.ORIGINALS else self.layout.quarantine

    def _find_originals(self, before: datetime) -> Iterator[Expired]:
        """Those of a batch together; of documents that were not sealed for being the same as others, one by one."""
        folder = self._folder(Kind.ORIGINALS)
        for path in _list(folder):
            if is_batch_id(path.name) and self._is_under_way(path.name):
                continue
            for one in [path] if is_batch_id(path.name) else _list(path):
                # When the inode changed last: the time of the content is the sender's.
                since = datetime.fromtimestamp(one.lstat().st_ctime, UTC)
                if since <= before:
                    yield Expired(Kind.ORIGINALS, str(one.relative_to(folder)), since, _measure(one))

    def _is_under_way(self, batch: str) -> bool:
        """Whether something may still have to be done with its originals: what is settled is marked, or archived."""
        return (self._ledger / batch).is_dir() and not (self._ledger / batch / CLOSED).exists()

    def _find_evidence(self, before: datetime) -> Iterator[Expired]:
        for path in _list(self.layout.quarantine):
            if path.suffix in _EVIDENCE and not path.with_suffix(".original").exists():
                since = datetime.fromtimestamp(path.lstat().st_ctime, UTC)
                if since <= before:
                    yield Expired(Kind.EVIDENCE, path.name, since, _measure(path))


def _list(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() and not folder.is_symlink() else []


def _measure(path: Path) -> int:
    """Bytes of a file, or of all files in a folder; links are not followed."""
    if path.is_symlink() or not path.is_dir():
        return path.lstat().st_size
    return sum(os.lstat(Path(folder) / name).st_size for folder, _, names in os.walk(path) for name in names)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    sync_folder(path.parent)
