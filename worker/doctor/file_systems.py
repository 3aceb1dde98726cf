"""Whether the file system under each folder can do what zimogs does there: tried, and not guessed from its name."""

import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from worker.doctor.finding import Finding, caution, fault, fine
from worker.storage.durable import sync_file
from worker.storage.names import LONGEST
from worker.storage.tree import Location, remove

_LOCAL = "Put it on a local disk or NFSv4."


@dataclass(frozen=True, slots=True)
class Ability:
    """Something a file system may be able to do, tried in an empty folder by `attempt`: OSError or False say no.

    `needed_in` names the folders where nothing works without it, `missed_in` those where somebody shall know.
    """

    name: str
    attempt: Callable[[Path], bool]
    needed_in: frozenset[str]
    missed_in: frozenset[str]
    advice: str


def examine_file_system(name: str, folder: Path) -> Iterator[Finding]:
    """Try everything in a hidden folder within `folder`, `name` in the settings; nothing of it stays."""
    probe = folder / f".zimogs-{secrets.token_hex(4)}.tmp"
    subject, lacks = f"file system of {name}", 0
    try:
        probe.mkdir()
        for ability in ABILITIES:
            if name not in ability.needed_in | ability.missed_in:
                continue
            lack = _lack(ability, probe)
            if lack is not None:
                lacks += 1
                tell = fault if name in ability.needed_in else caution
                yield tell(subject, f"{folder}: {ability.name}: {lack}", ability.advice)
    except OSError as error:
        lacks += 1
        advice = (
            f"Let the user of zimogs make folders in {folder}, and put it on another file system if that is no help."
        )
        yield fault(subject, f"{folder}: {error.strerror}", advice)
    finally:
        with suppress(OSError):
            remove(Location.of(probe))
    if not lacks:
        yield fine(subject, "can do all that is needed there")


def _lack(ability: Ability, probe: Path) -> str | None:
    """Why the file system lacks the ability; None when it does not."""
    room = probe / secrets.token_hex(4)
    room.mkdir()
    try:
        return None if ability.attempt(room) else "it does something else"
    except OSError as error:
        return error.strerror


def _rename(folder: Path) -> bool:
    (folder / "a").write_bytes(b"1")
    (folder / "b").write_bytes(b"2")
    (folder / "a").rename(folder / "b")
    return _names(folder) == {"b"} and (folder / "b").read_bytes() == b"1"


def _create_exclusively(folder: Path) -> bool:
    (folder / "a").touch(exist_ok=False)
    try:
        (folder / "a").touch(exist_ok=False)
    except FileExistsError:
        return True
    return False


def _link(folder: Path) -> bool:
    (folder / "a").touch()
    os.link(folder / "a", folder / "b")
    try:
        os.link(folder / "a", folder / "b")
    except FileExistsError:
        return (folder / "b").samefile(folder / "a")
    return False


def _sync_file(folder: Path) -> bool:
    (folder / "a").write_bytes(b"1")
    sync_file(folder / "a")
    return True


def _sync_folder(folder: Path) -> bool:
    sync_file(folder)
    return True


def _keep_names(folder: Path) -> bool:
    """Long, and of letters that some file systems compose or decompose anew (Unicode UAX 15)."""
    names = {"ž" * (LONGEST // 2), "Ā", "e\u0301", "票", "a b.pdf"}
    for name in names:
        (folder / name).touch()
    return _names(folder) == names


def _keep_windows_names(folder: Path) -> bool:
    """What Windows' file systems hold for something else."""
    names = {'a:b?"<*>|.pdf', "a\\b", "dot."}
    for name in names:
        (folder / name).touch()
    return _names(folder) == names


def _tell_capitals_apart(folder: Path) -> bool:
    (folder / "a").touch()
    (folder / "A").touch()
    return _names(folder) == {"a", "A"}


def _keep_modes(folder: Path) -> bool:
    (folder / "a").touch()
    modes = (0o600, 0o640)
    for mode in modes:
        (folder / "a").chmod(mode)
        if stat.S_IMODE((folder / "a").stat().st_mode) != mode:
            return False
    return True


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


_ALL = frozenset({"inbox", "outbox", "quarantine", "data"})
_OURS = frozenset({"quarantine", "data"})
_OUTSIDE = frozenset({"inbox", "outbox"})
_WRITTEN = _ALL - {"inbox"}
_NOWHERE: frozenset[str] = frozenset()

ABILITIES = (
    Ability("renaming a file over another", _rename, _ALL, _NOWHERE, _LOCAL),
    Ability("creating a file exclusively", _create_exclusively, _ALL, _NOWHERE, _LOCAL),
    # The outbox does without them: there a name is taken by a file created exclusively.
    Ability("hard links", _link, _OURS, _NOWHERE, f"FAT, exFAT and some SMB have none. {_LOCAL}"),
    Ability("syncing a file to disk", _sync_file, _WRITTEN, _NOWHERE, _LOCAL),
    Ability(
        "syncing a folder to disk",
        _sync_folder,
        frozenset({"data"}),
        frozenset({"outbox", "quarantine"}),
        f"A power cut there may take back what was reported as delivered. {_LOCAL}",
    ),
    Ability("long names and letters of every script", _keep_names, _OUTSIDE | {"quarantine"}, _NOWHERE, _LOCAL),
    Ability(
        "names that Windows cannot hold",
        _keep_windows_names,
        _NOWHERE,
        frozenset({"outbox", "quarantine"}),
        'Set `names = "refuse"` on each route: such a document is put aside at once, and not stuck at its delivery.',
    ),
    Ability(
        # The outbox does without: there the second gets a number.
        "telling capitals apart",
        _tell_capitals_apart,
        _NOWHERE,
        frozenset({"inbox"}),
        "Whoever drops a.pdf beside an A.pdf that is not taken yet replaces it: let names differ in more than that.",
    ),
    Ability(
        "permissions of its own for each file",
        _keep_modes,
        frozenset({"data"}),
        frozenset({"quarantine"}),
        f"Everybody who sees the folder may read what is in it. {_LOCAL}",
    ),
)
"""In the order in which they are tried."""
