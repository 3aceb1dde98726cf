"""How much the vendor turned out to take at once, for all machines: an object for each kind below `vendor-limits/`.

Each names the vendor's address, and counts for that one alone. What one machine learned no other has to learn again.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import structlog
from pydantic import ValidationError

from jobs.model.vendor_limits import LearnedLimit, LearnedLimits, LimitKind
from worker.clock import utc_now
from worker.objects.bucket import Bucket, BucketObject
from worker.objects.failures import Replaced
from worker.storage.threads import in_thread
from worker.storage.vendor_limits import KeptLimit

log = structlog.get_logger()

_FOLDER = "vendor-limits"


class ObjectLimits:
    """Implements `jobs.ports.VendorLimits` in a bucket, for the vendor at one address."""

    def __init__(self, bucket: Bucket, vendor: str, now: Callable[[], datetime] = utc_now) -> None:
        self._bucket = bucket
        self._vendor = vendor
        self._now = now
        self._read_before: dict[str, LearnedLimit | None] = {}

    @in_thread
    def known(self) -> LearnedLimits:
        """What is known of this vendor now. Raises nothing."""
        return self._read_all()

    @in_thread
    def learn(self, limit: LearnedLimit) -> None:
        """Keep the limit; of two of a kind the lower one stays, whoever learns it at the same time. Raises nothing."""
        try:
            while not self._is_learned(limit):
                pass
        except OSError as error:
            # A person's consent, or files that are nearly sealed, must not be lost over a note.
            log.warning("limit not kept", kind=limit.kind, most=limit.most, error=str(error))

    @in_thread
    def forget(self) -> LearnedLimits:
        """Forget everything that was learned of this vendor; returns what that was. Raises OSError."""
        known = self._read_all()
        if known.limits:
            self._bucket.remove(*(_key(limit.kind) for limit in known.limits))
        return known

    def _is_learned(self, limit: LearnedLimit) -> bool:
        """Try once; False where another machine wrote meanwhile."""
        content = KeptLimit(vendor=self._vendor, **limit.model_dump()).model_dump_json(indent=2).encode()
        try:
            stored = self._bucket.look(_key(limit.kind))
        except FileNotFoundError:
            with suppress(FileExistsError):
                self._bucket.create(_key(limit.kind), content)
                return True
            return False
        found = self._read(stored, limit.kind)
        known = LearnedLimits() if found is None else LearnedLimits().with_limit(found).at(self._now())
        if known.with_limit(limit) == known:
            return True
        with suppress(Replaced):
            self._bucket.replace(_key(limit.kind), content, stored.version)
            return True
        return False

    def _read_all(self) -> LearnedLimits:
        known = LearnedLimits()
        # Asked again and again: a list is one request, and most often there is nothing in it, or nothing new.
        with suppress(OSError):
            listed = {f"{each.key} {each.version}": each.key for each in self._bucket.list(_FOLDER)}
            before = self._read_before
            self._read_before = {
                mark: before[mark] if mark in before else self._find(key) for mark, key in listed.items()
            }
            for limit in filter(None, self._read_before.values()):
                known = known.with_limit(limit)
        return known.at(self._now())

    def _find(self, key: str) -> LearnedLimit | None:
        kind = next((kind for kind in LimitKind if _key(kind) == key), None)
        with suppress(FileNotFoundError):
            return None if kind is None else self._read(self._bucket.look(key), kind)
        return None

    def _read(self, stored: BucketObject, kind: LimitKind) -> LearnedLimit | None:
        with suppress(ValidationError):
            kept = KeptLimit.model_validate_json(stored.content)
            return kept.learned if (kept.vendor, kept.kind) == (self._vendor, kind) else None
        return None


def _key(kind: LimitKind) -> str:
    return f"{_FOLDER}/{kind}.json"
