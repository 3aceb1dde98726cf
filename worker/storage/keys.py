"""Secret keys of the data folder, which nobody but the user of zimogs may read."""

import errno
import os
from contextlib import suppress
from pathlib import Path

from worker.storage.durable import make_folder, read_file, write_once

_KEY_BYTES = 32


def obtain_key(data: Path, name: str) -> bytes:
    """The key `data`/`name`.key: 32 random bytes, made at the first need and kept from then on.

    Raises OSError, also where something else than a key of ours stands there.
    """
    path = make_folder(data) / f"{name}.key"
    # Not written in the hope that it is there already: on a full disk nothing could be read any more.
    if not path.exists():
        with suppress(FileExistsError):
            write_once(path, os.urandom(_KEY_BYTES), mode=0o600)
    key = read_file(path)
    if len(key) != _KEY_BYTES:
        raise OSError(errno.EINVAL, "is no key of zimogs; restore it from the backup of the data folder", str(path))
    return key
