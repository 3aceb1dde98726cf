"""The hands that may write, by the choice at the switch `pdf_writer`."""

from sandbox.pades.lossless.style import STYLES
from sandbox.pades.lossless.writer import LosslessWriter
from sandbox.pades.pyhanko_writer import PyHankoWriter
from sandbox.pades.writer import Writer
from sandbox.variants.signapi import PdfWriter

WRITERS: dict[PdfWriter, Writer] = {
    PdfWriter.PYHANKO: PyHankoWriter(),
    **{choice: LosslessWriter(style) for choice, style in STYLES.items()},
}
