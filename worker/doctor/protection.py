"""Whether anybody else could read our secrets, sign in as any approver, or rewrite the ledger.

Owners and modes of what is ours are looked at, and of the folders above it: who may write to a folder may put another
one into its place (as sshd's StrictModes sees it).
"""

import os
import stat
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from config.reading import SECRETS_FOLDER
from config.redis import has_password
from config.settings import SECRETS_PREFIX, Settings
from worker.doctor.finding import Finding, caution, fault, fine
from worker.doctor.others import mode_for_others
from worker.storage.sharing import is_shared

_OTHERS_READ = stat.S_IRGRP | stat.S_IROTH
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OTHERS_ENTER = stat.S_IXGRP | stat.S_IXOTH


def examine_protection(config: Path, settings: Settings, secrets: Path = SECRETS_FOLDER) -> list[Finding]:
    """Look at settings, secret files, data folder with keys and ledger, the Redis socket, and shared folders.

    What lets others change something, or read a key, is a fault; what lets them read something else is a warning.
    """
    data = settings.folders.data
    us = data.stat().st_uid if os.geteuid() == 0 and data.exists() else os.geteuid()
    inbox, outbox, anchors = settings.folders.inbox, settings.folders.outbox, settings.trust.anchors
    # A secret depends on the places of the files, and of what they lead to.
    secret_files = [secrets.resolve() / SECRETS_PREFIX, *secrets.glob(f"{SECRETS_PREFIX}*")] if secrets.exists() else []
    findings = [
        *_examine_ways([config, data, *anchors, *secret_files], us),
        *_examine_settings(config, us),
        *_examine_anchors(anchors),
        *_examine_secrets(secrets, us),
        *_examine_key_files(settings, us),
        *_examine_data(data, us),
        *_examine_quarantine(settings.folders.quarantine),
        *_examine_redis(settings),
        *_examine_groups([inbox, outbox]),
        *_examine_shared([inbox, *(inbox / route for route in settings.routes), outbox], us),
    ]
    return findings or [fine("protection", "nobody else reads our secrets or writes to what is ours")]


def _examine_settings(config: Path, us: int) -> Iterator[Finding]:
    if not config.exists():
        return
    advice = f"chmod 0600 {config}, owned by the user of zimogs or root."
    if not _is_closed(config.parent):
        mode = mode_for_others(config)
        if mode & _OTHERS_WRITE:
            yield fault("settings file", f"others may write to {config}, and name approvers", advice)
        if mode & _OTHERS_READ:
            tables = tomllib.loads(config.read_text(encoding="utf-8"))
            password = urlsplit(tables.get("redis", {}).get("url", "")).password
            if "client_secret" in tables.get("eparaksts", {}) or password is not None:
                yield caution("settings file", f"others may read {config}, which holds a secret", advice)
    if config.stat().st_uid not in {0, us}:
        yield caution("settings file", f"{config} belongs to another user, who may change it", advice)


def _examine_anchors(anchors: Iterable[Path]) -> Iterator[Finding]:
    for path in anchors:
        if path.exists() and not _is_closed(path.parent) and mode_for_others(path) & _OTHERS_WRITE:
            yield fault("trust anchors", f"others may write to {path}, and say whose seals count", f"chmod go-w {path}")


def _examine_secrets(secrets: Path, us: int) -> Iterator[Finding]:
    # Kubernetes lays them into a folder of mode 1777, which nobody can write to: it is mounted read-only.
    is_open = secrets.exists() and not os.statvfs(secrets).f_flag & os.ST_RDONLY
    if is_open and _mode(secrets) & stat.S_ISVTX and _mode(secrets) & _OTHERS_WRITE:
        why = f"others may lay files into {secrets}, which outrank the settings: they could name approvers"
        yield fault("secret file", why, f"chmod 0755 {secrets}, owned by root.")
    for path in secrets.glob(f"{SECRETS_PREFIX}*"):
        try:
            status, mode = path.stat(), mode_for_others(path)
        except OSError as error:
            yield caution("secret file", f"{path}: {error.strerror}", f"Let the user of zimogs read {path}.")
            continue
        file, advice = path.resolve(), f"chmod 0400 {path.resolve()}, owned by the user of zimogs."
        if _is_closed(file.parent):
            continue
        if status.st_mode & _OTHERS_WRITE:
            yield fault("secret file", f"others may write to {file}", advice)
        elif mode & _OTHERS_READ or status.st_uid not in {0, us}:
            # A warning, since what runs containers may lay secrets like this where nobody else is.
            yield caution("secret file", f"others may read {file}", advice)


def _examine_key_files(settings: Settings, us: int) -> Iterator[Finding]:
    """What opens folders elsewhere: a private key, and the list of servers that may be spoken to."""
    for place in (*settings.inboxes.values(), *settings.outboxes.values()):
        for path in filter(None, (place.key_file, place.known_hosts)):
            if not path.exists() or _is_closed(path.parent):
                continue
            advice = f"chmod 0400 {path}, owned by the user of zimogs."
            if mode_for_others(path) & _OTHERS_WRITE or path.stat().st_uid not in {0, us}:
                yield fault("key of a folder elsewhere", f"others may write to {path}", advice)
            elif path == place.key_file and mode_for_others(path) & _OTHERS_READ:
                yield fault("key of a folder elsewhere", f"others may read {path}", advice)


def _examine_data(data: Path, us: int) -> Iterator[Finding]:
    if not data.exists():
        return
    advice = f"chmod 0700 {data}; who drops and collects needs the inbox and the outbox alone."
    mode = _mode(data)
    if mode & _OTHERS_WRITE:
        yield fault("data folder", f"others may write to {data}: they could replace keys and ledger", advice)
    elif mode & (_OTHERS_READ | _OTHERS_ENTER):
        yield caution("data folder", f"others may look into {data}", advice)
    for path in (data, *data.iterdir()):
        # What is right in it may go at any moment.
        with suppress(FileNotFoundError):
            status = path.lstat()
            is_ours = status.st_uid in {0, us} and status.st_uid == data.stat().st_uid
            is_folder_below = stat.S_ISDIR(status.st_mode) and path != data
            if not is_ours:
                yield fault("data folder", f"{path} belongs to another user", f"chown -R to the user of zimogs: {data}")
            elif path.suffix == ".key" and status.st_mode & (_OTHERS_READ | _OTHERS_WRITE):
                why = f"others may read or replace {path}, and sign in as anybody with session.key"
                delete = "Delete session.key too if somebody may have read it: all then sign in again."
                yield fault("key", why, f"chmod 0600 {path}. {delete}")
            elif is_folder_below and not _is_closed(data) and status.st_mode & _OTHERS_WRITE:
                yield fault("data folder", f"others may write to {path}", f"chmod -R go-w {path}")


def _examine_quarantine(quarantine: Path) -> Iterator[Finding]:
    if quarantine.exists() and _mode(quarantine) & (_OTHERS_READ | _OTHERS_ENTER):
        advice = f"chmod 0700 {quarantine}, unless all of them may read every original."
        yield caution("quarantine", f"others may look into {quarantine}, where originals lie", advice)


def _examine_redis(settings: Settings) -> Iterator[Finding]:
    url = settings.redis.url
    if url is None or has_password(url):
        return
    if url.scheme != "unix":
        why = "redis.url has no password: whoever reaches it can forge orders and read one-time codes"
        yield caution("redis", why, "Set `requirepass`, and give the URL as a secret file (zimogs_redis__url).")
        return
    socket = Path(url.path or "/")
    if socket.exists() and not _is_closed(socket.parent) and _mode(socket) & stat.S_IWOTH:
        why = f"everybody on this machine may speak to {socket}"
        yield fault("redis", why, "Set `unixsocketperm 700` or `requirepass` in the configuration of Redis or Valkey.")


def _examine_groups(folders: Iterable[Path]) -> Iterator[Finding]:
    for folder in folders:
        if folder.exists() and is_shared(folder):
            group = folder.stat().st_gid
            if os.geteuid() != 0 and group not in {os.getegid(), *os.getgroups()}:
                why = f"{folder} is shared with the group {group}, and zimogs is no member of it"
                yield fault("sharing", why, f"usermod -aG {group} USER, or `chmod g-s` if it is not to be shared.")


def _examine_shared(folders: Iterable[Path], us: int) -> Iterator[Finding]:
    """Who drops and collects shall not change what others have dropped, nor what was delivered."""
    for folder in filter(Path.is_dir, folders):
        mode = mode_for_others(folder)
        if folder.stat().st_uid not in {0, us}:
            yield caution("sharing", f"{folder} belongs to another user", f"chown it to the user of zimogs: {folder}")
        if mode & stat.S_IWOTH:
            yield caution("sharing", f"everybody on this machine may write to {folder}", f"chmod o-w {folder}")
        elif mode & stat.S_IWGRP and not mode & stat.S_ISVTX and not is_shared(folder):
            why = f"its group may write to {folder}, and take away what others put there"
            yield caution("sharing", why, f"chmod g-w {folder}, or share it on purpose: chmod 3770 {folder}")


def _examine_ways(paths: Iterable[Path], us: int) -> Iterator[Finding]:
    """Who may rename what lies in a folder above can put something else there; a sticky bit keeps them from it."""
    ways = {folder: path for path in paths for folder in path.resolve().parents}
    for folder, path in ways.items():
        if not folder.exists():
            continue
        if folder.stat().st_uid not in {0, us}:
            why = f"{folder} belongs to another user, who may replace {path}"
            yield caution("way", why, f"chown it to root or the user of zimogs: {folder}")
        mode = mode_for_others(folder)
        if not mode & stat.S_ISVTX and mode & _OTHERS_WRITE:
            tell = fault if mode & stat.S_IWOTH else caution
            yield tell("way", f"others may write to {folder}, and replace {path}", f"chmod go-w {folder}")


def _mode(path: Path) -> int:
    return path.stat().st_mode


def _is_closed(folder: Path) -> bool:
    return not _mode(folder) & _OTHERS_ENTER
