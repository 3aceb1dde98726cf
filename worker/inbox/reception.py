"""From a find in the inbox to a document that waits, or to a file in quarantine. Works in threads, group by group.

    1. stage    the claim is written                       a crash here: the file is still in the inbox
    2. seize    the file is renamed onto the shelf         … the claim with its file is taken up again
    3. weigh    hashed and inspected, synced;              … the same
                `document.json` is written
    4. admit    the claim is renamed onto the waiting list … it waits

A refused file goes to quarantine instead of step 4; that is finished in the same way.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from jobs.errors import Rejected
from jobs.model import Document
from jobs.names import RouteName
from jobs.reasons import Reason
from worker.durable import make_folder, sync_file, sync_folder
from worker.inbox.claiming import Claim, resume, seize, stage, unfinished
from worker.inbox.inspection import inspect
from worker.inbox.outcomes import Outcome, Received, Refused, Stuck
from worker.inbox.scanning import Find
from worker.inbox.settling import Look
from worker.quarantine import DiskQuarantine, Explanation
from worker.shelf import DiskShelf, Layout
from worker.shelf.moving import copy, sha256

EMPTY_CLAIM_LIFE = timedelta(hours=1)
"""A claim without a file is somebody's work under way until it is this old; then it is removed."""


class Reception:
    """Claims, weighs and admits. All methods block; `Intake` calls them from threads.

    `limit` tells the vendor's `fileMaxLength` in bytes, or None while it is not known.
    """

    def __init__(
        self,
        layout: Layout,
        shelf: DiskShelf,
        quarantine: DiskQuarantine,
        routes: Sequence[RouteName],
        *,
        limit: Callable[[], int | None],
        now: Callable[[], datetime],
    ) -> None:
        self._layout = layout
        self._shelf = shelf
        self._quarantine = quarantine
        self._routes = routes
        self._limit = limit
        self._now = now

    def claim(self, finds: Iterable[Find]) -> tuple[list[Claim], list[Stuck]]:
        """Steps 1 and 2. What another watcher has claimed, or has changed since it was found, is left out."""
        staged = [(self._stage(find), find) for find in finds]
        sync_folder(self._layout.shelf)
        claimed: list[Claim] = []
        stuck: list[Stuck] = []
        for claim, find in staged:
            try:
                if seize(claim, find, self._layout.place(claim.id)):
                    claimed.append(claim)
            except OSError as error:
                stuck.append(Stuck(find.path, error))
        return claimed, stuck

    def claim_copy(self, find: Find) -> Claim:
        """Steps 1 and 2 for a file that stays where it is."""
        claim = self._stage(find, leave=True)
        sync_folder(self._layout.shelf)
        copy(find.path, self._layout.place(claim.id).original)
        return claim

    def finish(self, claims: Iterable[Claim]) -> list[Outcome]:
        """Steps 3 and 4 for claims whose file is on the shelf."""
        outcomes = [self._weighed(claim) for claim in claims]
        self._shelf.admit([outcome.document for outcome in outcomes if isinstance(outcome, Received)])
        return [outcome for outcome in outcomes if outcome is not None]

    def take_up(self) -> list[Outcome]:
        """Go on with what a crash, or an error of the disk, has left unfinished."""
        return self.finish([claim for claim in unfinished(self._layout) if self._is_resumed(claim)])

    def _stage(self, find: Find, *, leave: bool = False) -> Claim:
        make_folder(self._layout.shelf)
        claim = Claim.on(find, self._now(), leave=leave)
        stage(claim, self._layout)
        return claim

    def _is_resumed(self, claim: Claim) -> bool:
        place = self._layout.place(claim.id)
        resumed = resume(claim, place)
        if not resumed and self._now() - claim.received_at > EMPTY_CLAIM_LIFE:
            place.clear()
        return resumed

    def _weighed(self, claim: Claim) -> Outcome | None:
        original = self._layout.place(claim.id).original
        try:
            return self._judged(claim, original)
        except FileNotFoundError:
            # Another watcher took up the same claim and was faster.
            return None
        except OSError as error:
            return Stuck(original, error)

    def _judged(self, claim: Claim, original: Path) -> Outcome:
        sync_file(original)
        before = Look.at(original)
        digest = sha256(original)
        size = original.stat().st_size
        try:
            self._check(claim, original, size)
        except Rejected as error:
            explanation = self._explanation(claim, digest.hex, size, error)
            self._quarantine.put_aside(explanation)
            return Refused(explanation)
        if Look.at(original) != before:
            raise OSError("the file was still being written")
        document = _document(claim)
        self._shelf.write(document)
        return Received(document)
