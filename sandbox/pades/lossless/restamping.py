"""The moment of a change, where a document tells it: Info (ISO 32000-2 §14.3.3) and XMP (§14.3.2)."""

import re
from datetime import UTC, datetime

from sandbox.pades.lossless.changes import Changes
from sandbox.pades.lossless.document import Indirect
from sandbox.pades.lossless.layout import stream_object
from sandbox.pades.lossless.syntax import reference_in
from sandbox.pades.revision import PdfObject

MODIFIED = re.compile(rb"(<xmp:ModifyDate>|xmp:ModifyDate=\")[^<\"]*")


def restamp(changes: Changes, now: datetime) -> None:
    """Write the moment into Info, and into XMP where there is any; both say the same, or nothing is written.

    Metadata that is encoded, or tells no moment, is left alone, and Info with it.
    """
    pdf = changes.pdf
    moment = now.astimezone(UTC)
    if metadata := reference_in(pdf.catalogue.dictionary.get(b"/Metadata") or b""):
        dictionary, text = pdf.stream(metadata[0])
        restamped, places = MODIFIED.subn(rb"\g<1>%b" % moment.strftime("%Y-%m-%dT%H:%M:%SZ").encode("ascii"), text)
        if not places or dictionary.get(b"/Filter") is not None:
            return
        written = stream_object(metadata[0], restamped, dictionary.without(b"/Length").inner())
        changes.write(PdfObject(*metadata, written.value))
    info = pdf.index.trailer.get(b"/Info")
    if reference := pdf.dictionary_behind(info):
        known = Indirect(*reference, pdf.dictionary(info))
        changes.set(known, b"/ModDate", moment.strftime("(D:%Y%m%d%H%M%SZ)").encode("ascii"))
