"""Where the embedded server's socket stands: a folder in which nobody but us can put one of his own."""

import hashlib
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

REDIS_FOLDER = "redis"
"""Below the data folder: where the embedded server's files lie."""
_LONGEST = 100  # bytes; sun_path holds 108 on Linux, 104 on macOS


def socket_url(folder: Path) -> str:
    """The `unix://` URL of the server whose files lie there. Raises as `choose_socket_path` does."""
    return f"unix://{quote(str(choose_socket_path(folder)))}"


def choose_socket_path(folder: Path) -> Path:
    """The socket in `folder`, or in a folder of our own below the system's temporary one when the name gets too long.

    Raises PermissionError when somebody else made that folder, or can write to it.
    """
    near = folder.resolve() / "valkey.sock"
    if len(os.fsencode(near)) <= _LONGEST:
        return near
    name = hashlib.sha256(os.fsencode(near)).hexdigest()[:16]
    apart = Path(tempfile.gettempdir()) / f"zimogs-{os.getuid()}-{name}"
    # Its name can be guessed, and everybody may make folders there: it is ours, or it is not used.
    with suppress(FileExistsError):
        apart.mkdir(mode=0o700)
    status = apart.lstat()
    is_ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
    if not is_ours or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError(
            f"{apart} is no folder that only we may write to, so the embedded Valkey's socket cannot stand in it. "
            "Remove it, or choose a shorter folders.data, or set redis.url."
        )
    # Earlier versions left it to the umask who may look into it.
    apart.chmod(0o700)
    return apart / "valkey.sock"
