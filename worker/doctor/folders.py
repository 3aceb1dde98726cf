"""Whether the folders are there, writable, on one file system, and able to keep the ledger's promise."""

import secrets
from collections.abc import Iterator
from pathlib import Path

from config.sections import Folders
from worker.doctor.finding import Finding, caution, fault, fine
from worker.storage.durable import make_folder, write_once


def examine_folders(folders: Folders) -> Iterator[Finding]:
    """Look at each folder, then at how they lie to each other."""
    are_writable = True
    for name, path in folders:
        probe = path / f".zimogs-{secrets.token_hex(4)}.tmp"
        try:
            make_folder(path)
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            are_writable = False
            advice = f"Create {path} and let the user of zimogs write to it."
            yield fault(f"folder {name}", f"{path}: {error.strerror}", advice)
        else:
            yield fine(f"folder {name}", str(path))
    if are_writable:
        yield _examine_exclusive_creation(folders.data)
        yield _compare_file_systems(folders)


def _examine_exclusive_creation(data: Path) -> Finding:
    """The ledger needs link(2) to fail on an existing name; some network file systems have no links at all."""
    probe = data / f".zimogs-{secrets.token_hex(4)}.probe"
    try:
        write_once(probe, b"")
        write_once(probe, b"")
    except FileExistsError:
        return fine("ledger", "records are created exclusively")
    except OSError as error:
        return fault("ledger", f"{data}: {error.strerror}", "Put folders.data on a local disk or NFSv4, not on SMB.")
    finally:
        probe.unlink(missing_ok=True)
    return fault("ledger", f"{data} lets one name be created twice", "Put folders.data on a local disk or NFSv4.")


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
