"""What is left of a batch outside the ledger: sidecars in the outbox, and notes and originals on the shelf."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from jobs.model.digest import Digest
from jobs.model.documents import Document
from jobs.model.names import BatchId, DocumentId, RouteName, batch_route
from jobs.model.records import Delivery
from worker.storage.copying import hash_files
from worker.storage.durable import read_file
from worker.storage.layout import Layout
from worker.storage.sidecar import Sidecar
from worker.storage.threads import in_thread

_RECEIVED = "%Y%m%dT%H%M%S"
"""How a document's id begins."""


class DiskRemains:
    """Implements `jobs.ports.Remains` for an outbox and a data folder. It looks at every file: for repairs only."""

    def __init__(self, outbox: Path, layout: Layout) -> None:
        self._outbox = outbox
        self._layout = layout

    @in_thread
    def find_deliveries(
        self,
        batch: BatchId,
        documents: Collection[DocumentId] | None = None,  # noqa: ARG002  a sidecar is not found by its document
    ) -> Mapping[DocumentId, Delivery]:
        """What was delivered of the batch, by the sidecars and notes that are still there."""
        # The notes tell of what was delivered to the end, whatever consumers have done to outbox and sidecars since.
        notes = filter(None, map(_read_sidecar, self._layout.shelf.glob("*.delivered")))
        sidecars = (*self._find_sidecars(batch), *notes)
        return {sidecar.document: sidecar.delivery for sidecar in sidecars if sidecar.batch == batch}

    @in_thread
    def find_strays(self, among: Collection[DocumentId] | None = None) -> tuple[DocumentId, ...]:
        """Originals on the shelf that are neither being taken in nor waiting, `among` these or all, oldest first.

        Those of documents that stand in a batch are among them.
        """
        # In this order: a document only ever goes from one of these places to the next.
        originals = sorted(self._layout.shelf.glob("*.original"))
        claimed = {path.stem for path in self._layout.shelf.glob("*.claim")}
        waiting = {path.name for place in ("waiting", "repeated") for path in self._layout.root.glob(f"{place}/*/*")}
        strays = (DocumentId(path.stem) for path in originals if path.stem not in claimed | waiting)
        return tuple(stray for stray in strays if among is None or stray in among)

    @in_thread
    def describe_strays(self, strays: Sequence[DocumentId], route: RouteName) -> tuple[Document, ...]:
        """Such originals as documents of that route, each named by its id."""
        return tuple(describe_stray(self._layout.place(stray).original, route) for stray in strays)

    def _find_sidecars(self, batch: BatchId) -> Iterator[Sidecar]:
        folder = self._outbox / batch_route(batch)
        for path in folder.rglob("*.json"):
            if (sidecar := _read_sidecar(path)) is None:
                continue
            place = self._layout.place(sidecar.document)
            is_there = path.with_name(path.name.removesuffix(".json")).exists()
            # A crash may have been between the sidecar and its file.
            if is_there or not (place.reserved.exists() and place.sealed.exists()):
                yield sidecar


def describe_stray(original: Path, route: RouteName) -> Document:
    """The original as a document of that route, which is named by its id. Blocks; raises OSError."""
    files = hash_files(original)
    listing = "".join(f"{file.sha256.hex}  {file.path}\n" for file in files)
    whole = Digest.sha256(listing.encode(errors="surrogateescape")) if original.is_dir() else files[0].sha256
    return Document(
        id=DocumentId(original.stem),
        route=route,
        name=original.stem,
        size=max(1, sum(file.size for file in files)),
        sha256=whole,
        received_at=datetime.strptime(original.stem.partition("-")[0], _RECEIVED).replace(tzinfo=UTC),
    )


def _read_sidecar(path: Path) -> Sidecar | None:
    try:
        return Sidecar.model_validate_json(read_file(path))
    except (OSError, ValidationError):
        return None
