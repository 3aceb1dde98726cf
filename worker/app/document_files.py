"""The files that there are of a document, opened for programs: each held against its hash before a byte of it goes."""

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from config.settings import Settings
from jobs.model.digest import Digest, HashAlgorithm
from jobs.model.history import History
from jobs.model.names import DocumentId
from jobs.settle import deliveries_of
from worker.anchors import load_anchors
from worker.api.ports import DocumentFile
from worker.app.on_disk import OnDisk
from worker.app.whereabouts import trace
from worker.clock import utc_now
from worker.desk.document_facts import DocumentFacts
from worker.evidence.bundle import Sources, collect
from worker.storage.copying import PIECE, hash_files
from worker.storage.sidecar import read_sidecar
from worker.storage.threads import in_thread
from worker.storage.tree import Location

PDF, ZIP, JSON, ANYTHING = "application/pdf", "application/zip", "application/json", "application/octet-stream"


@dataclass(frozen=True)
class DocumentFiles:
    """Opens files of one installation. Every method raises UnknownDocument, NewerFormat and OSError."""

    disk: OnDisk
    settings: Settings

    async def original(self, document: DocumentId) -> DocumentFile | None:
        """The original; a folder as a ZIP."""
        facts = await trace(document, self.disk, self.settings)
        if facts.entry is not None:
            await self.disk.reach.bring_refused(document)
            return await self._open_original(facts.entry.original, facts.name)
        if facts.received is None:
            return None
        paths = [await self.disk.originals.find(facts.batch, facts.received, file) for file in facts.received.files]
        found = [path for path in paths if path is not None]
        if len(found) != len(paths):
            return None
        return await self._open_original(found[0].parent if facts.received.data_files else found[0], facts.name)

    async def sealed(self, document: DocumentId) -> DocumentFile | None:
        """The sealed file, while it is in the outbox and is still what was delivered."""
        facts = await self._trace_delivered(document)
        return await self._open_sealed(facts)

    async def sidecar(self, document: DocumentId) -> DocumentFile | None:
        """What stands beside it, while that tells of this document."""
        facts = await self._trace_delivered(document)
        return await self._open_sidecar(facts)

    async def evidence(self, document: DocumentId) -> DocumentFile | None:
        """The evidence of the batch in which it was sealed."""
        history = (await trace(document, self.disk, self.settings)).history
        if history is None or document not in {one.document for one in deliveries_of(history)}:
            return None
        await self.disk.reach.bring_ledger()
        for delivery in deliveries_of(history):
            await self.disk.reach.bring_delivered(history.gathered.route, delivery.name)
        return await self._collect(history)

    async def _trace_delivered(self, document: DocumentId) -> DocumentFacts:
        """All that is known of it, with its sealed file and sidecar where they still stand in the outbox."""
        facts = await trace(document, self.disk, self.settings)
        if facts.delivery is not None and facts.route is not None:
            await self.disk.reach.bring_delivered(facts.route, facts.delivery.name)
        return facts

    @in_thread
    def _open_original(self, path: Path, name: str) -> DocumentFile | None:
        try:
            if path.is_dir():
                files = ((file.path, path / file.path) for file in hash_files(path))
                return self._zip(f"{name}.zip", files)
            return _open(Location.of(path), name)
        except FileNotFoundError:
            # It went its way a moment ago.
            return None

    @in_thread
    def _open_sealed(self, facts: DocumentFacts) -> DocumentFile | None:
        delivery, path = facts.delivery, self._find_sealed(facts)
        try:
            stored = None if path is None else _open(Location.of(path, self.settings.folders.outbox), path.name)
        except OSError:
            return None
        if stored is None or delivery is None or stored.sha256 == delivery.sha256:
            return stored
        # A consumer may have put anything under this name since.
        stored.content.close()
        return None

    @in_thread
    def _open_sidecar(self, facts: DocumentFacts) -> DocumentFile | None:
        path = self._find_sealed(facts)
        beside = None if path is None else path.with_name(f"{path.name}.json")
        found = None if beside is None else read_sidecar(beside)
        if beside is None or found is None or found.document != facts.document:
            return None
        try:
            return _open(Location.of(beside, self.settings.folders.outbox), beside.name, JSON)
        except OSError:
            return None

    @in_thread
    def _collect(self, history: History) -> DocumentFile:
        folders = self.settings.folders
        anchors = load_anchors(self.settings.trust.anchors)
        bundle = collect(history, Sources(folders.data / "ledger", folders.outbox, anchors), utc_now())
        name = f"{history.batch}-evidence"
        return self._zip(f"{name}.zip", ((f"{name}/{path}", content) for path, content in bundle.files.items()))

    def _zip(self, name: str, files: Iterable[tuple[str, Path | bytes]]) -> DocumentFile:
        content = cast("BinaryIO", tempfile.TemporaryFile(dir=self.disk.layout.root))  # noqa: SIM115  who sends it closes
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            for within, source in files:
                # Without a time of its own, so that the same files make the same ZIP.
                about = zipfile.ZipInfo(within)
                about.compress_type = zipfile.ZIP_DEFLATED
                with archive.open(about, "w", force_zip64=True) as target:
                    _pour(source, target)  # type: ignore[arg-type]
        return _measure(content, name, ZIP)

    def _find_sealed(self, facts: DocumentFacts) -> Path | None:
        if facts.delivery is None or facts.route is None:
            return None
        return self.settings.folders.outbox / facts.route / facts.delivery.name


def _pour(source: Path | bytes, target: BinaryIO) -> None:
    if isinstance(source, bytes):
        target.write(source)
        return
    with source.open("rb") as file:
        while piece := file.read(PIECE):
            target.write(piece)


def _open(location: Location, name: str, media_type: str = "") -> DocumentFile:
    with location.opened() as descriptor:
        content = os.fdopen(os.dup(descriptor), "rb")
    usual = PDF if name.lower().endswith(".pdf") else ANYTHING
    return _measure(content, name, media_type or usual)


def _measure(content: BinaryIO, name: str, media_type: str) -> DocumentFile:
    """Hash it, by the descriptor that is sent: it cannot become another file in between."""
    content.seek(0)
    digest = hashlib.file_digest(content, "sha256")  # type: ignore[arg-type]  # both kinds of file can
    size = content.tell()
    content.seek(0)
    sha256 = Digest(algorithm=HashAlgorithm.SHA256, hex=digest.hexdigest())
    return DocumentFile(name.rpartition("/")[2], media_type, content, size, sha256)
