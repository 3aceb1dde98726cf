"""From a find in the inbox to a document that waits, or to a file in quarantine. Works in threads, group by group.

    1. stage    the claim is written                       a crash here: the file is still in the inbox
    2. seize    the file is renamed onto the shelf         … the claim with its file is taken up again
    3. weigh    hashed and inspected, synced;              … the same
                the document is added to the claim
    4. admit    the claim is renamed onto the waiting list … it waits

A refused file goes to quarantine instead of step 4; that is finished in the same way.
"""

import errno
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from jobs.model.documents import Content, Document, Profile, SealFormat
from jobs.model.errors import Rejected
from jobs.model.names import RouteName
from jobs.model.reasons import Reason
from worker.inbox.claiming import Claim, abandon, drop_leftovers, resume, seize, stage, unfinished
from worker.inbox.containable import inspect_containable
from worker.inbox.inspection import inspect
from worker.inbox.outcomes import Outcome, Stuck
from worker.inbox.scanning import Find
from worker.inbox.settling import Look
from worker.inbox.weighing import Weight, media_type_of, weigh
from worker.storage.durable import make_folder, sync_folder
from worker.storage.explanation import Explanation
from worker.storage.moving import copy, sync
from worker.storage.quarantine import DiskQuarantine
from worker.storage.shelf import DiskShelf

EMPTY_CLAIM_LIFE = timedelta(hours=1)
"""A claim without a file is somebody's work under way until it is this old; then it is removed."""


class Reception:
    """Claims, weighs and admits. All methods block; `Intake` calls them from threads.

    `limit` tells the vendor's `fileMaxLength` in bytes, or None while it is not known.
    """

    def __init__(
        self,
        shelf: DiskShelf,
        quarantine: DiskQuarantine,
        profiles: Mapping[RouteName, Profile],
        *,
        limit: Callable[[], int | None],
        now: Callable[[], datetime],
    ) -> None:
        self.quarantine = quarantine
        self._shelf = shelf
        self._layout = shelf.layout
        self._profiles = profiles
        self._limit = limit
        self._now = now

    def receive(self, finds: Iterable[Find]) -> list[Outcome]:
        """All four steps."""
        claims, stuck = self.claim(finds)
        return [*self.finish(claims), *stuck]

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
                abandon(claim, self._layout.place(claim.id))
        return claimed, stuck

    def claim_copy(self, find: Find) -> Claim:
        """Steps 1 and 2 for a file that stays where it is."""
        claim = self._stage(find, leave=True)
        place = self._layout.place(claim.id)
        try:
            sync_folder(self._layout.shelf)
            copy(find.path, place.original)
        except OSError:
            abandon(claim, place)
            raise
        return claim

    def finish(self, claims: Iterable[Claim]) -> list[Outcome]:
        """Steps 3 and 4 for claims whose file is on the shelf."""
        outcomes = [self._weighed(claim) for claim in claims]
        self._shelf.admit([outcome for outcome in outcomes if isinstance(outcome, Document)])
        return [outcome for outcome in outcomes if outcome is not None]

    def take_up(self) -> list[Outcome]:
        """Go on with what a crash, or an error of the disk, has left unfinished."""
        resumed: list[Claim] = []
        stuck: list[Stuck] = []
        unfinished_claims = unfinished(self._layout)
        drop_leftovers(self._layout, self._now() - EMPTY_CLAIM_LIFE)
        for claim in unfinished_claims:
            try:
                resumed += [claim] if self._is_resumed(claim) else []
            except OSError as error:
                stuck.append(Stuck(self._layout.place(claim.id).claim, error))
        return [*self.finish(resumed), *stuck]

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
        except OSError as error:
            # When it is gone, another watcher took up the same claim and was faster.
            return Stuck(original, error) if original.exists() else None

    def _judged(self, claim: Claim, original: Path) -> Outcome:
        sync(original)
        look = Look.at(original)
        weight, refusal = weigh(original), self._refusal(claim, original)
        if look is None or Look.at(original) != look:
            raise OSError(errno.EBUSY, "the file is still being written", str(original))
        if refusal is not None:
            return self._put_aside(claim, weight, refusal)
        document = self._document(claim, weight)
        self._shelf.write(document)
        return document

    def _refusal(self, claim: Claim, original: Path) -> Rejected | None:
        if claim.route is None or claim.route not in self._profiles:
            return Rejected(Reason.NO_ROUTE, f"routes collect from these folders: {', '.join(self._profiles)}")
        try:
            _inspect(original, claim, self._profiles[claim.route], self._limit())
        except Rejected as error:
            return error
        return None

    def _document(self, claim: Claim, weight: Weight) -> Document:
        if claim.route is None:
            raise ValueError(f"{claim.name} belongs to no route")
        is_pdf = self._profiles[claim.route].format is SealFormat.PDF
        return Document(
            id=claim.id,
            route=claim.route,
            name=claim.name,
            size=weight.size,
            sha256=weight.sha256,
            media_type="application/pdf" if is_pdf else media_type_of(claim.name),
            data_files=weight.data_files,
            received_at=claim.received_at,
        )

    def _put_aside(self, claim: Claim, weight: Weight, error: Rejected) -> Explanation:
        explanation = Explanation(
            document=claim.id,
            reason=error.reason,
            detail=error.detail,
            route=claim.route,
            name=claim.name,
            sha256=weight.sha256.hex,
            size=weight.size,
            received_at=claim.received_at,
            quarantined_at=self._now(),
        )
        self.quarantine.put_aside(explanation)
        return explanation


def _inspect(original: Path, claim: Claim, profile: Profile, limit: int | None) -> None:
    if profile.format is SealFormat.PDF:
        inspect(original, original.stat().st_size, limit)
    else:
        bare = claim.name.rpartition("/")[2]
        inspect_containable(original, bare, None if profile.content is Content.HASH_ONLY else limit)
