"""A consumer's name: that of no other process that lives, and the same again after a restart."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from worker.storage.durable import make_folder
from worker.storage.leases import try_lock


@contextmanager
def named_consumer(folder: Path) -> Iterator[str]:
    """Have a name for the time of the block: this machine's, and the first number that is free. Raises OSError.

    The next process on this machine goes on at once with what one that was killed had begun with.
    """
    make_folder(folder, 0o700)
    for number in count(1):
        name = f"{socket.gethostname()}-{number}"
        descriptor = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if try_lock(descriptor):
                yield name
                return
        finally:
            os.close(descriptor)
