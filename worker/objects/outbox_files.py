"""What lies in the outbox of a bucket, as whoever compares it with the ledger needs it; read piece by piece."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from pydantic import ValidationError

from worker.objects.bucket import Bucket
from worker.objects.outbox import OUTBOX
from worker.storage.sidecar import Sidecar


class OutboxObjects:
    """Implements `worker.storage.outbox_files.OutboxFiles` in a bucket. Every method raises StorageAway."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def sizes(self) -> Mapping[str, int]:
        """Everything but what is hidden, with its size."""
        found = {each.key.removeprefix(f"{OUTBOX}/"): each.size for each in self._bucket.list(OUTBOX)}
        return {path: size for path, size in found.items() if not any(part[:1] == "." for part in path.split("/"))}

    def hash(self, paths: Sequence[str]) -> Sequence[str]:
        """The SHA-256 of each of these files in hexadecimal, many at once; empty for one that was taken away."""
        return self._bucket.each(self._hash, paths)

    def read_sidecar(self, path: str) -> Sidecar | None:
        """The sidecar of that path; None for anything that is none."""
        with suppress(FileNotFoundError, ValidationError):
            return Sidecar.model_validate_json(self._bucket.read(f"{OUTBOX}/{path}"))
        return None

    def _hash(self, path: str) -> str:
        try:
            return self._bucket.hash(f"{OUTBOX}/{path}")
        except FileNotFoundError:
            return ""
