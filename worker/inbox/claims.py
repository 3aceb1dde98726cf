"""Steps 1 to 3 of a document's way in: claims on candidates, until each file stands on the shelf and is ours.

    1. stage    the claims of a group are written, and       a crash here: both files are still in the inbox
                each sidecar copied beside its own
    2. seize    the file is given a hidden name, and then    … the claim with its file is taken up again; the copy of
                its sidecar                                  the sidecar is ours, whatever lies in the inbox
    3. bring    it is copied onto the shelf, and hashed      … the same

What is larger than the vendor takes is brought unread.
"""

import errno
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.model.errors import Rejected
from jobs.model.names import DocumentId
from worker.inbox.candidates import Candidate, ClaimedFile, Inbox, moment_of
from worker.inbox.claim import (
    Claim,
    bring,
    bring_unread,
    drop_copies,
    drop_leftovers,
    give_back,
    hide_sidecar,
    let_go,
    read,
    require_claimable,
    seize,
    stage,
    unfinished,
)
from worker.inbox.claimer import Claimer
from worker.inbox.elsewhere import Adopt, Keep, adopt_nothing, keep_nothing
from worker.inbox.hashing import Hashed
from worker.inbox.judgement import Judge
from worker.inbox.outcomes import IntakeOutcome, Stuck, leave_at, leave_for_error
from worker.storage.copying import hash_files
from worker.storage.durable import make_folder, sync_folder, write_whole
from worker.storage.fingerprint import Changing, fingerprint
from worker.storage.layout import Layout, Place
from worker.storage.tree import Location
from worker.storage.untaken import Obstacle, Untaken

EMPTY_CLAIM_LIFE = timedelta(hours=1)
"""A claim without a file is somebody's work under way until it is this old; then it is removed."""

_NewClaim = tuple[Claim, Candidate, bytes | None]
"""A claim that is not written yet, on what, and the metadata that comes with it."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A claimed file on the shelf, with its size in bytes and its hash; or with the refusal that spared reading it."""

    claim: Claim
    place: Place
    size: int
    hashed: Hashed | None
    refusal: Rejected | None


class Claims:
    """All claims on one shelf, and the way from the inbox to it. Every method blocks."""

    def __init__(
        self,
        inbox: Inbox,
        layout: Layout,
        judge: Judge,
        *,
        now: Callable[[], datetime],
        keep: Keep = keep_nothing,
        adopt: Adopt = adopt_nothing,
    ) -> None:
        self._inbox = inbox
        self._layout = layout
        self._judge = judge
        self._now = now
        self._keep = keep
        self._adopt = adopt
        self._kept: set[DocumentId] = set()
        self._stopping = threading.Event()
        self._claimer = Claimer(layout.claiming)
        self._dropped_at: datetime | None = None

    def claim(
        self, candidates: Iterable[Candidate], metadata: bytes | None = None
    ) -> tuple[list[Claim], list[IntakeOutcome]]:
        """Steps 1 and 2. What another watcher has claimed, or has changed since it was found, is left out.

        `metadata` takes the place of what sidecars say.
        """
        others: list[IntakeOutcome] = []
        claimable = [new for each in candidates if (new := self._claim_claimable(each, metadata, others))]
        self._stage(claimable)
        claims: list[Claim] = []
        for claim, candidate, _ in claimable:
            try:
                if seize(claim, candidate):
                    claims.append(claim)
                    hide_sidecar(claim, self._inbox.folder)
                    continue
            except OSError as error:
                is_seized = self._source(claim) is not None
                others.append(Stuck(candidate.location.path, error) if is_seized else _leave(candidate, error))
            except Exception as error:  # noqa: BLE001  a fault of ours at one file is no reason to leave the others
                others.append(Stuck(candidate.location.path, error))
            self._give_up(claim)
        return claims, others

    def claim_copy(self, candidate: Candidate, metadata: bytes | None = None) -> Claim:
        """All steps for a file that stays where it is, with what is known of it as JSON. Raises OSError."""
        claim = self._make(candidate, leave=True)
        self._stage([(claim, candidate, metadata)])
        try:
            bring(candidate.location, self._layout.place(claim.id), self._go_on, self._claimer.name)
        except OSError:
            self._give_up(claim)
            raise
        return claim

    def bring_one(self, claim: Claim) -> None:
        """Step 3 by itself, so that the file is ours. Raises OSError; it is back when somebody still writes to it."""
        source, place = self._source(claim), self._layout.place(claim.id)
        try:
            if source is not None:
                bring(source, place, self._go_on, self._claimer.name)
        except Changing as error:
            self._put_back(claim, place, error)
            raise
        self.keep(claim.id)

    def keep(self, document: DocumentId) -> None:
        """Have what stands on the shelf outlive this machine, before all else is done with it. Raises OSError."""
        if error := self._keep([document]).get(document):
            raise error
        self._kept.add(document)

    def bring_all(self, claims: Iterable[Claim]) -> tuple[list[Arrival], list[IntakeOutcome]]:
        """Step 3 for many, whose files are ours then; a claim whose file another watcher has finished is left out."""
        others: list[IntakeOutcome] = []
        arrivals = [arrival for claim in claims if (arrival := self._bring(claim, others)) is not None]
        if arrivals:
            sync_folder(self._layout.shelf)
            here = {arrival.claim.id for arrival in arrivals}
            errors = self._keep([document for document in sorted(here) if document not in self._kept])
            self._kept -= here
            # Their claims stay, and their files in the inbox: they are taken up again.
            others += [_stick(arrival, errors[arrival.claim.id]) for arrival in arrivals if arrival.claim.id in errors]
            arrivals = [arrival for arrival in arrivals if arrival.claim.id not in errors]
        folder = self._inbox.folder
        hidden = (
            each
            for arrival in arrivals
            for each in (arrival.claim.hidden_file(folder), arrival.claim.hidden_sidecar(folder))
        )
        # The documents are ours all the same; what cannot be removed is told, and keeps nobody waiting.
        others += [Stuck(location.path, error) for location, error in let_go(filter(None, hidden))]
        return arrivals, others

    def unfinished(self) -> list[Claim]:
        """Claims that a crash, or an error of the disk, has left; none that another living process works on."""
        make_folder(self._layout.shelf)
        self._adopt()
        self._dropped_at = self._now()
        drop_leftovers(self._layout, self._dropped_at - EMPTY_CLAIM_LIFE)
        claims = unfinished(self._layout)
        elsewhere = set(filter(self._claimer.is_elsewhere, {claim.by for claim in claims if claim.by}))
        return [claim for claim in claims if claim.by not in elsewhere]

    def is_anything_left(self) -> bool:
        """Say whether it is time to look for unfinished claims: a process that made some is gone, or long ago.

        Copies that such a process had under way are removed.
        """
        gone = self._claimer.bury_dead()
        for name in gone:
            drop_copies(self._layout, name)
        is_time = self._dropped_at is None or self._now() - self._dropped_at >= EMPTY_CLAIM_LIFE
        return bool(gone) or is_time or bool(self._adopt())

    def follow(self, claimed: Iterable[ClaimedFile]) -> tuple[int, list[Untaken]]:
        """Find claimed files again whose folder was renamed; gives their number, and files that no claim is on.

        Raises OSError. Nothing is copied meanwhile.
        """
        followed, left = 0, []
        for file in claimed:
            place = self._layout.place(file.document)
            claim = read(place.claim)
            if claim is None and file.location.exists():
                left.append(leave_at(file.location, None, file.since, Obstacle.LEFT_BEHIND))
            elif claim and claim.path and self._source(claim) is None and not place.original.exists():
                stage([claim.at(file.location)], self._layout)
                followed += 1
        if followed:
            sync_folder(self._layout.shelf)
        return followed, left

    def size_of(self, claim: Claim) -> int:
        """Bytes of the claimed file, 0 when there is none."""
        try:
            return fingerprint(self._source(claim) or Location.of(self._layout.place(claim.id).original)).size
        except OSError:
            return 0

    def stop(self) -> None:
        """Break off what takes long; a claim stays as it is after a crash, and is anybody's."""
        self._stopping.set()
        self._claimer.leave()

    def _go_on(self) -> None:
        if self._stopping.is_set():
            raise OSError(errno.ECANCELED, "the program is being stopped")

    def _claim_claimable(
        self, candidate: Candidate, metadata: bytes | None, others: list[IntakeOutcome]
    ) -> _NewClaim | None:
        try:
            if not require_claimable(candidate):
                return None
            if metadata is None and candidate.sidecar is not None:
                metadata = candidate.sidecar.read()
                if metadata is None:
                    return None
        except OSError as error:
            others.append(_leave(candidate, error))
            return None
        try:
            return self._make(candidate), candidate, metadata
        except ValueError as error:
            others.append(Stuck(candidate.location.path, error))
            return None

    def _make(self, candidate: Candidate, *, leave: bool = False) -> Claim:
        return Claim.on(candidate, self._now(), leave=leave, by=self._claimer.name, is_wanted=candidate.is_wanted)

    def _stage(self, new: Sequence[_NewClaim]) -> None:
        if not new:
            return
        make_folder(self._layout.shelf)
        self._claimer.show()
        stage([claim for claim, _, _ in new], self._layout)
        for claim, _, metadata in new:
            if metadata is not None:
                # Behind the claim, which is what a crash has cleared away again.
                write_whole(self._layout.place(claim.id).metadata, metadata)
        sync_folder(self._layout.shelf)

    def _give_up(self, claim: Claim) -> None:
        """Take a claim back when no file came into it; one with a file stays, to be taken up."""
        place = self._layout.place(claim.id)
        if self._source(claim) is None and not place.original.exists():
            place.clear()

    def _source(self, claim: Claim) -> Location | None:
        """The hidden file while it is there; it is not where a link or a file came into the place of its folder."""
        hidden = claim.hidden_file(self._inbox.folder)
        with suppress(NotADirectoryError):
            return hidden if hidden is not None and hidden.exists() else None
        return None

    def _bring(self, claim: Claim, others: list[IntakeOutcome]) -> Arrival | None:
        place = self._layout.place(claim.id)
        try:
            source = self._source(claim)
            if source is not None or place.original.exists():
                # What cannot be hidden is told as a sidecar without a document; what it says is ours all the same.
                with suppress(OSError):
                    hide_sidecar(claim, self._inbox.folder)
                return self._arrive(claim, source, place)
            if self._now() - claim.received_at > EMPTY_CLAIM_LIFE:
                place.clear()
        except Changing as error:
            others += self._put_back(claim, place, error)
        except OSError as error:
            # When it is gone, another watcher took up the same claim and was faster.
            if place.claim.exists() and error.errno != errno.ECANCELED:
                others.append(Stuck(claim.path or place.original, error))
        except Exception as error:  # noqa: BLE001  as in `claim`
            others.append(Stuck(claim.path or place.original, error))
        return None

    def _arrive(self, claim: Claim, source: Location | None, place: Place) -> Arrival:
        standing = source or Location.of(place.original)
        refusal = self._judge.refuse_by_size(claim, standing)
        if refusal is not None:
            size = fingerprint(standing).size
            if source is None or place.original.exists() or bring_unread(source, place):
                return Arrival(claim, place, size, None, refusal)
        if source is None:
            files = hash_files(place.original, self._go_on)
        else:
            files = bring(source, place, self._go_on, self._claimer.name)
        hashed = Hashed.of(files, is_folder=place.original.is_dir())
        return Arrival(claim, place, hashed.size, hashed, refusal)

    def _put_back(self, claim: Claim, place: Place, error: Changing) -> list[IntakeOutcome]:
        """A file that somebody still writes to goes back to where it came from."""
        source = self._source(claim)
        if source is None or claim.path is None or place.original.exists():
            return [Stuck(claim.path or place.original, error)]
        since = moment_of(fingerprint(source).changed)
        give_back(source, claim.path.name)
        sidecar = claim.hidden_sidecar(self._inbox.folder)
        if sidecar is not None and claim.sidecar_path is not None and sidecar.exists():
            give_back(sidecar, claim.sidecar_path.name)
        place.clear()
        return [leave_for_error(Location.of(claim.path), claim.route, since, error)]


def _stick(arrival: Arrival, error: OSError) -> Stuck:
    return Stuck(arrival.claim.path or arrival.place.original, error)


def _leave(candidate: Candidate, error: OSError) -> Untaken:
    return leave_for_error(candidate.location, candidate.route, moment_of(candidate.fingerprint.changed), error)
