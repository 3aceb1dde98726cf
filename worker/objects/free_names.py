"""Names that are free in a folder of the bucket, found without asking for each that is not.

numbers/<SHA-256 of folder and name>     the last number that a file of that name was given
"""

from collections.abc import Iterator
from hashlib import sha256
from itertools import count
from pathlib import PurePosixPath

from worker.objects.bucket import Bucket
from worker.storage.names import fit_name

_NUMBERS = "numbers"


class FreeNames:
    """Gives names as the outbox on disk does, each leaving `spare` bytes for a longer one beside it. Blocks."""

    def __init__(self, bucket: Bucket, spare: int) -> None:
        self._bucket = bucket
        self._spare = spare

    def give(self, folder: str, name: str) -> Iterator[tuple[int, str]]:
        """Names to try, each with its number: `a.pdf`, and once that is taken, those that nobody has had yet."""
        yield 1, self._name_of(name, 1)
        for number in count(max(2, self._last(folder, name) + 1)):
            yield number, self._name_of(name, number)

    def note(self, folder: str, name: str, number: int) -> None:
        """Remember which of the names was taken, so that the next one is looked for behind it."""
        if number > 1:
            self._bucket.write(_key(folder, name), str(number).encode())

    def _last(self, folder: str, name: str) -> int:
        try:
            return int(self._bucket.read(_key(folder, name)))
        except (FileNotFoundError, ValueError):
            return 1

    def _name_of(self, name: str, number: int) -> str:
        path = PurePosixPath(name)
        return str(path.with_name(fit_name(path.name, f" ({number})" if number > 1 else "", self._spare)))


def _key(folder: str, name: str) -> str:
    return f"{_NUMBERS}/{sha256(f'{folder}/{name}'.encode()).hexdigest()}"
