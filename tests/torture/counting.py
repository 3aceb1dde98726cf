"""Counting documents: each must lie sealed in the outbox, or in quarantine as it was dropped, and once."""

import asyncio
import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Protocol

from worker.demo.plan import ROUTE
from worker.objects.bucket import Bucket
from worker.storage.ports import KeptQuarantine


class OutboxView(Protocol):
    """What consumers find, and in quarantine a person. Both methods block."""

    def names(self) -> Sequence[str]:
        """Names of all there is of the route."""
        ...

    def read(self, path: str) -> bytes:
        """The content of one, or of a copy in quarantine."""
        ...


class FolderOutbox:
    """A folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / ROUTE

    def names(self) -> Sequence[str]:
        return sorted(path.name for path in self._folder.glob("*"))

    def read(self, path: str) -> bytes:
        return (self._folder / path).read_bytes()


class BucketOutbox:
    """The same in a bucket."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def names(self) -> Sequence[str]:
        return sorted(self._bucket.names(f"outbox/{ROUTE}"))

    def read(self, path: str) -> bytes:
        return self._bucket.read(path if path.startswith("quarantine/") else f"outbox/{ROUTE}/{path}")


class Count:
    """Where the documents are that were `dropped` into a house, by name; no two of them have one content."""

    def __init__(self, outbox: OutboxView, quarantine: KeptQuarantine, dropped: Mapping[str, bytes]) -> None:
        self._outbox = outbox
        self._quarantine = quarantine
        self._dropped = dropped

    async def sealed(self, names: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """The sealed files of each document: none, one, or, if it went wrong, more."""
        found = await asyncio.to_thread(self._outbox.names)
        return {name: [each for each in found if _is_of(name, each)] for name in names}

    async def put_aside(self) -> set[str]:
        """Which documents lie in quarantine, byte-identical; a repair may not know their names any more."""
        names = {content: name for name, content in self._dropped.items()}
        entries = await self._quarantine.entries()
        contents = [await asyncio.to_thread(self._outbox.read, str(entry.path)) for entry in entries]
        return {names[content] for content in contents if content in names}

    async def take(self) -> tuple[list[str], list[str]]:
        """Which of all documents are lost, and which are doubled."""
        aside, found = await self.put_aside(), await self.sealed(list(self._dropped))
        lost = [
            name
            for name, files in found.items()
            if name not in aside
            and not any(_holds(file, self._outbox.read(file), self._dropped[name]) for file in files)
        ]
        return lost, [name for name, files in found.items() if len(files) + (name in aside) > 1]


def _is_of(name: str, sealed: str) -> bool:
    stem = name.removesuffix(".pdf")
    return sealed.startswith(stem) and sealed[len(stem)] in ". " and not sealed.endswith(".json")


def _holds(name: str, sealed: bytes, original: bytes) -> bool:
    if name.endswith(".pdf"):
        return sealed.startswith(original)
    with zipfile.ZipFile(BytesIO(sealed)) as container:
        return any(container.read(entry) == original for entry in container.infolist())
