"""Where the original of a document is now, wherever it stands on its way."""

from collections.abc import Iterator
from pathlib import Path

from jobs.model.documents import Document
from jobs.model.names import BatchId
from worker.storage.copying import hash_files
from worker.storage.layout import Layout
from worker.storage.names import free_names


def find_original(document: Document, batch: BatchId | None, layout: Layout) -> Path | None:
    """The original on the shelf, in quarantine, or kept with its delivered batch; None where it is kept no more.

    Of a delivered batch several originals may have had one name: there the hashes decide. Blocks.
    """
    for path in (layout.place(document.id).original, layout.quarantine_place(document.id).original):
        if path.exists():
            return path
    if batch is None:
        return None
    return next((path for path in _candidates(document, layout.originals(batch)) if _is_of(document, path)), None)


def _candidates(document: Document, folder: Path) -> Iterator[Path]:
    # A name loses its folders where a file stands in the place of one.
    for name in dict.fromkeys((document.name, document.name.replace("/", "_"))):
        for free in free_names(name):
            if not (folder / free).exists():
                break
            yield folder / free


def _is_of(document: Document, path: Path) -> bool:
    try:
        files = {(file.path, file.sha256) for file in hash_files(path)}
    except OSError:
        return False
    if document.data_files:
        return files == {(file.name, file.sha256) for file in document.data_files}
    return files == {("", document.sha256)}
