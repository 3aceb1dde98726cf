"""Secret keys of the data folder, which nobody but the user of zimogs may read."""

import os
from contextlib import suppress
from pathlib import Path

from worker.storage.durable import make_folder, write_once

_KEY_BYTES = 32


def obtain_key(data: Path, name: str) -> bytes:
    """The key `data`/`name`.key: 32 random bytes, made at the first need and kept from then on. Raises OSError."""
    path = make_folder(data) / f"{name}.key"
    # Not written in the hope that it is there already: on a full disk nothing could be read any more.
    if not path.exists():
        with suppress(FileExistsError):
            write_once(path, os.urandom(_KEY_BYTES), mode=0o600)
    return path.read_bytes()
