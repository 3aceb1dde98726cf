"""What a file's mode lets others do: a group in which nobody else is stands for its user alone."""

import grp
import pwd
import stat
from pathlib import Path


def mode_for_others(path: Path) -> int:
    """The file's mode, without what its group may do where that is a user's private group. Raises OSError.

    Many systems give each person a group of their own and the umask 002 (useradd(8), USERGROUPS_ENAB; pam_umask(8)).
    """
    status = path.stat()
    return status.st_mode & ~stat.S_IRWXG if _is_private(status.st_gid, status.st_uid) else status.st_mode


def _is_private(group: int, owner: int) -> bool:
    """Whether the group has a name, and no member but the owner; root may do everything anyway."""
    try:
        listed = {pwd.getpwnam(name).pw_uid for name in grp.getgrgid(group).gr_mem}
    except KeyError:
        return False
    return listed | {user.pw_uid for user in pwd.getpwall() if user.pw_gid == group} <= {0, owner}
