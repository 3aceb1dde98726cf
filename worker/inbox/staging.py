"""Claims on what is handed in: nothing lies in the inbox, and the file is ours from its first byte on."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from jobs.model.hand_in import HandIn
from jobs.model.names import document_id
from worker.inbox.claim import Claim, stage
from worker.inbox.claimer import Claimer
from worker.storage.durable import make_folder, sync_folder, write_whole
from worker.storage.layout import Layout


class Staging:
    """Stages claims on one shelf, by a claimer of its own. Every method blocks, and raises OSError."""

    def __init__(self, layout: Layout, *, now: Callable[[], datetime]) -> None:
        self._layout = layout
        self._claimer = Claimer(layout.claiming)
        self._now = now

    def reserve(self) -> Path:
        """A hidden path on the shelf for what is still being received: others remove it once this claimer is gone."""
        self._claimer.show()
        return make_folder(self._layout.shelf) / f".{self._claimer.name}.{secrets.token_hex(8)}.part"

    def plan(self, about: HandIn) -> Claim:
        """The claim on what is about to come; nothing is written yet."""
        now = self._now()
        return Claim(
            id=document_id(now, os.urandom(6)),
            route=about.route,
            name=about.name,
            received_at=now,
            source=None,
            by=self._claimer.name,
            way_in=about.way_in,
        )

    @contextmanager
    def staged(self, claim: Claim, metadata: bytes | None) -> Iterator[Path]:
        """Claim what the block then puts at that path; the claim is given up when it does not."""
        self._claimer.show()
        make_folder(self._layout.shelf)
        place = self._layout.place(claim.id)
        try:
            stage([claim], self._layout)
            if metadata is not None:
                write_whole(place.metadata, metadata)
            sync_folder(self._layout.shelf)
            yield place.original
        except BaseException:
            if not place.original.exists():
                place.clear()
            raise

    def find_original(self, claim: Claim) -> Path:
        """Where the document of a claim stands."""
        return self._layout.place(claim.id).original

    def leave(self) -> None:
        """Be gone: whoever watches the inbox may take up what is not judged yet."""
        self._claimer.leave()
