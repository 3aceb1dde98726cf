"""Whether a document can keep its name on its way: at the vendor, in a container, in people's folders.

A name goes into a multipart header (RFC 7578), into the names of archive entries (ZIP, APPNOTE 4.4.17), and into signed
XML; what one of them cannot carry would fail for good after the document was uploaded, with its whole batch.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator

from jobs.model.documents import SealFormat
from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from jobs.model.text import Text

RESERVED = frozenset({"mimetype", "meta-inf"})
"""Names of a container's own parts (ETSI EN 319 162-1 §4.4), in lower case."""

_REMEMBERED = 20_000
_DEVICE = re.compile(r"con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]", re.IGNORECASE)
_XML = re.compile("[\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""XML 1.0's Char (§2.2)."""
_NOT_ON_WINDOWS = frozenset('<>:"|?*\\')


def require_carried(name: str, sealed_as: SealFormat) -> None:
    """Raise Rejected when no sealed file could have the name: one part, or several with `/` between them."""
    for letter in name:
        code = f"{ord(letter):04X}"
        if unicodedata.category(letter) == "Cs":
            raise _refuse(name, Text("it holds bytes that are no text (UTF-8)"))
        if unicodedata.category(letter) == "Cc":
            raise _refuse(name, Text("it holds the control character U+{code}", code=code))
        if sealed_as is SealFormat.EDOC and not _XML.match(letter):
            raise _refuse(name, Text("it holds U+{code}, which XML cannot", code=code))
    if sealed_as is SealFormat.EDOC:
        if "\\" in name:
            raise _refuse(name, Text("it holds a backslash, which separates folders in some archives"))
        if name.rpartition("/")[2].lower() in RESERVED:
            raise Rejected(
                Reason.NOT_CONTAINABLE, Text("{name} is the name of a part of every container", name=repr(name))
            )


def fold(name: str) -> str:
    """The name as it is for systems that tell neither capitals nor spellings of accents apart."""
    return unicodedata.normalize("NFC", name).casefold()


class AlikeNames:
    """Names that lately went through each route, to tell of those that other systems take for one."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], str] = {}

    def find(self, route: str, name: str) -> str | None:
        """The other name that is one with this elsewhere."""
        other = self._names.get((route, fold(name)), name)
        return None if other == name else other

    def remember(self, route: str, name: str) -> None:
        """Note a name that goes through; of two alike the first is kept."""
        if len(self._names) >= _REMEMBERED:
            self._names.clear()
        self._names.setdefault((route, fold(name)), name)


def unportable(names: Iterable[str]) -> Iterator[str]:
    """Say in a sentence each what other systems cannot hold of these names, which are to stand in one folder."""
    alike: defaultdict[str, set[str]] = defaultdict(set)
    for name in names:
        alike[fold(name)].add(name)
        for part in name.split("/"):
            if fault := _windows_fault(part):
                yield f"{name!r}: {fault}"
    for group in alike.values():
        if len(group) > 1:
            yield f"{', '.join(map(repr, sorted(group)))} are one name where capitals or accents are not told apart"


def _windows_fault(part: str) -> str | None:
    if letters := _NOT_ON_WINDOWS & set(part):
        return f"Windows has no {' '.join(sorted(letters))} in names"
    if part.endswith((".", " ")):
        return "Windows drops a dot or blank at the end of a name"
    return "Windows keeps this name for a device" if _DEVICE.fullmatch(part.partition(".")[0].strip()) else None


def _refuse(name: str, why: str) -> Rejected:
    return Rejected(Reason.UNUSABLE_NAME, Text("the name {name} cannot be kept: {why}", name=repr(name), why=why))
