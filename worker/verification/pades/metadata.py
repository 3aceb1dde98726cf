"""What the file says of itself: information dictionary and XMP (ISO 32000-2 §14.3), which any writer stamps anew."""

import re
from functools import lru_cache
from io import BytesIO

from pyhanko.pdf_utils.metadata.model import ExpandedName
from pyhanko.pdf_utils.metadata.xmp_xml import XmpXmlProcessingError, parse_xmp

from worker.verification.pades.allowed import INFORMATION, METADATA
from worker.verification.pades.step import RevisionStep
from worker.verification.pades.syntax import Stream, Value
from worker.verification.refusal import require

_XMP = "http://ns.adobe.com/xap/1.0/"
_MEDIA = "http://ns.adobe.com/xap/1.0/mm/"
_TOUCHED = {
    # ISO 16684-1 §7.4: what the metadata are about, which is this file however it is named.
    ExpandedName("http://www.w3.org/1999/02/22-rdf-syntax-ns#", "about"),
    # ISO 16684-1 §8.4: when the file and its metadata were changed.
    ExpandedName(_XMP, "ModifyDate"),
    ExpandedName(_XMP, "MetadataDate"),
    # ISO 16684-2 annex: with what; and which instance of the document this is.
    ExpandedName("http://ns.adobe.com/pdf/1.3/", "Producer"),
    ExpandedName(_MEDIA, "InstanceID"),
}
_MAX_LENGTH = 4_000_000
_STAMPED = rb":(?:ModifyDate|MetadataDate|Producer|InstanceID)"
_STAMP = re.compile(rb"<(\w+%b)>[^<]*</\1>|\s\w+%b=(?:\"[^\"<]*\"|'[^'<]*')" % (_STAMPED, _STAMPED))
"""The same in a text that is no XML: as elements, and as attributes."""


def require_information(step: RevisionStep) -> None:
    """The information dictionary says only anew when and with what the file was saved (§14.3.3). Raises Rejected.

    A trailer that names none takes nothing from the document that anybody is shown on its pages.
    """
    was, now = step.before.trailer.get("Info"), step.after.trailer.get("Info")
    if now is None:
        return
    step.explain(now, was)
    before, after = step.before.dictionary(was), step.after.dictionary(now)
    changed = step.find_changes(before, after)
    step.require_listed(changed, INFORMATION, "the document's information was changed")
    for key in changed:
        step.explain(after.get(key), before.get(key))
        plain = isinstance(step.after.resolve(after.get(key)), bytes | None)
        require(plain, "the document's information was changed")


def require_restamped(step: RevisionStep) -> None:
    """The catalogue's metadata are the same but for dates, producer and instance. Raises Rejected and ValueError."""
    was, now = step.before.catalogue.get("Metadata"), step.after.catalogue.get("Metadata")
    if was == now and not step.writes(now):
        return
    before, after = step.before.resolve(was), step.after.resolve(now)
    restamped = isinstance(after, Stream) and (before is None or isinstance(before, Stream))
    restamped = restamped and (step.comparison.is_same(before, after) or _meaning(before) == _meaning(after))
    require(restamped, "the document's metadata were changed")
    if isinstance(after, Stream):
        step.require_listed(after.entries, METADATA, "the document's metadata were changed")
    step.explain(now, was)


def _meaning(stream: Value) -> object:
    """What the metadata say, but for what any writer stamps anew. Raises ValueError where they cannot be decoded."""
    return _properties(stream.decode()) if isinstance(stream, Stream) else {}


@lru_cache(maxsize=16)
def _properties(content: bytes) -> object:
    if len(content) > _MAX_LENGTH:
        raise ValueError("the metadata are too large to compare")
    try:
        properties = [item for part in parse_xmp(BytesIO(content)) for item in part]
    except (XmpXmlProcessingError, ValueError):
        # Not every original is well-formed there; what a writer leaves of such a text, but for the stamps, is the same.
        return _STAMP.sub(b"", content)
    return {name: value for name, value in properties if name not in _TOUCHED}
