"""How much the vendor turned out to take at once, for all machines: an object for each kind below `vendor-limits/`.

Each names the vendor's address, and counts for that one alone. What one machine learned no other has to learn again.
"""

from contextlib import suppress

from pydantic import ValidationError

from jobs.model.vendor_limits import LearnedLimit, LearnedLimits, LimitKind
from worker.objects.bucket import Bucket, BucketObject
from worker.objects.failures import Replaced
from worker.storage.threads import in_thread
from worker.storage.vendor_limits import KeptLimit

_FOLDER = "vendor-limits"


class ObjectLimits:
    """Implements `jobs.ports.VendorLimits` in a bucket, for the vendor at one address."""

    def __init__(self, bucket: Bucket, vendor: str) -> None:
        self._bucket = bucket
        self._vendor = vendor
        self._read_before: dict[str, LearnedLimit | None] = {}

    @in_thread
    def known(self) -> LearnedLimits:
        """What is known of this vendor now. Raises nothing."""
        return self._read_all()

    @in_thread
    def learn(self, limit: LearnedLimit) -> None:
        """Keep the limit; of two of a kind the lower one stays, whoever learns it at the same time. Raises OSError."""
        while not self._is_learned(limit):
            pass

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
        known = self._read(stored, limit.kind)
        if known is not None and known.most <= limit.most:
            return True
        with suppress(Replaced):
            self._bucket.replace(_key(limit.kind), content, stored.version)
            return True
        return False

    def _read_all(self) -> LearnedLimits:
        known = LearnedLimits()
        # Asked again and again: a list is one request, and most often there is nothing in it, or nothing new.
        with suppress(OSError):
            for each in list(self._bucket.list(_FOLDER)):
                mark = f"{each.key} {each.version}"
                if mark not in self._read_before:
                    self._read_before[mark] = self._find(each.key)
                if limit := self._read_before[mark]:
                    known = known.with_limit(limit)
        return known

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
