"""XMP metadata (ISO 16684-1) that a writer may touch: it says when and with what the file was last saved."""

from io import BytesIO

from pyhanko.pdf_utils.metadata.model import ExpandedName
from pyhanko.pdf_utils.metadata.xmp_xml import parse_xmp

from worker.verification.pades.syntax import Stream, Value

_XMP = "http://ns.adobe.com/xap/1.0/"
_TOUCHED = {
    ExpandedName(_XMP, "ModifyDate"),
    ExpandedName(_XMP, "MetadataDate"),
    ExpandedName("http://ns.adobe.com/pdf/1.3/", "Producer"),
}


def is_restamped(before: Value, after: Value) -> bool:
    """Whether metadata stayed the same but for its dates and producer. Raises ValueError where it cannot be read."""
    if not isinstance(before, Stream) or not isinstance(after, Stream):
        return False
    return _meaning(before) == _meaning(after)


def _meaning(stream: Stream) -> dict[ExpandedName, object]:
    properties = (item for part in parse_xmp(BytesIO(stream.decoded())) for item in part)
    return {name: value for name, value in properties if name not in _TOUCHED}
