"""Secrets that a person types: how often each may be wrong before it is locked."""

import hmac
from collections import Counter


class Locks:
    """Count wrong passwords per key and wrong PINs per card; a right one forgives those before it."""

    def __init__(self, tries: int) -> None:
        """Lock after this many wrong ones in a row, for as long as the vendor runs."""
        self.tries = tries
        self._wrong: Counter[str] = Counter()

    def left(self, lock: str) -> int:
        """Return how many tries are left."""
        return max(0, self.tries - self._wrong[lock])

    def opens(self, lock: str, given: str, right: str) -> bool:
        """Say whether the secret is right and its lock still gives way; a wrong one is counted."""
        if not self.left(lock):
            return False
        if hmac.compare_digest(given.encode(), right.encode()):
            del self._wrong[lock]
            return True
        self._wrong[lock] += 1
        return False
