"""Folders that we share with other users: their group may use what we put there, whatever our umask is.

A folder is shared when its set-group-ID bit is set, the usual mark of one (inode(7)). Below an outbox of mode 2750 our
files get its group and 0640, our folders 0750; a folder without that bit leaves it all to the umask.

It is set file by file, because nothing else does: the umask of the service is 0077, what comes by link or rename keeps
the group that it had in the data folder, and systemd's RestrictSUIDSGID= lets us pass that bit on to no folder.
"""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

from worker.storage.durable import make_folder, sync_folder
from worker.storage.tree import Location


def is_shared(root: Path) -> bool:
    """Say whether the folder is shared with its group. Raises OSError."""
    return bool(root.stat().st_mode & stat.S_ISGID)


def make_shared_folder(root: Path, folder: Path) -> Path:
    """Create a folder below `root`, and those in between, for the users of `root`; gives it back.

    Raises OSError, also for a link that a stranger has laid on the way: it could lead our files anywhere.
    """
    make_folder(root)
    for part in reversed([folder, *folder.parents][: len(folder.relative_to(root).parts)]):
        try:
            part.mkdir()
        except FileExistsError:
            _require_ours(part)
        else:
            sync_folder(part.parent)
        if not part.is_symlink() and not part.stat().st_mode & stat.S_IRWXG:
            _share(root, part)
    return folder


def share_file(root: Path, file: Path) -> None:
    """Let the group of a shared folder read a file of ours, if it may read the folder; gone already is fine.

    Raises OSError, also for a link that a stranger has laid in its place.
    """
    with suppress(FileNotFoundError):
        _share(root, file)


def _share(root: Path, path: Path) -> None:
    shared = root.stat()
    if not shared.st_mode & stat.S_ISGID:
        return
    # By descriptor: where the group may write, what stands under this name may be another's by now, or a link.
    with Location.of(path).opened() as descriptor:
        status = os.fstat(descriptor)
        # Who is no member of that group cannot give it anything; the doctor tells.
        with suppress(PermissionError):
            os.fchown(descriptor, -1, shared.st_gid)
            mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
            if not stat.S_ISDIR(status.st_mode):
                os.fchmod(descriptor, mode | shared.st_mode & stat.S_IRGRP)
                return
            mode |= shared.st_mode & (stat.S_ISVTX | stat.S_IRWXG)
            try:
                os.fchmod(descriptor, mode | stat.S_ISGID)
            except PermissionError:
                os.fchmod(descriptor, mode)


def _require_ours(part: Path) -> None:
    status = part.lstat()
    if stat.S_ISLNK(status.st_mode) and status.st_uid not in {0, os.geteuid()}:
        raise OSError(errno.ELOOP, "is a link that another user has laid", str(part))
    if not part.is_dir():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(part))
