"""What a file's mode lets others do: a group in which nobody else is stands for its user alone."""

import grp
import os
import pwd
import stat
from pathlib import Path


def mode_for_others(path: Path) -> int:
    """The file's mode, without what its group may do where nobody but its user and we are in that. Raises OSError.

    Many systems give each person a group of their own and the umask 002 (useradd(8), USERGROUPS_ENAB; pam_umask(8)).
    """
    status = path.stat()
    try:
        listed = {pwd.getpwnam(name).pw_uid for name in grp.getgrgid(status.st_gid).gr_mem}
    except KeyError:
        # A group without a name, or with a member whom nobody knows here, may be anybody's.
        return status.st_mode
    members = listed | {user.pw_uid for user in pwd.getpwall() if user.pw_gid == status.st_gid}
    # Root may do everything anyway.
    return status.st_mode if members - {0, status.st_uid, os.geteuid()} else status.st_mode & ~stat.S_IRWXG
