"""The second hand: signatures and stores in the style of one library or another, read and written without pyHanko."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sandbox.pades.lossless.changes import Changes
from sandbox.pades.lossless.document import Pdf
from sandbox.pades.lossless.layout import lay_out
from sandbox.pades.lossless.restamping import restamp
from sandbox.pades.lossless.signing import add_field, free_name
from sandbox.pades.lossless.storing import add_store
from sandbox.pades.lossless.style import Style
from sandbox.pades.prepared import NotSealable
from sandbox.pades.writer import Known, RevisionPlan
from sandbox.pki import ValidationData

NO_CHANGES = b"1"  # the permission P of a certification (ISO 32000-2 §12.8.2.2)


@dataclass(frozen=True, slots=True)
class LosslessWriter:
    """Writes in one style; a `Writer`."""

    style: Style

    def plan(self, document: bytes, field: str, now: datetime) -> RevisionPlan:
        """Return what a new signature changes; raises `NotSealable`."""
        with _opened(document) as pdf:
            changes = self._begin(pdf, now)
            signature = add_field(changes, free_name(pdf, field), self.style)
            return RevisionPlan(changes.objects, signature, partial(lay_out, pdf, style=self.style))

    def store(
        self, document: bytes, proofs: ValidationData, signature: bytes, now: datetime, known: Known | None = None
    ) -> bytes:
        """Return the PDF with these proofs in its store; it is read again whatever is known."""
        del known
        with _opened(document) as pdf:
            changes = self._begin(pdf, now)
            add_store(changes, proofs, signature, self.style)
            return document + lay_out(pdf, changes.objects, self.style).appended

    def _begin(self, pdf: Pdf, now: datetime) -> Changes:
        changes = Changes(pdf)
        if self.style.restamps:
            restamp(changes, now)
        return changes


@contextmanager
def _opened(document: bytes) -> Iterator[Pdf]:
    """Read a PDF, and whatever the block asks of it; raises `NotSealable`."""
    if not document.startswith(b"%PDF-"):
        raise NotSealable("this is not a PDF")
    try:
        pdf = Pdf.of(document)
        _require_open(pdf)
        yield pdf
    except NotSealable:
        raise
    except Exception as cause:  # whatever a foreign file makes the reader raise, the file is what is wrong
        raise NotSealable("this PDF is damaged") from cause


def _require_open(pdf: Pdf) -> None:
    """Raise `NotSealable` for a file that is encrypted or certified against every change."""
    if pdf.index.trailer.get(b"/Encrypt") is not None:
        raise NotSealable("this PDF is encrypted")
    certified = pdf.dictionary(pdf.dictionary(pdf.catalogue.dictionary.get(b"/Perms")).get(b"/DocMDP"))
    for reference in map(pdf.dictionary, pdf.items(certified.get(b"/Reference"))):
        rules = pdf.dictionary(reference.get(b"/TransformParams"))
        if pdf.follow(reference.get(b"/TransformMethod")) == b"/DocMDP" and rules.get(b"/P") == NO_CHANGES:
            raise NotSealable("this PDF is certified against every change, a seal included")
