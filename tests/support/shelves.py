"""A real shelf for tests, and documents that stand on it as if they had come through the inbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jobs.model.digest import Digest
from jobs.model.documents import Document
from jobs.model.levels import SealLevel
from jobs.model.seals import Proof, SealedCopy
from tests.support.builders import NOON, a_document
from worker.objects.bucket import Bucket
from worker.objects.shelf import ObjectShelf
from worker.storage.durable import make_folder
from worker.storage.layout import Layout, Place
from worker.storage.shelf import DiskShelf


def stand(layout: Layout, *documents: Document) -> None:
    """Put documents on the shelf and on the waiting list; each original's content is its document's id."""
    keep_on_shelf(layout, *documents)
    DiskShelf(layout).admit(documents)


def keep_on_shelf(layout: Layout, *documents: Document) -> None:
    """The same, judged and not let in yet."""
    _stage(layout, documents)
    DiskShelf(layout).write(documents)


def stand_in(bucket: Bucket, layout: Layout, *documents: Document) -> None:
    """The same in a bucket, with a copy on the shelf of the machine that took them in."""
    shelf = ObjectShelf(bucket, layout)
    keep_on_shelf_in(shelf, *documents)
    shelf.admit(documents)


def keep_on_shelf_in(shelf: ObjectShelf, *documents: Document) -> None:
    """The same, judged and not let in yet."""
    _stage(shelf.layout, documents)
    for document in documents:
        shelf.documents.keep(document.id)


def _stage(layout: Layout, documents: Sequence[Document]) -> None:
    for document in documents:
        place = layout.place(document.id)
        make_folder(place.folder)
        place.claim.write_bytes(b"{}")
        place.original.write_bytes(document.id.encode())


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A document whose sealed file has just been verified."""

    document: Document
    content: bytes
    place: Place

    @property
    def proof(self) -> Proof:
        digest = Digest.sha256(self.content)
        return Proof(sha256=digest, size=len(self.content), level=SealLevel.LT, sealed_at=NOON)

    @property
    def copy(self) -> SealedCopy:
        return SealedCopy(name=self.document.name, proof=self.proof)

    def download(self) -> None:
        self.place.sealed.write_bytes(self.content)


def downloaded(layout: Layout, number: int = 1, *, name: str | None = None) -> Downloaded:
    """Put one document on the shelf together with its sealed file."""
    document = a_document(number, name=name)
    stand(layout, document)
    item = Downloaded(document, b"sealed " + document.id.encode(), layout.place(document.id))
    item.download()
    return item


def files(folder: Path) -> set[str]:
    """Every file below a folder, as paths below it; without the signs of life of those who claim."""
    paths = (path for path in folder.rglob("*") if path.is_file() and path.parent.name != "claiming")
    return {path.relative_to(folder).as_posix() for path in paths}
