"""Whether what came in can be sealed on its route. Asked before anyone is asked to approve it.

ASiC-E (ETSI EN 319 162-1 §4.4) takes files of any kind; only the container's own parts must not be hidden by them.
What a PDF must satisfy is asked in a process of its own.
"""

import stat
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

from jobs.model.checkpoint import checkpoint_number
from jobs.model.digest import Digest
from jobs.model.documents import Content, Profile, SealFormat
from jobs.model.errors import Rejected
from jobs.model.metadata import BadMetadata, Metadata, read_metadata
from jobs.model.names import RouteName
from jobs.model.reasons import Reason
from jobs.model.remarks import Remark
from jobs.model.text import Text
from worker.guarded import TooSlow
from worker.inbox.claim import Claim
from worker.inbox.hashing import Hashed
from worker.inbox.ignoring import is_ignored
from worker.inbox.inspection import require_ending
from worker.inbox.inspector import Inspector
from worker.inbox.names import AlikeNames, require_carried, unportable
from worker.storage.durable import read_file
from worker.storage.layout import Place
from worker.storage.names import escape_controls
from worker.storage.tree import Location, status_of, walk

BRIEFLY, AT_MOST = 1.0, 5.0
"""Seconds that reading a document may take: beside others, and alone."""


class Judge:
    """Judges by the route's profile.

    No document may have more than `most` files and bytes. `limit` tells the vendor's `fileMaxLength` in bytes, or None
    while it is not known. `strict` routes refuse names that other systems cannot hold; elsewhere such a document gets
    a remark. `documented` routes seal nothing without metadata. `find_checkpoint` tells the hash of the ledger's
    checkpoint of that number, None where there is none. `inspectors` read beside others, and alone, for `patience`
    seconds of the processor each.
    """

    def __init__(
        self,
        profiles: Mapping[RouteName, Profile],
        *,
        limit: Callable[[], int | None],
        most: tuple[int, int] = (1000, 5_000_000_000),
        strict: Collection[RouteName] = (),
        documented: Collection[RouteName] = (),
        find_checkpoint: Callable[[int], Digest | None] = lambda _: None,
        inspectors: tuple[Inspector, Inspector] | None = None,
        patience: tuple[float, float] = (BRIEFLY, AT_MOST),
    ) -> None:
        self._profiles = profiles
        self._limit = limit
        self._most_files, self._most_bytes = most
        self._strict = frozenset(strict)
        self._documented = frozenset(documented)
        self._find_checkpoint = find_checkpoint
        self._alike = AlikeNames()
        self._beside, self._alone = inspectors or (Inspector(), Inspector())
        self._briefly, self._at_most = patience

    def refuse_by_size(self, claim: Claim, standing: Location) -> Rejected | None:
        """The refusal of what is larger than we or the vendor take: nothing is copied for minutes to be refused after.

        Raises OSError.
        """
        limit = self._limit()
        profile = self._profiles.get(claim.route) if claim.route else None
        is_sent = profile is not None and profile.content is not Content.HASH_ONLY
        total = 0
        for number, (name, size) in enumerate(_sizes(claim.name, standing), start=1):
            total += size
            if number > self._most_files:
                return Rejected(
                    Reason.TOO_LARGE, Text("the folder holds more than {most} files", most=self._most_files)
                )
            if total > self._most_bytes:
                return Rejected(Reason.TOO_LARGE, Text("it has more than {most} bytes", most=self._most_bytes))
            if is_sent and limit is not None and size > limit:
                return Rejected(
                    Reason.TOO_LARGE,
                    Text(
                        "{name} has {size} bytes; the sealing service takes {limit}",
                        name=escape_controls(name),
                        size=size,
                        limit=limit,
                    ),
                )
        return None

    def judge(
        self, claim: Claim, original: Path, hashed: Hashed, *, alone: bool
    ) -> tuple[RouteName, tuple[Remark, ...]]:
        """Judge what stands on the shelf; gives its route, and what a person should know of it.

        Raises Rejected, TooSlow unless it is read `alone`, and OSError.
        """
        if claim.route is None or claim.route not in self._profiles:
            raise Rejected(
                Reason.NO_ROUTE, Text("routes collect from these folders: {folders}", folders=", ".join(self._profiles))
            )
        profile = self._profiles[claim.route]
        require_carried(claim.name, profile.format)
        alike = self._alike.find(claim.route, claim.name)
        together = [claim.name, *([alike] if alike else [])]
        faults = [*unportable(together), *unportable(file.path for file in hashed.files)]
        if faults and claim.route in self._strict:
            raise Rejected(Reason.UNUSABLE_NAME, "; ".join(faults))
        remarks = (Remark.UNPORTABLE_NAME,) if faults else ()
        if profile.format is SealFormat.PDF:
            remarks = (*self._inspect(original, alone=alone), *remarks)
            require_ending(claim.name)
        else:
            _require_containable(claim.name, original, hashed)
        self._refuse_false_checkpoint(claim.name, hashed)
        self._alike.remember(claim.route, claim.name)
        return claim.route, remarks

    def judge_metadata(self, claim: Claim, place: Place) -> Metadata | None:
        """What is known of the document besides itself. Raises Rejected, and OSError."""
        if not place.metadata.exists():
            if claim.sidecar is not None:
                raise Rejected(
                    Reason.BAD_METADATA, Text("the sidecar that came with it is lost: it vanished from the shelf")
                )
            if claim.route in self._documented and checkpoint_number(claim.name.rpartition("/")[2]) is None:
                bare = escape_controls(claim.name.rpartition("/")[2])
                why = Text("its route asks for metadata, and none came with it; the sidecar is {name}.json", name=bare)
                raise Rejected(Reason.BAD_METADATA, why)
            return None
        try:
            return read_metadata(read_file(place.metadata))
        except BadMetadata as error:
            why = Text("what came as its metadata cannot be used: {why}", why=error.why)
            raise Rejected(Reason.BAD_METADATA, why) from None

    def format_of(self, route: RouteName) -> SealFormat:
        """What the route makes of a document."""
        return self._profiles[route].format

    def rest(self) -> None:
        """End the process in which documents are read alone, until one has to be."""
        self._alone.close()

    def _refuse_false_checkpoint(self, name: str, hashed: Hashed) -> None:
        """Sealed, such a file would pass for the ledger's own wherever its key is not known, as in a copy."""
        for path, digest in ((name, hashed.sha256), *((file.path, file.sha256) for file in hashed.files)):
            bare = path.rpartition("/")[2]
            number = checkpoint_number(bare)
            if number is not None and digest != self._find_checkpoint(number):
                raise Rejected(
                    Reason.UNUSABLE_NAME,
                    Text("{bare} is the name of a checkpoint of the ledger, which this is not", bare=bare),
                )

    def _inspect(self, original: Path, *, alone: bool) -> tuple[Remark, ...]:
        if not alone:
            return self._beside.inspect(original, self._limit(), self._briefly)
        try:
            return self._alone.inspect(original, self._limit(), self._at_most)
        except TooSlow:
            seconds = f"{self._at_most:g}"
            raise Rejected(
                Reason.TOO_COMPLEX, Text("reading it takes longer than {seconds} seconds", seconds=seconds)
            ) from None


def _sizes(name: str, standing: Location) -> Iterator[tuple[str, int]]:
    status = standing.status()
    if not stat.S_ISDIR(status.st_mode):
        yield name, status.st_size
        return
    for entry in walk(standing.root, standing.parts):
        if stat.S_ISREG(entry.kind):
            yield entry.parts[-1], status_of(entry).st_size


def _require_containable(name: str, original: Path, hashed: Hashed) -> None:
    if not original.is_dir():
        _require_content(name, hashed.size)
        return
    for path in original.iterdir():
        is_plain = path.is_file() and not path.is_symlink()
        if not is_plain and not is_ignored(path.name):
            raise Rejected(
                Reason.NOT_CONTAINABLE, Text("the folder holds {name}, which is no plain file", name=repr(path.name))
            )
    if not hashed.files:
        raise Rejected(Reason.EMPTY, Text("the folder holds no file"))
    for file in hashed.files:
        require_carried(file.path, SealFormat.EDOC)
        _require_content(file.path, file.size)


def _require_content(name: str, size: int) -> None:
    if not size:
        raise Rejected(Reason.EMPTY, Text("{name} has 0 bytes", name=name))
