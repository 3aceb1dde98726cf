"""Counting documents: each must lie sealed in the outbox, or in quarantine as it was dropped, and once."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

from config.settings import Settings
from worker.app.on_disk import OnDisk
from worker.demo.plan import ROUTE


class Count:
    """Where the documents are that were `dropped` into a house, by name; no two of them have one content."""

    def __init__(self, settings: Settings, dropped: Mapping[str, bytes]) -> None:
        self._outbox = settings.folders.outbox / ROUTE
        self._quarantine = OnDisk.of(settings).quarantine
        self._dropped = dropped

    def sealed(self, name: str) -> list[Path]:
        """The sealed files of that document: none, one, or, if it went wrong, more."""
        stem = name.removesuffix(".pdf")
        found = self._outbox.glob(f"{stem}*")
        return sorted(path for path in found if path.name[len(stem)] in ". " and path.suffix != ".json")

    async def put_aside(self) -> set[str]:
        """Which documents lie in quarantine, byte-identical; a repair may not know their names any more."""
        names = {content: name for name, content in self._dropped.items()}
        contents = [entry.path.read_bytes() for entry in await self._quarantine.entries()]
        return {names[content] for content in contents if content in names}

    async def take(self) -> tuple[list[str], list[str]]:
        """Which of all documents are lost, and which are doubled."""
        aside = await self.put_aside()
        found = {name: self.sealed(name) for name in self._dropped}
        lost = [
            name
            for name, files in found.items()
            if name not in aside and not any(_holds(path, self._dropped[name]) for path in files)
        ]
        return lost, [name for name, files in found.items() if len(files) + (name in aside) > 1]


def _holds(sealed: Path, original: bytes) -> bool:
    if sealed.suffix == ".pdf":
        return sealed.read_bytes().startswith(original)
    with zipfile.ZipFile(sealed) as container:
        return any(container.read(entry) == original for entry in container.infolist())
