"""Sidecars on their way in: `name.pdf.json` beside `name.pdf` says what is known of it (see `jobs.model.metadata`).

Names alone decide which file is a sidecar, so that it makes no difference which of the two came first: one that ends
in `.json` behind another ending, as `name.pdf.json` or `Name.edoc.json`. `name.json` is a document like any other. On
routes that seal PDFs only the `.json` of a `.pdf` is a sidecar, and with `metadata = "ignore"` nothing is.

A sidecar is written before its document, or renamed into its place before: what is there when the document has settled
is taken with it, and a sidecar that is still written, or under way as `name.pdf.json.part`, holds its document back.
"""

import errno
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from jobs.model.documents import SealFormat
from jobs.model.metadata import MetadataUse
from worker.inbox.ignoring import is_unfinished
from worker.storage.fingerprint import Changing, Fingerprint, require_unwritten
from worker.storage.tree import Location

_ENDING = ".json"
_NAMED = re.compile(r".+\.(?=[0-9]*[a-z])[a-z0-9]{1,10}", re.IGNORECASE | re.DOTALL)
"""A name with an ending that holds a letter: `2026.11.28` has none, and `report.2026.json` is a document."""
LARGEST = 16 << 20
"""Bytes of a sidecar that are kept with a document that is refused for it; a larger one stays where it is."""


@dataclass(frozen=True, slots=True)
class SidecarRule:
    """Whether a route's documents may or must have a sidecar, and how long one waits for it."""

    use: MetadataUse = MetadataUse.OPTIONAL
    wait: timedelta = timedelta(0)

    def holds_back(self, waited: float, *, has_sidecar: bool) -> bool:
        """Whether a document may not be taken yet, `waited` seconds after the first look: its sidecar must come."""
        return self.use is MetadataUse.REQUIRED and not has_sidecar and waited < self.wait.total_seconds()


@dataclass(frozen=True, slots=True)
class FoundSidecar:
    """A sidecar as one look saw it."""

    location: Location
    fingerprint: Fingerprint

    def read(self) -> bytes | None:
        """Its whole content; None when it is not as it was found.

        Raises Changing while a program writes to it, and OSError when it is unreadable or far too large.
        """
        if self.fingerprint.size > LARGEST:
            raise OSError(errno.EFBIG, "is far too large for a sidecar", str(self.location.path))
        try:
            if require_unwritten(self.location) != self.fingerprint:
                return None
            with self.location.opened() as descriptor, os.fdopen(descriptor, "rb", closefd=False) as file:
                content = file.read(LARGEST)
                if Fingerprint.of(os.fstat(descriptor)) != self.fingerprint:
                    raise Changing(self.location.path)
                return content
        except FileNotFoundError:
            return None


def document_of(name: str, sealed_as: SealFormat | None) -> str | None:
    """The name of the document that a file of this name speaks of; None when it is no sidecar's name.

    `sealed_as` is what its route seals; None where no route collects it.
    """
    if not name.lower().endswith(_ENDING):
        return None
    named = name[: -len(_ENDING)]
    is_document = named.lower().endswith(".pdf") if sealed_as is SealFormat.PDF else _NAMED.fullmatch(named) is not None
    return named if is_document else None


def sidecar_names(names: Iterable[str], sealed_as: SealFormat | None) -> Mapping[str, str]:
    """The sidecars among the names of one folder, by the name of the document that each speaks of.

    What speaks of a sidecar is none.
    """
    found = {named: name for name in names if (named := document_of(name, sealed_as)) is not None}
    return {named: name for named, name in found.items() if document_of(named, sealed_as) is None}


def unfinished_sidecars(names: Iterable[str]) -> frozenset[str]:
    """The sidecars in lower case, among whatever else, that somebody is still writing, by the names in one folder."""
    unfinished = (name.lower().removeprefix("~$") for name in names if is_unfinished(name))
    return frozenset(name[: name.rfind(_ENDING) + len(_ENDING)] for name in unfinished if _ENDING in name)
