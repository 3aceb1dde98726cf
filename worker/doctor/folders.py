"""Whether the folders are there, writable, on one file system, and what that can do."""

import tempfile
from collections.abc import Iterator

from config.sections import Folders
from worker.doctor.file_systems import examine_file_system
from worker.doctor.finding import Finding, caution, fault, fine
from worker.storage.durable import make_folder

_MODE = {"data": 0o700, "quarantine": 0o700}
"""What is made here for nobody else to see."""


def examine_folders(folders: Folders) -> Iterator[Finding]:
    """Look at each folder, then at how they lie to each other."""
    are_writable = True
    for name, path in folders:
        try:
            make_folder(path, _MODE.get(name, 0o777))
            with tempfile.TemporaryFile(dir=path):
                pass
        except OSError as error:
            are_writable = False
            advice = f"Create {path} and let the user of zimogs write to it."
            yield fault(f"folder {name}", f"{path}: {error.strerror}", advice)
        else:
            yield fine(f"folder {name}", str(path))
            yield from examine_file_system(name, path)
    if are_writable:
        yield _compare_file_systems(folders)


def _compare_file_systems(folders: Folders) -> Finding:
    devices = {name: path.stat().st_dev for name, path in folders}
    apart = [name for name in ("outbox", "quarantine") if devices[name] != devices["data"]]
    if not apart:
        return fine("file system", "files move by rename")
    return caution(
        "file system",
        f"{', '.join(apart)} and data lie on different file systems",
        "It works, but each file is copied and checked instead of renamed. Put them on one file system to be faster.",
    )
