"""Which processes that claim files are alive, told by locks that the kernel lets go of when a process dies."""

import os
import secrets
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from worker.storage.durable import make_folder
from worker.storage.leases import try_lock


class Claimer:
    """One process that claims, and its sign of life: a locked file below `folder`, which those of one shelf share.

    `name` stands in its claims. Every method blocks, and raises OSError.
    """

    def __init__(self, folder: Path) -> None:
        self.name = secrets.token_hex(8)
        self._folder = folder
        self._showing = threading.Lock()
        self._is_shown = False
        self._leave: Callable[[], object] = lambda: None

    def show(self) -> None:
        """Be seen from now on until this object, or its process, is gone."""
        with self._showing:
            if self._is_shown:
                return
            aside = make_folder(self._folder) / f".{self.name}"
            descriptor = os.open(aside, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            self._leave = weakref.finalize(self, os.close, descriptor)
            try_lock(descriptor)
            # Nobody sees the file before it is locked, and takes it for a dead one's.
            aside.rename(self._folder / self.name)
            self._is_shown = True

    def leave(self) -> None:
        """Be gone for the others: they may take up what is not finished."""
        self._leave()

    def is_elsewhere(self, name: str) -> bool:
        """Say whether that is another claimer which is alive."""
        if name == self.name:
            return False
        with _seized(self._folder / name) as is_dead:
            return is_dead is False

    def bury_dead(self) -> list[str]:
        """Name the claimers that are gone, to one of all who ask; their files are removed.

        Whoever asks is seen itself: if it dies before it has finished their work, the next one hears of it.
        """
        self.show()
        names = [path.name for path in self._folder.iterdir()]
        others = [name for name in names if name != self.name and not name.startswith(".")]
        return [name for name in others if self._bury(name)]

    def _bury(self, name: str) -> bool:
        with _seized(self._folder / name) as is_dead:
            if is_dead:
                (self._folder / name).unlink(missing_ok=True)
            return is_dead is True


@contextmanager
def _seized(path: Path) -> Iterator[bool | None]:
    """Hold somebody's file for the time of the block: True when nobody else does, None when there is none."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        yield None
        return
    try:
        yield try_lock(descriptor)
    finally:
        os.close(descriptor)
