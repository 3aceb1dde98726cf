"""The files of claims: a line for each claim, and below them a line for each of their documents, once it was inspected.

What is claimed together shares one file, and each document has a name of its own for it (link(2)): creating a file is
the dearest thing on the way in, and this one is created and synced once for all of them. Each name goes its own way, to
the waiting list or away, and the file with the last of them. Whoever reads by a name looks for that document's lines.
"""

import os
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from jobs.model.names import DocumentId
from worker.storage.durable import append, read_file, write_whole


def write_claims(claims: Mapping[Path, bytes]) -> None:
    """Write these claims, at least one, each below its path; the caller syncs the folder, which is one for all.

    Raises OSError.
    """
    first, *others = claims
    write_whole(first, b"\n".join(claims.values()))
    for other in others:
        os.link(first, other)


def append_documents(documents: Mapping[Path, bytes]) -> Mapping[Path, OSError]:
    """Add each document below its claim at that path, durably; gives the errors of those that could not be added.

    What stands at its path no longer, because another process has admitted it, is left out.
    """
    together: defaultdict[tuple[int, int], list[Path]] = defaultdict(list)
    errors: dict[Path, OSError] = {}
    for path in documents:
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        except OSError as error:
            errors[path] = error
        else:
            together[status.st_dev, status.st_ino].append(path)
    for paths in together.values():
        try:
            _append(paths, b"".join(b"\n" + documents[path] for path in paths))
        except OSError as error:
            errors |= dict.fromkeys(paths, error)
    return errors


def read_lines(path: Path, document: DocumentId) -> list[bytes]:
    """The lines at that path that may be the document's: those in which its id stands. Raises OSError."""
    return [line for line in read_file(path).split(b"\n") if document.encode() in line]


def _append(paths: list[Path], content: bytes) -> None:
    """Add to the file by the first of its names that is there still."""
    for path in paths:
        with suppress(FileNotFoundError):
            append(path, content)
            return
