"""The digests summary: one short value that stands for a whole batch of digests."""

import hashlib
from collections.abc import Sequence

SUMMARY_ALGORITHM = "SHA256"
SUMMARY_LENGTH = 32  # bytes


def summary_of(digests: Sequence[bytes]) -> bytes:
    """Return SHA-256 over the digests joined in this order, without separators."""
    return hashlib.sha256(b"".join(digests)).digest()
