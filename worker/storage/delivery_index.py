"""Every delivery is remembered in the outbox too, where an older copy of the data folder does not reach.

    outbox/.delivered/20261128-<random>.log     a line for each delivery of that day, by one process

A line is the document's id, a MAC by a key of the data folder, and the sidecar. Lines are appended, and never changed:
consumers take sealed files with their sidecars away, and this stays. What has no line (an earlier version delivered it,
or somebody deleted the folder) is looked for under the name that it should have, but then nothing is proven: whoever
collects sealed files can write sidecars.

What was delivered years ago is found by its content as quickly as what came today (`delivery_places`). Whether a
document was delivered before an older copy of the data folder was restored is read in the logs themselves.
"""

import errno
import hmac
import os
import secrets
import threading
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from jobs.model.digest import Digest, HashAlgorithm
from jobs.model.documents import CONTAINER_ENDINGS, Document
from jobs.model.earlier import EarlierDelivery
from jobs.model.names import DocumentId
from worker.clock import utc_now
from worker.storage.copying import hash_files
from worker.storage.delivery_places import DAY, ID, LOG, DeliveryPlaces, LinePlace
from worker.storage.durable import make_folder, sync_folder
from worker.storage.keys import obtain_key
from worker.storage.names import free_names
from worker.storage.sidecar import Sidecar, read_sidecar

FOLDER = ".delivered"
_KEY, _SIDECAR = "outbox", ".json"
_SPARE = len(".validation.json")
_MANY, _MOST_NAMES = 16, 8
"""Of so many sidecars of one name it is remembered whose they are, for so many names."""
_MARGIN = timedelta(days=1)
"""A clock that was set back may have dated a delivery before its document."""


class Remembered(NamedTuple):
    """What is written down: how many lines, how many of them by somebody else, and those that were asked for."""

    lines: int
    foreign: int
    unknown: tuple[tuple[Sidecar, bool], ...]
    """Each with whether we wrote it, oldest day first."""
    copies: tuple[Sidecar, ...] = ()
    """Of documents that were asked for: what we delivered once more for others of the same content."""


@dataclass(slots=True)
class _KnownLines:
    """Where the lines of each document begin in one log, as far as it was read: lines never change."""

    inode: int = 0
    end: int = 0
    offsets: dict[bytes, tuple[int, ...]] = field(default_factory=dict)

    def read_on(self, path: Path) -> None:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if (status.st_ino, True) != (self.inode, status.st_size >= self.end):
                # Somebody deleted the log, and another has its name.
                self.inode, self.end, self.offsets = status.st_ino, 0, {}
            begin = file.seek(self.end)
            for line in file:
                known = self.offsets.get(line[:ID], ())
                if len(line) > ID and begin not in known:
                    self.offsets[line[:ID]] = (*known, begin)
                # The last line may be one that is still written: it is read again.
                self.end, begin = begin, begin + len(line)


class DeliveryIndex:
    """Remembers deliveries in one outbox. Every method blocks and raises OSError."""

    def __init__(self, outbox: Path, data: Path) -> None:
        self._outbox = outbox
        self._data = data
        self._folder = outbox / FOLDER
        self._token = secrets.token_hex(4)
        self._reading = threading.Lock()
        self._places = DeliveryPlaces(self._folder, data)
        self._lines_of: dict[Path, _KnownLines] = {}
        self._sidecars_of: dict[Path, Mapping[DocumentId, Path]] = {}

    def make_key(self) -> None:
        """Have the key from the start: a copy of the data folder that was made before it could prove nothing."""
        _ = self._key

    def add(self, sidecar: Sidecar) -> tuple[Path, ...]:
        """Write a delivery down; gives what must be synced before it is durable."""
        if not self._folder.is_dir():
            make_folder(self._outbox)
            self._folder.mkdir(mode=0o700, exist_ok=True)
            sync_folder(self._outbox)
        path = self._folder / f"{utc_now():{DAY}}-{self._token}{LOG}"
        # The line break stands in front: what a full disk has cut short before spoils itself alone.
        content = sidecar.line
        line = b"\n" + b" ".join((sidecar.document.encode(), self._mac(content), content))
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if os.write(descriptor, line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        finally:
            os.close(descriptor)
        return (path, self._folder)

    def find(self, documents: Iterable[Document]) -> tuple[EarlierDelivery, ...]:
        """What is known of these documents, as far as they were delivered before."""
        wanted = {document.id: document for document in documents}
        if not wanted:
            return ()
        since = min(document.received_at for document in wanted.values()) - _MARGIN
        found: dict[DocumentId, tuple[Sidecar, bool]] = {}
        with self._reading:
            lines = self._find_lines(f"{since:{DAY}}", wanted)
        for line in lines:
            for sidecar, is_ours in self._parse(line):
                # What somebody else wrote hides nothing that is ours.
                if is_ours or sidecar.document not in found:
                    found[sidecar.document] = (sidecar, is_ours)
        for document in wanted.values():
            if document.id not in found and (alone := self._find_sidecar(document)):
                found[document.id] = (alone, False)
        return tuple(
            EarlierDelivery(
                delivery=sidecar.delivery,
                batch=sidecar.batch,
                original=Digest(algorithm=HashAlgorithm.SHA256, hex=sidecar.original.sha256),
                sealed_at=sidecar.sealed.sealed_at,
                is_proven=is_ours and self.is_there(sidecar),
            )
            for sidecar, is_ours in found.values()
        )

    def beyond(self, known: Container[DocumentId]) -> Remembered:
        """What was written down of other documents than these. Years of lines are only counted, and not kept."""
        count = foreign = 0
        unknown: list[tuple[Sidecar, bool]] = []
        copies: list[Sidecar] = []
        for path in self._logs(""):
            with path.open("rb") as file:
                for line in map(bytes.strip, file):
                    count += bool(line)
                    foreign += bool(line) and not self._is_ours(line)
                    if line and line[:ID].decode(errors="replace") not in known:
                        for sidecar, is_ours in self._parse(line):
                            if is_ours and sidecar.copy_of is not None and sidecar.copy_of.document in known:
                                copies.append(sidecar)
                            else:
                                unknown.append((sidecar, is_ours))
        return Remembered(count, foreign, tuple(unknown), tuple(copies))

    def of_originals(self, hashes: Collection[str]) -> Mapping[str, Sidecar]:
        """The newest delivery of files with each of these SHA-256 (hexadecimal), whatever document, that we did."""
        found: dict[str, Sidecar] = {}
        for sha256, places in self._places.find(hashes).items():
            ours = (sidecar for sidecar in self._read_ours(places) if sidecar.original.sha256 == sha256)
            found |= {sidecar.original.sha256: sidecar for sidecar in islice(ours, 1)}
        return found

    def of_content(self, document: Document) -> Iterator[Sidecar]:
        """Our deliveries on its route of the very same content, newest day first."""
        wanted = (document.route, document.size, document.sha256.hex)
        for sidecar in self._read_ours(self._places.find([document.sha256.hex]).get(document.sha256.hex, ())):
            original = sidecar.original
            if (sidecar.route, original.size, original.sha256) == wanted and sidecar.document != document.id:
                yield sidecar

    def of_document(self, document: DocumentId) -> Sidecar | None:
        """The first delivery of that document, as far as we did it."""
        places = self._places.find([document]).get(document, ())
        return next((each for each in self._read_ours(places[::-1]) if each.document == document), None)

    def _read_ours(self, places: Iterable[LinePlace]) -> Iterator[Sidecar]:
        for place in places:
            with suppress(FileNotFoundError):
                line = _read_line(place.log, place.start)
                yield from (sidecar for sidecar, is_ours in self._parse(line) if is_ours)

    def _logs(self, since: str) -> list[Path]:
        return sorted(path for path in self._folder.glob(f"*{LOG}") if path.name >= since)

    def _find_lines(self, since: str, wanted: Iterable[DocumentId]) -> list[bytes]:
        """The lines of these documents, of that day or later; only what was not looked at before is read."""
        logs = self._logs(since)
        # What is older is rarely asked about again.
        self._lines_of = {path: self._lines_of.get(path, _KnownLines()) for path in logs}
        found: list[bytes] = []
        for path, known in self._lines_of.items():
            known.read_on(path)
            offsets = [offset for document in wanted for offset in known.offsets.get(document.encode(), ())]
            found += [_read_line(path, offset) for offset in offsets]
        return found

    def _parse(self, line: bytes) -> Iterator[tuple[Sidecar, bool]]:
        """The sidecar in a line, and whether we wrote it; none in what is no line of ours."""
        with suppress(ValidationError):
            sidecar = Sidecar.model_validate_json(line[ID + 1 :].partition(b" ")[2])
            if sidecar.document.encode() == line[:ID]:
                yield sidecar, self._is_ours(line)

    def _is_ours(self, line: bytes) -> bool:
        mac, _, content = line[ID + 1 :].partition(b" ")
        return hmac.compare_digest(mac, self._mac(content))

    def _find_sidecar(self, document: Document) -> Sidecar | None:
        """The sidecar of that document, where it would have got its name."""
        folder = self._outbox / document.route
        for name in (document.name, document.name + CONTAINER_ENDINGS[0]):
            with self._reading:
                path = self._look_at_sidecars(folder, name).get(document.id)
            sidecar = read_sidecar(path) if path is not None else None
            if sidecar is not None and sidecar.document == document.id:
                return sidecar
        return None

    def _look_at_sidecars(self, folder: Path, name: str) -> Mapping[DocumentId, Path]:
        """Whose sidecars stand under that name and its numbers.

        Where they are many they are looked at once: whatever has come since has a line.
        """
        known = self._sidecars_of.get(folder / name)
        if known is not None:
            return known
        found: dict[DocumentId, Path] = {}
        for free in free_names(name, _SPARE):
            path = folder / (free + _SIDECAR)
            if not os.path.lexists(path):
                break
            if (sidecar := read_sidecar(path)) is not None:
                found.setdefault(sidecar.document, path)
        if len(found) > _MANY:
            while len(self._sidecars_of) >= _MOST_NAMES:
                del self._sidecars_of[next(iter(self._sidecars_of))]
            self._sidecars_of[folder / name] = found
        return found

    def is_there(self, sidecar: Sidecar) -> bool:
        """Whether the sealed file stands where it was delivered, unchanged."""
        try:
            (file,) = hash_files(self._outbox / sidecar.route / sidecar.sealed.name)
        except (OSError, ValueError):
            return False
        return file.sha256.hex == sidecar.sealed.sha256

    def _mac(self, content: bytes) -> bytes:
        return hmac.new(self._key, content, "sha256").hexdigest().encode()

    @cached_property
    def _key(self) -> bytes:
        return obtain_key(self._data, _KEY)


def _read_line(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.readline().strip()
