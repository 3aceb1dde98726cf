"""How much the vendor turned out to take at once: one small file for each kind below `data/vendor-limits`.

Each is written whole or not at all, names the vendor's address, and counts for that one alone. What cannot be read
is not known: it is learned again. Whoever deletes a file has it forgotten.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import structlog
from pydantic import ValidationError

from jobs.model.vendor_limits import LearnedLimit, LearnedLimits, LimitKind
from worker.clock import utc_now
from worker.storage.durable import make_folder, read_file, sync_folder, write_over
from worker.storage.threads import in_thread

log = structlog.get_logger()


class KeptLimit(LearnedLimit):
    """A limit with the address of the vendor that it was learned of."""

    vendor: str

    @property
    def learned(self) -> LearnedLimit:
        """The limit alone."""
        return LearnedLimit(**self.model_dump(exclude={"vendor"}))


class LimitBook:
    """Implements `jobs.ports.VendorLimits` below one folder, for the vendor at one address."""

    def __init__(self, folder: Path, vendor: str, now: Callable[[], datetime] = utc_now) -> None:
        self._folder = folder
        self._vendor = vendor
        self._now = now

    @in_thread
    def known(self) -> LearnedLimits:
        """What is known of this vendor now. Raises nothing."""
        return self._read_all()

    @in_thread
    def learn(self, limit: LearnedLimit) -> None:
        """Keep the limit; of two of a kind the lower one stays. Raises nothing: it would be learned once more."""
        known = self._read_all()
        if known.with_limit(limit) == known:
            return
        kept = KeptLimit(vendor=self._vendor, **limit.model_dump())
        try:
            make_folder(self._folder)
            write_over(self._path(limit.kind), kept.model_dump_json(indent=2).encode())
        except OSError as error:
            # A person's consent, or files that are nearly sealed, must not be lost over a note.
            log.warning("limit not kept", kind=limit.kind, most=limit.most, error=str(error))

    @in_thread
    def forget(self) -> LearnedLimits:
        """Forget everything that was learned of this vendor; returns what that was. Raises OSError."""
        known = self._read_all()
        for limit in known.limits:
            self._path(limit.kind).unlink(missing_ok=True)
        if known.limits:
            sync_folder(self._folder)
        return known

    def _read_all(self) -> LearnedLimits:
        known = LearnedLimits()
        for kind in LimitKind:
            with suppress(OSError, ValidationError):
                kept = KeptLimit.model_validate_json(read_file(self._path(kind)))
                if (kept.vendor, kept.kind) == (self._vendor, kind):
                    known = known.with_limit(kept.learned)
        return known.at(self._now())

    def _path(self, kind: LimitKind) -> Path:
        return self._folder / f"{kind}.json"
