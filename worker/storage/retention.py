"""What is kept for a limited time, where the settings say so: originals, evidence, and archives of the ledger.

Without a policy nothing is ever dropped. What is dropped is told in the log, one line for each.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import structlog

from jobs.model.checkpoint import decode_checkpoint
from jobs.model.errors import WrongClock
from worker.storage.archives.catalogue import Archives
from worker.storage.archives.dropping import ExpiredArchive, drop_archive, find_expired_archives, finish_dropping
from worker.storage.archives.store import ARCHIVES, held
from worker.storage.checkpoints import Checkpoints
from worker.storage.ledger_key import CHECKPOINTS, open_secret

log = structlog.get_logger()

_BORNE_OUT, _UNLIKELY = timedelta(days=7), timedelta(days=60)
"""How old a checkpoint has to be at least, and at most, to bear out the clock.

A house that works has one every day; and where a clock jumped, the newest are by that very clock.
"""


class Kind(StrEnum):
    """What has a policy of its own. Values are for programs, and the names of the settings."""

    ORIGINALS = "originals"
    """Of documents that went their way."""
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


class KeptFiles(Protocol):
    """Originals and evidence of documents that went their way. Every method blocks, and raises OSError."""

    def find_originals(self, before: datetime) -> Iterator[Expired]:
        """Originals that have been kept since then or longer."""
        ...

    def find_evidence(self, before: datetime) -> Iterator[Expired]:
        """The same of sealed files that were not delivered."""
        ...

    def remove(self, expired: Expired) -> None:
        """Remove one of these for good."""
        ...


@dataclass(frozen=True, slots=True)
class Retention:
    """For how long each kind is kept; what is missing, for ever. Every method blocks.

    `ledger` is the ledger's folder on this machine, with its key and checkpoints beside it.
    """

    ledger: Path
    archives: Archives
    files: KeptFiles
    keep: Mapping[Kind, timedelta]

    def look(self, now: datetime) -> Iterator[Expired]:
        """What is to go now; changes nothing. Raises as `drop`."""
        self._require_likely(now)
        if (keep := self.keep.get(Kind.ORIGINALS)) is not None:
            yield from self.files.find_originals(now - keep)
        if (keep := self.keep.get(Kind.EVIDENCE)) is not None:
            yield from self.files.find_evidence(now - keep)
        if (keep := self.keep.get(Kind.ARCHIVES)) is not None:
            for one in find_expired_archives(self.archives, keep, now, open_secret(self.ledger)):
                yield Expired(Kind.ARCHIVES, one.name, one.ended_at, one.size, one.batches, one)

    def drop(self, now: datetime) -> list[Expired] | None:
        """Drop it; gives what went, None where another process of this machine is at it.

        Raises WrongClock where the time cannot be believed, BrokenLedger, and OSError.
        """
        with held(self.ledger.with_name(ARCHIVES)) as is_ours:
            if not is_ours:
                return None
            gone = []
            try:
                for one in self.look(now):
                    self._drop(one, now)
                    gone.append(one)
            finally:
                # Whatever keeps one thing from going keeps no other.
                finish_dropping(self.archives, open_secret(self.ledger))
            return gone

    def _drop(self, expired: Expired, now: datetime) -> None:
        if expired.archive is not None:
            policy = f"retention.archives keeps {self.keep[Kind.ARCHIVES].days} days"
            drop_archive(self.archives, expired.archive, policy, now, open_secret(self.ledger))
        else:
            self.files.remove(expired)
        since = expired.since.isoformat()
        log.info("dropped by policy", kind=expired.kind, name=expired.name, since=since, bytes=expired.size)

    def _require_likely(self, now: datetime) -> None:
        """Nothing goes by a clock that may be years ahead: checkpoints tell when this house worked."""
        if not self.keep:
            return
        checkpoints, secret = Checkpoints(self.ledger.with_name(CHECKPOINTS)), open_secret(self.ledger)
        times = (decode_checkpoint(checkpoints.read(each, secret)).at for each in reversed(checkpoints.numbers()))
        newest = next((at for at in times if at <= now - _BORNE_OUT), None)
        if newest is None or now - newest > _UNLIKELY:
            known = "there is no older one" if newest is None else f"the one before that is of {newest:%Y-%m-%d}"
            raise WrongClock(
                f"The clock says {now:%Y-%m-%d}. Of the weeks before the last {_BORNE_OUT.days} days there is no "
                f"checkpoint of the ledger ({known}): nothing is dropped, since the clock may be wrong. If it is "
                f"right, something will be {_BORNE_OUT.days} days after the next batch is in a checkpoint."
            )
