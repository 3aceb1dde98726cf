"""What a person asks for, in one line: words, a date, the beginning of a hash, a batch or a document. Pure."""

import calendar
import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from jobs.model.metadata import Metadata
from jobs.model.names import is_batch_id, is_document_id

LONGEST = 200
"""Characters of a question that are looked at."""
SHORTEST = 3
"""Characters that the longest word must have: fewer are in nearly everything."""
_MOST_WORDS = 12
_HASH = re.compile(r"(?:sha256:)?([0-9a-f]{8,64})")
_DAY = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2}))?")
_LOCAL_DAY = re.compile(r"(?:(?P<day>\d{1,2})[./])?(?P<month>\d{1,2})[./](?P<year>\d{4})\.?")


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for: whatever fits one of these is an answer.

    `words` must all stand somewhere in a document's name, number, reference, customer or sender. `days` are the first
    and the last day of a span of time.
    """

    words: tuple[str, ...] = ()
    sha256: str = ""
    days: tuple[date, date] | None = None
    batch: str = ""
    document: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be looked for by it."""
        return self == Question()

    @classmethod
    def read(cls, text: str) -> "Question":
        """Read what somebody typed; nothing of it is refused, and what is too long is cut off."""
        # SQLite reads a query to its first NUL, and takes no half of a surrogate pair.
        text = "".join(letter if letter.isprintable() else " " for letter in text[:LONGEST]).strip()
        folded = fold(text)
        found = _HASH.fullmatch(folded)
        words = tuple(dict.fromkeys(folded.split()))[:_MOST_WORDS]
        return cls(
            words=words if max(map(len, words), default=0) >= SHORTEST else (),
            sha256=found[1] if found else "",
            days=_read_days(text),
            batch=folded if is_batch_id(folded) else "",
            document=text if is_document_id(text) else "",
        )

    def fits(self, document: str, name: str, sha256: str, metadata: Metadata | None) -> bool:
        """Whether a document that no batch holds is an answer, by its id, name, hash and what came with it."""
        told = metadata or Metadata()
        text = searched_text(name, told)
        first, last = self.days or (date.max, date.min)
        return (
            (bool(self.document) and document == self.document)
            or (bool(self.sha256) and sha256.startswith(self.sha256))
            or (bool(self.words) and all(word in text for word in self.words))
            or (told.issued_on is not None and first <= told.issued_on <= last)
        )


def searched_text(name: str, metadata: Metadata) -> str:
    """What of a document is searched by words: its name and what came with it, folded."""
    texts = (name, metadata.number, metadata.reference, metadata.customer, metadata.sender, *metadata.other.values())
    return fold("\n".join(filter(None, texts)))


def fold(text: str) -> str:
    """Bring text to what it is compared by: without diacritics and capitals, compatible forms made one."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _read_days(text: str) -> tuple[date, date] | None:
    """A day or a month, as ISO 8601 or as Latvians write it: 2026-11-23, 2026-11, 23.11.2026., 11.2026."""
    found = _DAY.fullmatch(text) or _LOCAL_DAY.fullmatch(text)
    if found is None:
        return None
    try:
        year, month = int(found["year"]), int(found["month"])
        if found["day"]:
            day = date(year, month, int(found["day"]))
            return day, day
        return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
    except ValueError:
        # There is no such day; it may be somebody's number all the same.
        return None
