"""How other people's libraries write an update: all of it is allowed, little of it alike (§ of ISO 32000-2)."""

from dataclasses import dataclass

from sandbox.variants.signapi import PdfWriter


@dataclass(frozen=True, slots=True)
class Style:
    """Habits of one library; each may be observed in files that it sealed."""

    rewrites: bool = False  # page-tree root, page, Info and the first table of all are written again unchanged
    restamps: bool = False  # Info and XMP tell the moment of the change (§14.3)
    nests: bool = False  # the field is a kid of another (§12.7.4)
    postpones: bool = False  # `/Length` is a reference to an object behind the stream (§7.3.8.2)
    raises: bool = False  # the store raises `/Version` and the extension level (§7.12)
    packs: bool = False  # small objects lie in an object stream (§7.5.7)
    deflates: bool = False  # proofs are compressed
    predicts: bool = False  # the index is predicted by PNG's `Up` (§7.4.4.4)
    frees_itself: bool = False  # a cross-reference stream names its own number free
    keys: bool = False  # the store has an entry for the signature (VRI, §12.8.4.4)
    hides: bool = False  # behind a table stands a stream that knows the packed objects (§7.5.8.4)


STYLES = {
    PdfWriter.REWRITING: Style(rewrites=True, restamps=True, deflates=True, raises=True, keys=True, frees_itself=True),
    PdfWriter.TABLE: Style(nests=True, postpones=True, raises=True),
    PdfWriter.STREAM: Style(packs=True, deflates=True, predicts=True),
    PdfWriter.HYBRID: Style(packs=True, hides=True),
}
